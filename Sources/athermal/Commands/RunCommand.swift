import Configuration
import MessagePassing
import Storage

/// A command that runs a config in a folder of its own. All that the program knows of it is declared here, and its
/// type stands in ``Commands/all``: nothing else has to change for a new one.
protocol RunCommand: Command {
  /// The sections of the config that it reads.
  associatedtype Content: Sections

  /// The names of the files that it makes in its folder, besides those of every run.
  static var outputs: [String] { get }
  /// What grows record by record in its files: the file, a letter for the number of records, and the columns.
  static var schemas: [(file: String, rows: String, schema: SchemaDescription)] { get }
  /// Whether it makes a file; for names that depend on the config.
  static func makes(_ name: Substring) -> Bool
  /// Whether it can be suspended and resumed.
  static var canResume: Bool { get }
  /// Whether a config with these tables, and their keys, is one for this command.
  static func isMeant(by tables: [String: Set<String>]) -> Bool
  /// The meanings of the keys of its config that no other command reads, by table, in the order of the help.
  static var keys: [String: [(String, String)]] { get }

  /// What a run would need, a line each; nothing is computed. Collective.
  /// - Throws: an input failure where the run would be refused.
  static func demand(
    of configuration: RunConfiguration<Content>, on ranks: RanksInQuestion, over communicator: Communicator
  ) throws -> [String]

  var arguments: RunArguments { get }
  init(arguments: RunArguments)

  /// Does the work of one run, and gives the exit code. Collective.
  func compute(_ run: Run<Content>) throws -> Int32
}

extension RunCommand {
  static func makes(_ name: Substring) -> Bool { outputs.contains(String(name)) }
  static var keys: [String: [(String, String)]] { [:] }
  static var schemas: [(file: String, rows: String, schema: SchemaDescription)] { [] }

  /// Whether a table is there that this command alone reads.
  static func isMeant(by tables: [String: Set<String>]) -> Bool {
    tables.keys.contains { Content.tables.contains($0) && Commands.catalogue.readers(of: $0) == [name] }
  }

  init(_ words: [String]) throws {
    self.init(arguments: try RunArguments(Self.name, canResume: Self.canResume, words))
  }

  func run(over communicator: Communicator) throws -> Int32 {
    let configuration = try RunConfiguration<Content>.load(
      path: arguments.config, overrides: arguments.overrides, among: Commands.catalogue, over: communicator
    ).notingInputFiles(arguments, over: communicator)
    let folder = try RunFolder(arguments, configuration, over: communicator)
    if folder.isComplete { return folder.sayItIsComplete() }
    if communicator.isRoot { configuration.tellUnused(by: Self.name) }
    return try folder.recordingFailure {
      try compute(Run(arguments: arguments, configuration: configuration, folder: folder, communicator: communicator))
    }
  }

  /// Checks a config for this command, and gives what its run would need. Collective.
  static func validate(
    _ path: String, overrides: [String], on ranks: RanksInQuestion, over communicator: Communicator
  ) throws -> [String] {
    let configuration = try RunConfiguration<Content>.load(
      path: path, overrides: overrides, among: Commands.catalogue, over: communicator)
    try communicator.coordinated {
      let missing = communicator.isRoot ? configuration.missingInputFiles : []
      guard missing.isEmpty else { throw Failure(.input, missing.joined(separator: "\n")) }
    }
    if communicator.isRoot { configuration.tellUnused(by: name) }
    return try demand(of: configuration, on: ranks, over: communicator)
  }
}

extension RunConfiguration {
  /// Says which tables of the text nothing depends on.
  func tellUnused(by command: String) {
    guard !unused.isEmpty else { return }
    print("not used by \(command): " + unused.map { "[\($0)]" }.joined(separator: ", "))
  }
}
