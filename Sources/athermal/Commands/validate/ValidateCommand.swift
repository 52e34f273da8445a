import Configuration
import Foundation
import MessagePassing

/// Check of a config and of the resources that its run would need, without computing anything.
struct ValidateCommand: Command {
  static let guide = CommandGuide(
    name: "validate", arguments: "CONFIG [--for COMMAND] [--ranks N] [--set table.key=value]…",
    summary: "check a config; estimate memory and disk",
    text: "Reports every mistake in a config and estimates what its run needs, without running it.",
    options: [
      ("--for COMMAND", "command to check for; by default those whose tables the config has, or minimize"),
      ("--ranks N", "estimates for N ranks (default: those that run)"), CommandGuide.set,
    ], examples: ["athermal validate my.toml --ranks 64"])

  private let config: String
  private let overrides: [String]
  private let ranks: Int?
  private let command: String?

  init(_ words: [String]) throws {
    let arguments = try Arguments(
      words, options: ["--for", "--ranks", "--set"], plain: 1...1, usage: Self.usage)
    config = arguments.plain[0]
    overrides = arguments.values("--set")
    ranks = try arguments.integer("--ranks", in: 1...100_000_000)
    command = arguments.value("--for")
  }

  func run(over communicator: Communicator) throws -> Int32 {
    let commands = try commands(over: communicator)
    let ranks = TargetRanks(count: ranks ?? communicator.size, areHere: ranks == nil)
    var lines: [String] = []
    for command in commands {
      for line in try command.validate(config, overrides: overrides, on: ranks, over: communicator)
      where !lines.contains(line) { lines.append(line) }
    }
    if communicator.isRoot {
      print("the config is valid for " + commands.map { $0.name }.joined(separator: " and "))
      for line in lines { print(line) }
    }
    return 0
  }

  /// Returns the commands for which the config is meant.
  private func commands(over communicator: Communicator) throws -> [any RunCommand.Type] {
    let known = Commands.runs
    if let command {
      guard let meant = known.first(where: { $0.name == command }) else {
        let hint = Spelling.hint(for: command, among: known.map { $0.name }, listedAs: "the commands with a config are")
        throw Failure.everywhere(.input, "--for names '\(command)', which runs no config; \(hint)")
      }
      return [meant]
    }
    let tables = try SectionCatalogue.tables(at: config, over: communicator)
    guard tables["sweep"] == nil else {
      throw Failure.everywhere(
        .input, "\(config) is a sweep; athermal sweep checks all its runs before it makes their folders")
    }
    let meant = known.filter { $0.matches(tables: tables) }
    return meant.isEmpty ? [MinimizeCommand.self] : meant
  }
}
