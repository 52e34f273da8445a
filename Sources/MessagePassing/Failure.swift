/// What went wrong, in the words of the user, with the exit code that scripts rely on.
public struct Failure: Error, Sendable {
  /// The classes of failure; the raw value is the exit code of the process.
  public enum Kind: Int32, Sendable {
    /// A config, a command line or an input file that cannot be used.
    case input = 2
    /// A minimisation or a linear solve that did not reach what was asked of it.
    case notConverged = 3
    /// A physical impossibility: NaN, a lost particle, no pairs at finite density.
    case physics = 4
    /// Files that cannot be read or written.
    case inputOutput = 5
    /// A message-passing call that failed.
    case messagePassing = 1
    /// A run that was asked to stop, and has left a checkpoint to go on from.
    case stopped = 75
  }

  public let kind: Kind
  public let message: String
  /// The rank that failed first, once all ranks have agreed on it; nil while only this rank knows.
  public internal(set) var agreedRank: Int?

  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  /// The same with a place in front: which line of which file asked for what failed.
  public func at(_ place: String) -> Failure {
    var failure = Failure(kind, "\(place): \(message)")
    failure.agreedRank = agreedRank
    return failure
  }

  /// The same with what to do about it.
  public func with(remedy: String) -> Failure {
    var failure = Failure(kind, "\(message); \(remedy)")
    failure.agreedRank = agreedRank
    return failure
  }

  /// A failure that every rank finds by itself, from what all of them know alike; it needs no agreement.
  public static func everywhere(_ kind: Kind, _ message: String) -> Failure {
    var failure = Failure(kind, message)
    failure.agreedRank = 0
    return failure
  }
}
