import Configuration
import Foundation
import MessagePassing

/// What the commands that run a config have in common: the config, its overrides, and the folder of the run.
struct RunArguments {
  private let command: String
  let config: String
  let overrides: [String]
  let folder: String

  init(_ command: String, _ words: [String]) throws {
    let arguments = try Arguments(
      words, options: ["--output", "--set"], plain: 1...1,
      usage: "athermal \(command) CONFIG [--output FOLDER] [--set table.key=value]…")
    self.command = command
    config = arguments.plain[0]
    overrides = arguments.values("--set")
    let name = URL(fileURLWithPath: config).deletingPathExtension().lastPathComponent
    folder = arguments.value("--output") ?? "runs/\(name)"
  }

  /// Collective.
  func load(over communicator: Communicator) throws -> RunConfiguration {
    try RunConfiguration.load(path: config, overrides: overrides, command: command, over: communicator)
  }
}
