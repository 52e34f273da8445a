import Checkpoints
import Configuration
import Foundation
import MessagePassing

/// The command line: finds the command and passes the other words to it.
enum Athermal {
  static var usage: String {
    let guides = Commands.all.map { $0.guide }
    let width = guides.map(\.name.count).max()!
    let commands = guides.map {
      "  athermal " + $0.name + String(repeating: " ", count: width + 2 - $0.name.count) + $0.summary
    }
    return """
      athermal: how glasses deform and yield without heat

      \(commands.joined(separator: "\n"))

        athermal help COMMAND       its options, the keys of its config, an example; also athermal COMMAND --help
        athermal --version          commit, CPU, compiler, libraries

      Run any of them under mpirun -n RANKS. The first example: athermal shear Configs/quickstart.toml --output runs/a
      """
  }

  static func run(_ words: [String], over communicator: Communicator) throws -> Int32 {
    func say(_ text: String) { if communicator.isRoot { print(text) } }
    guard let word = words.first else {
      say(usage)
      return Failure.Kind.input.rawValue
    }
    try Fault.check()
    let rest = Array(words.dropFirst())
    switch word {
    case "--version", "-V", "-v", "version":
      say(Build.description)
      return 0
    case "--help", "-h", "help":
      say(try rest.first.map { help(of: try named($0)) } ?? usage)
      return 0
    default: break
    }
    let command = try named(word)
    if rest.contains("--help") || rest.contains("-h") {
      say(help(of: command))
      return 0
    }
    // Only commands that can be resumed act on a signal to stop.
    if (command as? any RunCommand.Type)?.canResume != true { StopSignal.restoreDefaults() }
    return try command.init(rest).run(over: communicator)
  }

  /// Returns the command of a name. The British spelling of the documents is accepted too.
  private static func named(_ word: String) throws -> any Command.Type {
    let name = word == "minimise" ? "minimize" : word
    if let command = Commands.named(name) { return command }
    let names = Commands.all.map { $0.name }
    throw Failure.everywhere(
      .input, "there is no command '\(name)'; " + Spelling.hint(for: name, among: names, listedAs: "the commands are"))
  }

  private static func help(of command: any Command.Type) -> String {
    func keys<Run: RunCommand>(_ run: Run.Type) -> String { KeyGuide.text(of: Run.Content.self, own: Run.keys) }
    if let run = command as? any RunCommand.Type { return command.guide.help(keys: keys(run)) }
    return command.guide.help(keys: command.name == SweepCommand.name ? KeyGuide.textOfSweep : "")
  }
}
