import MessagePassing

/// A word of the command line, and the work that it stands for.
protocol Command: SendableMetatype {
  static var guide: CommandGuide { get }

  /// - Throws: an input failure where the words behind the command are not understood.
  init(_ words: [String]) throws

  /// Does the work, and gives the exit code. Collective.
  func run(over communicator: Communicator) throws -> Int32
}

extension Command {
  static var name: String { guide.name }
}
