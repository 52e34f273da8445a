/// An error described in the user's words, with the exit code that scripts rely on.
public struct Failure: Error, Sendable {
  /// Kind of failure; the raw value is the exit code of the process.
  public enum Kind: Int32, Sendable {
    /// A config, a command line or an input file that cannot be used.
    case input = 2
    /// A minimisation or a linear solve that did not reach its tolerance.
    case notConverged = 3
    /// A physical impossibility: NaN, a lost particle, no pairs at finite density.
    case physics = 4
    /// Files that cannot be read or written.
    case inputOutput = 5
    /// A message-passing call that failed.
    case messagePassing = 1
    /// A run that was asked to stop and has left a checkpoint to resume from.
    case stopped = 75
  }

  public let kind: Kind
  public let message: String
  /// Lowest rank that failed, once all ranks have agreed on it; nil while only this rank knows of the failure.
  public internal(set) var agreedRank: Int?

  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  /// Returns the failure with its origin in front, such as the line of the file that asked for what failed.
  public func prefixed(by place: String) -> Failure {
    var failure = Failure(kind, "\(place): \(message)")
    failure.agreedRank = agreedRank
    return failure
  }

  /// Returns the failure with advice on what to do about it.
  public func with(remedy: String) -> Failure {
    var failure = Failure(kind, "\(message); \(remedy)")
    failure.agreedRank = agreedRank
    return failure
  }

  /// Makes a failure that every rank detects by itself from data that all share, so that it needs no agreement.
  public static func everywhere(_ kind: Kind, _ message: String) -> Failure {
    var failure = Failure(kind, message)
    failure.agreedRank = 0
    return failure
  }
}
