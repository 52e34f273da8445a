import Foundation
import Storage
import TestTools
import Testing

/// What may have happened to the folder of a run between its parts: whatever the run relies on is looked at before it
/// resumes, and named with a remedy where it is not as it was.
@Suite struct ResumedFolderTests {
  let folder = try! TestFolder()
  private let manager = FileManager.default

  private func makeRealisations() throws {
    let text = ResumeTests.configs["epm"]!.replacing("final_strain = 0.2", with: "final_strain = 0.6")
    try folder.file("epm.toml", text + "\nrealisations = 3\n[output]\nvtk = true\n[checkpoint]\nevery_steps = 20\n")
  }

  /// One realisation, with thresholds from a file.
  private func makeTabulated() throws {
    let text = ResumeTests.configs["epm"]!.replacing("final_strain = 0.2", with: "final_strain = 0.6").split(
      separator: "\n"
    ).map { line in
      line.hasPrefix("thresholds") ? "thresholds = { file = \"y.h5\", dataset = \"Y\" }" : String(line)
    }
    try folder.file("epm.toml", text.joined(separator: "\n") + "\n[checkpoint]\nevery_steps = 20\n")
    try makeThresholds(0.1)
  }

  private func makeThresholds(_ largest: Double) throws {
    let file = try HDF5File(folder.file("y.h5"), .create, over: nil)
    try file.createDataset("/Y", of: Double.self, shape: [24, 20])
    try file.write(
      (0..<480).map { 0.05 + (largest - 0.05) * Double($0 * 37 % 480) / 479 }, to: "/Y", start: [0, 0], count: [24, 20])
    try file.close()
  }

  private func makeShear() throws {
    try folder.file("shear.toml", ResumeTests.configs["shear"]! + "\n[checkpoint]\nevery_steps = 3\n")
  }

  @discardableResult
  private func run(
    _ command: String, _ output: String = "run", fault: String? = nil, more: [String] = ["--resume", "auto"],
    expecting code: Int32 = 0
  ) throws -> TestProcess.Outcome {
    let outcome = try TestProcess.run(
      "athermal", [command, command + ".toml", "--output", output] + more, in: folder.path,
      environment: fault.map { ["ATHERMAL_FAULT": $0] } ?? [:], limit: 120)
    #expect(outcome.exitCode == code, "\(command) \(more): \(outcome.report)")
    return outcome
  }

  /// Kills runs after a few checkpoints more each, until one has left something; that one stays.
  private func runUntilKilled(_ command: String, with name: String, every step: Int) throws {
    var count = 0
    while !manager.fileExists(atPath: folder.file("run/" + name)) {
      count += step
      try #require(count < 120, "no \(name) was made")
      try? manager.removeItem(atPath: folder.file("run"))
      try run(command, fault: "checkpoint.end:\(count):kill", expecting: 137)
    }
  }

  private func expectRefused(_ command: String, _ words: String..., what: String) throws {
    let outcome = try run(command, expecting: 2)
    #expect(outcome.messages.count == 1 && words.allSatisfy(outcome.errors.contains), "\(what): \(outcome.errors)")
  }

  private func hash(_ output: String) throws -> String {
    try #require(try folder.json(output + "/summary.json")["state_sha256"] as? String)
  }

  private func change(_ name: String) throws {
    var bytes = try Data(contentsOf: URL(fileURLWithPath: folder.file(name)))
    bytes[bytes.count / 2] ^= 0x10
    try bytes.write(to: URL(fileURLWithPath: folder.file(name)))
  }

  /// Loses, changes and cuts a file in turn; it is as before when this returns.
  private func forEachDamage(to name: String, _ look: (_ damage: String) throws -> Void) throws {
    let (path, kept) = (folder.file(name), folder.file("kept"))
    try manager.copyItem(atPath: path, toPath: kept)
    try manager.removeItem(atPath: path)
    try look("\(name) removed")
    try manager.copyItem(atPath: kept, toPath: path)
    try change(name)
    try look("\(name) changed")
    #expect(truncate(path, 100) == 0)
    try look("\(name) truncated")
    try manager.removeItem(atPath: path)
    try manager.moveItem(atPath: kept, toPath: path)
  }

