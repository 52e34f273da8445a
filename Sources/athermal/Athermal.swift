import Checkpoints
import Configuration
import Foundation
import MessagePassing

/// The command line: finds the command and hands it the rest.
enum Athermal {
  static var usage: String {
    let width = CommandGuide.all.map(\.name.count).max()!
    let commands = CommandGuide.all.map {
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
    guard let command = words.first.map(name(of:)) else {
      say(usage)
      return Failure.Kind.input.rawValue
    }
    try Fault.check()
    if !RunArguments.long.contains(command) { StopSignal.ignore() }
    let rest = Array(words.dropFirst())
    switch command {
    case "--version", "-V", "-v", "version":
      say(Build.description)
      return 0
    case "--help", "-h", "help":
      say(try rest.first.map { try Self.guide(of: $0).help } ?? usage)
      return 0
    default: break
    }
    let guide = try Self.guide(of: command)
    if rest.contains("--help") || rest.contains("-h") {
      say(guide.help)
      return 0
    }
    switch guide.name {
    case "minimize": return try MinimizeCommand(rest).run(over: communicator)
    case "measure": return try MeasureCommand(rest).run(over: communicator)
    case "prepare": return try PrepareCommand(rest).run(over: communicator)
    case "shear": return try ShearCommand(rest).run(over: communicator)
    case "expand": return try ExpandCommand(rest).run(over: communicator)
    case "ensemble": return try EnsembleCommand(rest).run(over: communicator)
    case "epm": return try EpmCommand(rest).run(over: communicator)
    case "bands": return try BandsCommand(rest).run(over: communicator)
    case "yieldmap": return try YieldmapCommand(rest).run(over: communicator)
    case "sweep": return try SweepCommand(rest).run(over: communicator)
    case "validate": return try ValidateCommand(rest).run(over: communicator)
    case "info": return try InfoCommand(rest).run(over: communicator)
    case "verify": return try VerifyCommand(rest).run(over: communicator)
    case "export": return try ExportCommand(rest).run(over: communicator)
    case "benchmark" where rest.first == "epm": return try EpmBenchmark(rest).run(over: communicator)
    case "benchmark": return try BenchmarkCommand(rest).run(over: communicator)
    default: preconditionFailure("a command with a guide and without a type")
    }
  }

  /// The name of a command; the spelling of the documents is understood too.
  private static func name(of word: String) -> String { word == "minimise" ? "minimize" : word }

  private static func guide(of command: String) throws -> CommandGuide {
    if let guide = CommandGuide.named(name(of: command)) { return guide }
    let names = CommandGuide.all.map(\.name)
    throw Failure.everywhere(
      .input,
      "there is no command '\(command)'; " + Spelling.hint(for: command, among: names, listedAs: "the commands are"))
  }
}
