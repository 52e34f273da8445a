import Configuration
import Foundation
import MessagePassing
import Particles
import TestTools
import Testing

@testable import athermal

/// A command of its own: the radius of gyration of the particles, √⟨|x − ⟨x⟩|²⟩ of their unwrapped positions.
private struct GyrationCommand: RunCommand {
  struct Content: ParticleCommandSections {
    static let tables = ["system", "potential", "neighbours", "gyration", "output"]
    let particles: ParticleSections
    /// The power of the distance of which the mean is taken.
    let power: Int
    let output: OverwriteSection
    var mayOverwrite: Bool { output.overwrite }

    init?(_ document: Document) {
      let particles = ParticleReading(document)
      power = document.table("gyration").integer("power", .between(1, 8), default: 2)
      output = OverwriteSection(document.table("output"))
      guard let sections = particles.sections else { return nil }
      self.particles = sections
    }
  }

  static let canResume = false
  static let outputs = ["gyration.json"]
  static let keys = ["gyration": [("power", "of the distance")]]
  static let guide = CommandGuide(
    running: "gyration", canResume: canResume, summary: "radius of gyration", text: "Measures the size of a sample.",
    examples: ["athermal gyration my.toml"])

  let arguments: RunArguments

  static func demand(
    of configuration: RunConfiguration<Content>, on ranks: TargetRanks, over communicator: Communicator
  ) throws -> [String] { try ParticleDemand(configuration, on: ranks, over: communicator).lines() }

  func compute(_ run: Run<Content>) throws -> Int32 {
    let system = try Model.system(run.configuration, over: run.communicator)
    let positions = system.snapshot().particles.positions
    let (d, n) = (system.dimension, system.totalCount)
    let centre = (0..<d).map { k in (0..<n).reduce(0) { $0 + positions[$1 * d + k] } / Double(n) }
    let power = Double(run.configuration.power)
    let mean = (0..<n).reduce(0.0) { sum, i in
      let squared = (0..<d).reduce(0.0) { $0 + pow(positions[i * d + $1] - centre[$1], 2) }
      return sum + pow(squared, power / 2) / Double(n)
    }
    try run.folder.begin()
    try run.folder.write(["radius": pow(mean, 1 / power)], as: "gyration.json")
    try run.folder.finish(["status": "done"])
    return 0
  }
}

/// A command is a type and a line of the list: help, config, folder, validation and refusals come with it.
@Suite struct NewCommandTests {
  private static let config = """
    [system]
    generate = { dimension = 2, particles = 400, density = 1.0, seed = 4 }
    [potential]
    kind = "bidisperse-ipl"

    """

  private static func run(_ words: String...) throws -> Int32 {
    Commands.additional = [GyrationCommand.self]
    defer { Commands.additional = [] }
    return try Athermal.run(words, over: try MessagePassing.startForTests())
  }

  @Test func runsAConfigIntoAFolder() throws {
    let folder = try TestFolder()
    try folder.file("a.toml", Self.config + "[gyration]\npower = 2\n[expand]\nmodes = 3\n")
    #expect(try Self.run("gyration", folder.file("a.toml"), "--output", folder.file("run")) == 0)
    let radius = try #require(try folder.json("run/gyration.json")["radius"] as? Double)
    // 400 random points in a square of 400: side²/6 = 66.7, with a standard deviation of about 2.
    #expect(abs(radius * radius - 400.0 / 6) < 10, "\(radius)")
    let resolved = try String(contentsOfFile: folder.file("run/resolved.toml"), encoding: .utf8)
    #expect(resolved.contains("[gyration]\npower = 2\n") && !resolved.contains("[expand]"))
    // What it made is its own: a second run is refused, and one that may replace it does.
    #expect(throws: Failure.self) { try Self.run("gyration", folder.file("a.toml"), "--output", folder.file("run")) }
    #expect(
      try Self.run(
        "gyration", folder.file("a.toml"), "--output", folder.file("run"), "--set", "output.overwrite=true") == 0)
  }

  @Test func mistakesAreNamed() throws {
    let folder = try TestFolder()
    try folder.file("a.toml", Self.config + "[gyration]\npower = 9\n[output]\nbonds = true\n")
    do {
      _ = try Self.run("gyration", folder.file("a.toml"), "--output", folder.file("run"))
      Issue.record("accepted")
    } catch let failure as Failure {
      #expect(failure.kind == .input)
      #expect(failure.message.contains("a.toml:6:9: 'power' in [gyration] is 9; it must be between 1 and 8"))
      #expect(failure.message.contains("a.toml:8:1: 'bonds' in [output] has no effect on this command"))
    }
    #expect(!FileManager.default.fileExists(atPath: folder.file("run")))
  }

  @Test func isKnownToHelpAndValidate() throws {
    let folder = try TestFolder()
    try folder.file("a.toml", Self.config + "[gyration]\n")
    #expect(try Self.run("help", "gyration") == 0)
    #expect(try Self.run("validate", folder.file("a.toml")) == 0)
    #expect(KeyGuide.text(of: GyrationCommand.Content.self, own: GyrationCommand.keys).contains("power = 2  of the"))
    #expect(throws: Failure.self) { try Athermal.run(["gyration"], over: try MessagePassing.startForTests()) }
  }

  /// Each kind of benchmark is reached by its word.
  @Test(arguments: [["epm", "--edge", "16", "--sweeps", "2"], ["kernel", "--particles", "400"]])
  func benchmarksOfBothKindsRun(words: [String]) throws {
    let folder = try TestFolder()
    let outcome = try TestProcess.run("athermal", ["benchmark"] + words + ["--repeat", "1"], in: folder.path)
    #expect(outcome.exitCode == 0 && outcome.output.contains("{"), "\(outcome.report)")
  }
}
