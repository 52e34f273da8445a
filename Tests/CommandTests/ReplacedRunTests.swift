import Foundation
import TestTools
import Testing

/// A run that is to replace another: what is there stays until nothing is left that could refuse the new one, and a
/// kill between the two leaves one of them.
@Suite struct ReplacedRunTests {
  let folder = try! TestFolder()
  private let manager = FileManager.default

  struct Case: Sendable, CustomTestStringConvertible {
    var command: String
    /// Each a mistake that shows only after the config was read.
    var mistakes: [[String]]
    var testDescription: String { command }
  }

  /// Stands for the config whose particles are those of a file that is not there.
  private static let missingFile = "system.file"

  private static let glass = [
    [Self.missingFile], ["system.generate.density=50"], ["system.generate.particles=1000000000000"],
    ["system.generate.particles=4"],
  ]

  static let cases = [
    Case(command: "minimize", mistakes: glass),
    Case(command: "shear", mistakes: glass + [["d2min.radius=50"], ["loading.plane=xz"], ["neighbours.skin=20"]]),
    Case(
      command: "prepare",
      mistakes: glass + [["prepare.block=50"], ["prepare.size_window=50"], ["prepare.block=50", "prepare.replicas=2"]]),
    Case(command: "yieldmap", mistakes: glass + [["yieldmap.radius=40"], ["yieldmap.minimize=false"]]),
    Case(command: "expand", mistakes: glass + [["expand.minimize=false"], ["expand.modes=100000"]]),
    Case(
      command: "epm",
      mistakes: [
        ["epm.thresholds={ file = \"nope.h5\", dataset = \"Y\" }"],
        ["epm.renewal={ distribution = \"samples\", file = \"nope.h5\", dataset = \"Y\" }"],
        ["epm.shape=[1000000, 100000]"],
        ["epm.thresholds={ file = \"nope.h5\", dataset = \"Y\" }", "epm.realisations=2"],
      ]),
    Case(command: "bands", mistakes: [["bands.runs=[\"nope\"]"], ["bands.strain=50"], ["bands.bin=1000"]]),
  ]

  private func makeConfigs() throws {
    typealias Good = WrongConfigTests.Good
    for (name, text) in [
      "minimize": Good.minimize, "shear": Good.shear, "prepare": Good.prepare, "expand": Good.expand,
      "yieldmap": Good.yieldmap, "epm": Good.epm,
    ] {
      try folder.file(name + ".toml", text)
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      try folder.file(
        name + "-missing.toml",
        lines.map { $0.hasPrefix("generate") ? "file = \"nope.h5\"" : String($0) }.joined(separator: "\n"))
    }
    try folder.file("bands.toml", "[bands]\nruns = [\"source\"]\n")
  }

  private func run(_ command: String, _ settings: [String], more: [String] = [], ranks: Int? = nil) throws
    -> TestProcess.Outcome
  {
    let (config, settings) =
      settings.first == Self.missingFile ? (command + "-missing", Array(settings.dropFirst())) : (command, settings)
    return try TestProcess.run(
      "athermal", [command, config + ".toml", "--output", "run"] + settings.flatMap { ["--set", $0] } + more,
      ranks: ranks, in: folder.path, limit: 240)
  }

  /// All files of the run and what they hold.
  private func contents() throws -> [String: Data] {
    var result: [String: Data] = [:]
    for name in folder.names(below: "run") {
      result[name] = manager.contents(atPath: folder.file("run/" + name)) ?? Data()
    }
    return result
  }