  private func swap(_ a: String, _ b: String) throws {
    try manager.moveItem(atPath: folder.file(a), toPath: folder.file("aside"))
    try manager.moveItem(atPath: folder.file(b), toPath: folder.file(a))
    try manager.moveItem(atPath: folder.file("aside"), toPath: folder.file(b))
  }

  // MARK: What the run had finished

  @Test func finishedRealisationsAreHeldAgainstTheirCheckpoints() throws {
    try makeRealisations()
    try run("epm", "whole")
    // The checkpoint of the end of the second is made, and the third has none.
    try runUntilKilled("epm", with: "realisation-0002", every: 4)
    for name in ["epm.h5", "fields.vtkhdf"] {
      try forEachDamage(to: "run/realisation-0000/" + name) {
        try expectRefused("epm", "realisation-0000/" + name, "put it back", "--set output.overwrite=true", what: $0)
      }
    }
    try swap("run/realisation-0000", "run/realisation-0001")
    try expectRefused("epm", "realisation 1, not of realisation 0", "mixed up", what: "swapped")
    try swap("run/realisation-0000", "run/realisation-0001")

    try run("epm")
    func contents(_ run: String) throws -> [String] {
      try (0..<3).flatMap { try FileVerification.contents(folder.file("\(run)/realisation-000\($0)/epm.h5")) }.map {
        $0.name + $0.sha256
      }
    }
    #expect(try contents("run") == contents("whole"))
  }

  @Test func otherDatasetsAreNotGoneOnWith() throws {
    try makeTabulated()
    try run("epm", "whole")
    try run("epm", fault: "checkpoint.end:2:kill", expecting: 137)
    try makeThresholds(0.2)
    try expectRefused(
      "epm", "epm.toml:5:", "epm.thresholds.file", "and held 5888 bytes", "--output", what: "other thresholds")
    // A refusal changes nothing: neither without the file, nor by another one after that, is it forgotten what it held.
    try manager.removeItem(atPath: folder.file("y.h5"))
    try expectRefused("epm", "epm.toml:5:", "y.h5: cannot be read", what: "no thresholds")
    try makeThresholds(0.2)
    try expectRefused("epm", "epm.thresholds.file", "and held 5888 bytes", what: "other thresholds after none")
    // The same numbers in another file of this name.
    try makeThresholds(0.1)
    try run("epm")
    #expect(try hash("run") == hash("whole"))
  }

  @Test func finishedStatesAreHeldAgainstTheCheckpoint() throws {
    try folder.file("prepare.toml", ResumeTests.configs["prepare"]! + "\n[checkpoint]\nevery_steps = 20\n")
    try run("prepare", "whole")
    try runUntilKilled("prepare", with: "state-T4.0.h5", every: 2)
    // Made after the state.
    try run("prepare", fault: "checkpoint.end:2:kill", expecting: 137)
    try forEachDamage(to: "run/state-T4.0.h5") {
      try expectRefused("prepare", "state-T4.0.h5", "put it back", "--set output.overwrite=true", what: $0)
    }
    try run("prepare")
    #expect(try hash("run") == hash("whole"))
  }

  // MARK: The config in the folder

