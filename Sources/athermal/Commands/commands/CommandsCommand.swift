import Configuration
import Foundation
import MessagePassing

/// Lists the commands, as text or, for scripts, as JSON.
struct CommandsCommand: Command {
  static let guide = CommandGuide(
    name: "commands", arguments: "[--json | --resumable]", summary: "list all commands, as JSON for scripts",
    text: "Lists the commands. With --json: name, summary, and for those that run a config its tables, the files that\n"
      + "they make, and whether they can be resumed.",
    options: [("--json", "one JSON array"), ("--resumable", "the names of those that can be resumed")],
    examples: ["athermal commands --json"])

  private let isJSON: Bool
  private let onlyResumable: Bool

  init(_ words: [String]) throws {
    let arguments = try Arguments(
      words, options: [], flags: ["--json", "--resumable"], plain: 0...0,
      usage: Self.usage)
    isJSON = arguments.has("--json")
    onlyResumable = arguments.has("--resumable")
  }

  private struct Entry: Encodable {
    var name: String
    var summary: String
    var runsConfig = false
    var canResume = false
    var tables: [String] = []
    var outputs: [String] = []

    init(_ command: any Command.Type) {
      name = command.name
      summary = command.guide.summary
      if let run = command as? any RunCommand.Type { add(run) }
    }

    private mutating func add<Run: RunCommand>(_ run: Run.Type) {
      runsConfig = true
      canResume = Run.canResume
      tables = Run.Content.tables
      outputs = Run.outputs
    }
  }

  func run(over communicator: Communicator) throws -> Int32 {
    guard communicator.isRoot else { return 0 }
    let entries = Commands.all.map(Entry.init)
    if isJSON {
      print(String(decoding: try RunFolder.encoder(pretty: true).encode(entries), as: UTF8.self))
    } else {
      for entry in entries where entry.canResume || !onlyResumable { print(entry.name) }
    }
    return 0
  }
}
