import Foundation
import Storage
import TestTools
import Testing

/// Amounts of work, and what `validate` says of them.
@Suite struct BoundTests {
  let folder = try! TestFolder()

  private func run(_ words: [String], expecting code: Int32) throws -> TestProcess.Outcome {
    let outcome = try TestProcess.run("athermal", words, in: folder.path, limit: 120)
    #expect(outcome.exitCode == code, "\(words): \(outcome.report)")
    return outcome
  }

  /// The same line from both.
  @Test(arguments: [
    ("minimize", "system.generate.particles=1000000000000"), ("minimize", "system.generate.density=50"),
    ("shear", "d2min.radius=50"),
    ("shear", "loading.plane=xz"), ("prepare", "prepare.size_window=50"), ("prepare", "prepare.block=50"),
    ("yieldmap", "yieldmap.radius=40"),
    ("yieldmap", "yieldmap.strain_step=1e-12"), ("expand", "expand.modes=100000"),
    ("epm", "epm.shape=[1000000, 100000]"),
  ]) func validateRefusesWhatTheCommandRefuses(command: String, setting: String) throws {
    typealias Good = WrongConfigTests.Good
    let texts = [
      "minimize": Good.minimize, "shear": Good.measured, "prepare": Good.prepare, "expand": Good.expand,
      "yieldmap": Good.yieldmap, "epm": Good.epm,
    ]
    try folder.file("a.toml", texts[command]!)
    let computed = try run([command, "a.toml", "--output", "run", "--set", setting], expecting: 2)
    let validated = try run(["validate", "a.toml", "--set", setting], expecting: 2)
    #expect(
      validated.messages.count == 1 && validated.messages == computed.messages,
      "\(computed.errors)\n\(validated.errors)")
  }

  @Test func validateMissesFiles() throws {
    try folder.file(
      "a.toml",
      WrongConfigTests.Good.epm.replacing(
        "thresholds = { distribution = \"weibull\", shape = 2.0, mean = 0.08 }",
        with: "thresholds = { file = \"nope.h5\", dataset = \"Y\" }"))
    #expect(try run(["validate", "a.toml"], expecting: 2).errors.contains("nope.h5: cannot be read"))
  }

  /// A glass of sizes as input of a mixture of species: no mistake, but not what one means.
  @Test func diametersThatHaveNoEffectAreNamed() throws {
    try folder.file("g.data", Samples.lammps(types: 2))
    try folder.file("a.toml", Samples.config(file: "g.data").replacing("polydisperse-ipl", with: "binary-lj"))
    for words in [["validate", "a.toml"], ["minimize", "a.toml", "--output", "run"]] {
      #expect(try run(words, expecting: 0).output.contains("g.data: its diameters have no effect"))
    }
  }

  /// Nobody's checkpoint: neither counted, nor removed, nor looked for.
  @Test func aFolderWithAnAbsurdNumberIsNoCheckpoint() throws {
    try folder.file("a.toml", Samples.config + "[checkpoint]\nevery_steps = 1\nkeep = 2\n")
    let stray = "run/checkpoints/9223372036854775807"
    _ = try TestProcess.run(
      "athermal", ["shear", "a.toml", "--output", "run"], in: folder.path,
      environment: ["ATHERMAL_FAULT": "checkpoint.end:2:kill"])
    try FileManager.default.createDirectory(atPath: folder.file(stray), withIntermediateDirectories: true)
    try FileManager.default.createDirectory(atPath: folder.file("run/checkpoints/7"), withIntermediateDirectories: true)
    #expect(try CheckpointFolder.numbers(in: folder.file("run/checkpoints")) == [1, 2])
    let outcome = try run(["shear", "a.toml", "--output", "run", "--resume", "auto"], expecting: 0)
    #expect(outcome.output.contains("resuming from checkpoint 2"))
    #expect(try CheckpointFolder.numbers(in: folder.file("run/checkpoints")).count == 2)
    #expect(FileManager.default.fileExists(atPath: folder.file(stray)))
  }

  /// What a run has lost while it was at work is no bad input.
  @Test func aRunWhoseFolderIsRemovedEndsWithFive() throws {
    try folder.file(
      "a.toml",
      Samples.config.replacing("final_strain = 3e-3", with: "final_strain = 0.9") + "[checkpoint]\nevery_steps = 2\n")
    let process = try TestProcess("athermal", ["shear", "a.toml", "--output", "run"], in: folder.path, limit: 120)
    for _ in 0..<600 where (try? folder.text("run/log.jsonl").isEmpty) != false { usleep(100_000) }
    // At once: a removal file by file would race with the run, which makes new ones.
    try FileManager.default.moveItem(atPath: folder.file("run"), toPath: folder.file("gone"))
    let outcome = try process.wait()
    #expect(outcome.exitCode == 5, "\(outcome.report)")
  }
}