  /// A project that was moved, as from one cluster to another: its glass has another path, and holds the same.
  @Test func aMovedFolderGoesOn() throws {
    try manager.createDirectory(atPath: folder.file("here"), withIntermediateDirectories: true)
    try folder.file("minimize.toml", ResumeTests.head)
    try run("minimize", "here/glass")
    try folder.file(
      "here/shear.toml",
      ResumeTests.configs["shear"]!.replacing(/generate = .*/, with: "file = \"glass/state.h5\"")
        + "\n[checkpoint]\nevery_steps = 3\n")
    func shear(_ place: String, _ output: String, fault: String? = nil, expecting code: Int32 = 0) throws
      -> TestProcess.Outcome
    {
      let outcome = try TestProcess.run(
        "athermal", ["shear", "shear.toml", "--output", output, "--resume", "auto"], in: folder.file(place),
        environment: fault.map { ["ATHERMAL_FAULT": $0] } ?? [:])
      #expect(outcome.exitCode == code, "\(outcome.report)")
      return outcome
    }
    _ = try shear("here", "whole")
    _ = try shear("here", "run", fault: "checkpoint.end:2:kill", expecting: 137)
    try manager.moveItem(atPath: folder.file("here"), toPath: folder.file("there"))
    // Another glass in its place is not the same.
    try change("there/glass/state.h5")
    #expect(try shear("there", "run", expecting: 2).errors.contains("shear.toml:2:8: system.file"))
    try change("there/glass/state.h5")
    // For a while it is not there; when it is again, it still has to be the same.
    _ = try shear("there", "run", fault: "checkpoint.end:1:kill", expecting: 137)
    try manager.moveItem(atPath: folder.file("there/glass"), toPath: folder.file("there/kept"))
    _ = try shear("there", "run", fault: "checkpoint.end:1:kill", expecting: 137)
    try manager.moveItem(atPath: folder.file("there/kept"), toPath: folder.file("there/glass"))
    try change("there/glass/state.h5")
    #expect(try shear("there", "run", expecting: 2).errors.contains("shear.toml:2:8: system.file"))
    try change("there/glass/state.h5")
    #expect(try shear("there", "run").output.contains("resuming from checkpoint"))
    #expect(try hash("there/run") == hash("there/whole"))
    #expect(try shear("there", "run").output.contains("is complete"))
  }

  /// Killed while the folder was made, and after a crash of the machine that left the config empty.
  @Test func foldersWithoutTheirConfigGoOn() throws {
    try makeShear()
    try run("shear", "whole")
    try manager.createDirectory(atPath: folder.file("run"), withIntermediateDirectories: true)
    try folder.file("run/input.toml", try folder.text("shear.toml"))
    try folder.file("run/resolved.toml.unfinished", "# Every")
    try run("shear", fault: "checkpoint.end:3:kill", expecting: 137)
    try folder.file("run/resolved.toml", "")
    try run("shear", fault: "checkpoint.end:1:kill", expecting: 137)
    #expect(try folder.text("run/checkpoints/LATEST") == "000004\n")
    try manager.removeItem(atPath: folder.file("run/resolved.toml"))
    #expect(try run("shear").output.contains("resuming from checkpoint 4"))
    #expect(try hash("run") == hash("whole"))
    // The checkpoint knows what was asked for.
    try run("shear", "other", fault: "checkpoint.end:3:kill", expecting: 137)
    try manager.removeItem(atPath: folder.file("other/resolved.toml"))
    let refused = try run(
      "shear", "other", more: ["--resume", "auto", "--set", "loading.strain_step=2e-3"], expecting: 2)
    #expect(refused.errors.contains("strain_step = 0.002 was 0.001"))
    try run("shear", "other")
    #expect(try hash("other") == hash("whole"))
  }

  /// What is not of a run is neither gone on with nor touched.
  @Test func foldersOfOthersAreLeftAlone() throws {
    try makeShear()
    let others = [
      "strange/notes.txt": "mine", "models/checkpoints/20240101/model": "weights", "project/input.toml": "[system]\n",
    ]
    for (name, text) in others {
      let place = String(name.prefix { $0 != "/" })
      try manager.createDirectory(
        at: URL(fileURLWithPath: folder.file(name)).deletingLastPathComponent(), withIntermediateDirectories: true)
      try folder.file(name, text)
      #expect(try run("shear", place, expecting: 2).errors.contains("\(place) is not a run folder"))
      let after = try folder.text(name)
      #expect(after == text && !manager.fileExists(atPath: folder.file(place + "/log.jsonl")))
    }
  }