  /// Files of one's own stay, also those whose names begin as those of runs do; inputs in realisations are not
  /// replaced.
  @Test func othersStay() throws {
    try makeConfigs()
    let first = try run("epm", ["epm.realisations=2"])
    try #require(first.exitCode == 0, "\(first.report)")
    let own = ["state-T0.8-backup.h5", "prepare-old.h5", "prepared-by-me.h5", "realisation-notes/state.h5", "other.h5"]
    try manager.createDirectory(atPath: folder.file("run/realisation-notes"), withIntermediateDirectories: true)
    for name in own { try folder.file("run/" + name, name) }
    let before = try contents()
    let source = "{ distribution = \"samples\", file = \"run/realisation-0000/epm.h5\", dataset = \"thresholds\" }"
    let refused = try run("epm", ["epm.thresholds=" + source, "epm.realisations=2", "output.overwrite=true"])
    #expect(
      refused.exitCode == 2 && refused.errors.contains("is a file of the run that would be replaced"),
      "\(refused.report)")
    #expect(try contents() == before)
    let second = try run("epm", ["output.overwrite=true"])
    #expect(second.exitCode == 0, "\(second.report)")
    let after = try contents()
    for name in own { #expect(after[name] == Data(name.utf8), "\(name)") }
    #expect(after["realisation-0000/epm.h5"] == nil && after["epm.h5"] != nil)
  }

  @Test(arguments: cases) func aMistakeLeavesTheRunThatItWasToReplace(_ example: Case) throws {
    try makeConfigs()
    if example.command == "bands" {
      let source = try TestProcess.run(
        "athermal", ["epm", "epm.toml", "--output", "source"], in: folder.path, limit: 240)
      try #require(source.exitCode == 0, "\(source.report)")
    }
    let first = try run(example.command, [])
    try #require(first.exitCode == 0, "\(first.report)")
    let before = try contents()
    for (k, mistake) in example.mistakes.enumerated() {
      let refused = try run(example.command, mistake + ["output.overwrite=true"], ranks: k == 0 ? 2 : nil)
      #expect((2...3).contains(refused.exitCode) && refused.messages.count == 1, "\(mistake): \(refused.report)")
      #expect(try contents() == before, "\(mistake): \(folder.names(below: "run"))")
    }
    let second = try run(example.command, ["output.overwrite=true"])
    #expect(second.exitCode == 0, "\(second.report)")
    #expect(try Set(contents().keys) == Set(before.keys))
  }

  /// The files as a kill leaves them while they change places.
  @Test func aKillWhileFilesAreReplacedLeavesOneOfTheRuns() throws {
    try makeConfigs()
    try #require(try run("minimize", []).exitCode == 0)
    let before = try contents()
    try manager.createDirectory(atPath: folder.file("run/replaced"), withIntermediateDirectories: true)
    func move(_ names: [String]) throws {
      for name in names {
        try manager.moveItem(atPath: folder.file("run/" + name), toPath: folder.file("run/replaced/" + name))
      }
    }
    // Half of the old run is moved, and the config of the new one is half written.
    try move(["resolved.toml", "state.h5", "checkpoints", "input.toml"])
    try folder.file("run/input.toml", "# of another run")
    let complete = try run("minimize", [], more: ["--resume", "auto"])
    #expect(complete.exitCode == 0 && complete.output.contains("is complete"), "\(complete.report)")
    #expect(try contents() == before)

    // The new run has begun, and the old one is not gone yet.
    try manager.createDirectory(atPath: folder.file("run/replaced"), withIntermediateDirectories: true)
    for name in ["resolved.toml", "state.h5"] {
      try manager.copyItem(atPath: folder.file("run/" + name), toPath: folder.file("run/replaced/" + name))
    }
    #expect(try run("minimize", [], more: ["--resume", "auto"]).exitCode == 0)
    #expect(try contents() == before)
  }

  /// Nobody learns only from the numbers that a run began anew.
  @Test func beginningAnewIsSaid() throws {
    try makeConfigs()
    let stopped = try TestProcess.run(
      "athermal", ["shear", "shear.toml", "--output", "run", "--resume", "auto"], in: folder.path,
      environment: ["ATHERMAL_FAULT": "checkpoint.begin:1:kill"])
    #expect(stopped.exitCode == 137 && !stopped.output.contains("from the beginning"), "\(stopped.report)")
    let again = try run("shear", [], more: ["--resume", "auto"])
    #expect(
      again.exitCode == 0
        && again.output.contains("no checkpoint in run/checkpoints; the run starts from the beginning"),
      "\(again.report)")
    #expect(again.output.contains("(step 3, strain 0.003)"))
  }
}
