import MessagePassing
import Storage

/// A command of the command line.
protocol Command: SendableMetatype {
  static var guide: CommandGuide { get }
  /// Datasets of its outputs: the file, a letter for the number of records (none for arrays), and the columns.
  static var schemas: [(file: String, rows: String, schema: SchemaDescription)] { get }

  /// Parses the words after the name of the command.
  /// - Throws: an input failure if they are not understood.
  init(_ words: [String]) throws

  /// Does the work and returns the exit code. Collective.
  func run(over communicator: Communicator) throws -> Int32
}

extension Command {
  static var schemas: [(file: String, rows: String, schema: SchemaDescription)] { [] }
  static var name: String { guide.name }
  /// Command line of the command, for messages about arguments.
  static var usage: String { "athermal \(guide.name) \(guide.arguments)" }
}