  /// A run that is done says which files it made: without one of them it is not complete.
  @Test func missingOutputsOfACompleteRunAreNamed() throws {
    try makeShear()
    try run("shear")
    func verify() throws -> TestProcess.Outcome { try TestProcess.run("athermal", ["verify", "run"], in: folder.path) }
    let whole = try verify()
    #expect(
      whole.exitCode == 0 && whole.output.contains("run/summary.json: readable")
        && whole.output.contains("run/resolved.toml: readable"))
    for name in ["trajectory.h5", "timing.json", "log.jsonl"] {
      try manager.moveItem(atPath: folder.file("run/" + name), toPath: folder.file("kept"))
      let outcome = try verify()
      #expect(outcome.exitCode == 2 && outcome.errors.contains("run/\(name): is missing"), "\(outcome.report)")
      try expectRefused("shear", "run/\(name): is missing", "--set output.overwrite=true", what: "\(name)")
      try manager.moveItem(atPath: folder.file("kept"), toPath: folder.file("run/" + name))
    }
    for name in ["summary.json", "log.jsonl", "resolved.toml"] {
      let text = try folder.text("run/" + name)
      try folder.file("run/" + name, String(text.prefix(text.count / 2)) + "\u{1}\n")
      let outcome = try verify()
      #expect(outcome.exitCode == 2 && outcome.errors.contains("run/" + name), "\(outcome.report)")
      try folder.file("run/" + name, text)
    }
    try folder.file("run/notes.json", "not ours")
    #expect(try verify().exitCode == 0)
    try manager.removeItem(atPath: folder.file("run/resolved.toml"))
    #expect(try verify().errors.contains("run/resolved.toml: is missing"))
    try expectRefused(
      "shear", "resolved.toml: is missing, though", "--set output.overwrite=true", what: "resolved.toml")
    try folder.file("run/resolved.toml", "")
    try manager.removeItem(atPath: folder.file("run/checkpoints"))
    try expectRefused(
      "shear", "resolved.toml: is missing or damaged", "--set output.overwrite=true", what: "whose is it?")
  }

  /// MPI may leave such files when a rank is killed.
  @Test func leftOverLocksAreRemoved() throws {
    try makeRealisations()
    try run("epm", fault: "checkpoint.end:2:kill", expecting: 137)
    let locks = ["run/epm.h5-123-4.lock", "run/realisation-0000/epm.h5.unfinished-5-6.lock", "run/prepare.h5-7.lock"]
    for name in locks + ["run/mine.lock"] { try folder.file(name, "") }
    try run("epm")
    #expect(
      locks.allSatisfy { !manager.fileExists(atPath: folder.file($0)) }
        && manager.fileExists(atPath: folder.file("run/mine.lock")))
  }

  /// A run cannot replace the one that it begins from.
  @Test func theInputIsNotRemoved() throws {
    try folder.file("minimize.toml", ResumeTests.head)
    try run("minimize", more: [])
    try folder.file("minimize.toml", ResumeTests.head.replacing(/generate = .*/, with: "file = \"run/state.h5\""))
    let outcome = try run("minimize", more: ["--set", "output.overwrite=true"], expecting: 2)
    #expect(outcome.errors.contains("run/state.h5 is a file of the run that would be replaced"), "\(outcome.report)")
    #expect(manager.fileExists(atPath: folder.file("run/state.h5")))
  }

  // MARK: The keyboard

  /// Ctrl-C: a checkpoint, exit code 75, and the rest later.
  @Test func interruptionByTheKeyboardIsAStop() throws {
    try makeShear()
    try folder.file(
      "shear.toml",
      try folder.text("shear.toml").replacing("particles = 128", with: "particles = 3000").replacing(
        "final_strain = 1e-2", with: "final_strain = 1.0"))
    let process = try TestProcess("athermal", ["shear", "shear.toml", "--output", "run"], in: folder.path, limit: 100)
    for _ in 0..<600 where (try? folder.text("run/log.jsonl").isEmpty) != false { usleep(100_000) }
    for pid in process.ranks(of: "athermal") { kill(pid, SIGINT) }
    let outcome = try process.wait()
    #expect(outcome.exitCode == 75 && outcome.errors.contains("--resume auto"), "\(outcome.report)")
    #expect(manager.fileExists(atPath: folder.file("run/checkpoints/LATEST")))
  }
}
