import MessagePassing

/// A command of the command line.
protocol Command: SendableMetatype {
  static var guide: CommandGuide { get }

  /// Parses the words after the name of the command.
  /// - Throws: an input failure if they are not understood.
  init(_ words: [String]) throws

  /// Does the work and returns the exit code. Collective.
  func run(over communicator: Communicator) throws -> Int32
}

extension Command {
  static var name: String { guide.name }
  /// Command line of the command, for messages about arguments.
  static var usage: String { "athermal \(guide.name) \(guide.arguments)" }
}
