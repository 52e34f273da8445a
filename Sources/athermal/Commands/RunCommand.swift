import Configuration
import MessagePassing
import Storage

/// A command that runs a config in a folder of its own. Its type declares everything that the program needs to know
/// about it, and is listed in ``Commands/all``; a new command needs no other change.
protocol RunCommand: Command {
  /// Sections of the config that the command reads.
  associatedtype Content: Sections

  /// Names of the files that the command makes in its folder, besides those of every run.
  static var outputs: [String] { get }
  /// Returns whether the command makes a file of this name. Implemented by commands whose
  /// file names depend on the config.
  static func makes(_ name: Substring) -> Bool
  /// Whether the command can be suspended and resumed.
  static var canResume: Bool { get }
  /// Returns whether a config with these tables and keys is meant for this command.
  static func matches(tables: [String: Set<String>]) -> Bool
  /// Meanings of the config keys that no other command reads, by table, in the order of the help.
  static var keys: [String: [(String, String)]] { get }

  /// Returns the resources that a run would need, one per line, without computing anything. Collective.
  /// - Throws: an input failure if the run would be refused.
  static func demand(
    of configuration: RunConfiguration<Content>, on ranks: TargetRanks, over communicator: Communicator
  ) throws -> [String]

  var arguments: RunArguments { get }
  init(arguments: RunArguments)

  /// Does the work of one run and returns the exit code. Collective.
  func compute(_ run: Run<Content>) throws -> Int32
}

extension RunCommand {
  static func makes(_ name: Substring) -> Bool { outputs.contains(String(name)) }
  static var keys: [String: [(String, String)]] { [:] }

  /// Returns whether there is a table that only this command reads.
  static func matches(tables: [String: Set<String>]) -> Bool {
    tables.keys.contains { Content.tables.contains($0) && Commands.catalogue.readers(of: $0) == [name] }
  }

  init(_ words: [String]) throws {
    self.init(arguments: try RunArguments(of: Self.self, words))
  }

  func run(over communicator: Communicator) throws -> Int32 {
    let configuration = try RunConfiguration<Content>.load(
      path: arguments.config, overrides: arguments.overrides, among: Commands.catalogue, over: communicator
    ).recordingInputFiles(arguments, over: communicator)
    let folder = try RunFolder(arguments, configuration, over: communicator)
    if folder.isComplete { return folder.reportCompletion() }
    if communicator.isRoot { configuration.reportUnused(by: Self.name) }
    return try folder.recordingFailure {
      try compute(Run(arguments: arguments, configuration: configuration, folder: folder, communicator: communicator))
    }
  }

  /// Checks a config for this command and returns the resources that its run would need. Collective.
  static func validate(
    _ path: String, overrides: [String], on ranks: TargetRanks, over communicator: Communicator
  ) throws -> [String] {
    let configuration = try RunConfiguration<Content>.load(
      path: path, overrides: overrides, among: Commands.catalogue, over: communicator)
    try communicator.coordinated {
      let missing = communicator.isRoot ? configuration.missingInputFiles : []
      guard missing.isEmpty else { throw Failure(.input, missing.joined(separator: "\n")) }
    }
    if communicator.isRoot { configuration.reportUnused(by: name) }
    return try demand(of: configuration, on: ranks, over: communicator)
  }
}

extension RunConfiguration {
  /// Prints which tables of the config have no effect.
  func reportUnused(by command: String) {
    guard !unused.isEmpty else { return }
    print("not used by \(command): " + unused.map { "[\($0)]" }.joined(separator: ", "))
  }
}
