import Foundation
import TestTools
import Testing

/// Grids of runs: what a sweep makes of its file, what it says about each run, and that it runs what is left.
@Suite struct SweepTests {
  let folder = try! TestFolder()

  static let base = """
    [system]
    generate = { dimension = 2, particles = 128, density = 0.86, seed = 3 }
    [potential]
    kind = "polydisperse-ipl"
    [loading]
    mode = "simple-shear"
    plane = "xy"
    strain_step = 1e-3
    final_strain = 2e-3
    [output]
    trajectory = false
    profiles = false

    """
  static let head = "[sweep]\ncommand = \"shear\"\nconfig = \"base.toml\"\n"

  @discardableResult
  private func sweep(
    _ more: String..., environment: [String: String] = [:], expecting code: Int32 = 0
  ) throws -> TestProcess.Outcome {
    let outcome = try TestProcess.run(
      "athermal", ["sweep", "s.toml", "--output", "grid"] + more, in: folder.path, environment: environment, limit: 120)
    #expect(outcome.exitCode == code, "\(more): \(outcome.report)")
    return outcome
  }

  private func makeFiles(_ grid: String, base: String = Self.base) throws {
    try folder.file("base.toml", base)
    try folder.file("s.toml", Self.head + grid)
  }

  /// State, and exit code where there is one, of each run in its order.
  private func states() throws -> [String] {
    let rows = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(fileURLWithPath: folder.file("grid/status.json"))))
    return try #require(rows as? [[String: Any]]).map { row in
      let state = row["state"] as! [String: Any]
      return (state["stage"] as! String) + ((state["exit_code"] as? Int).map { " \($0)" } ?? "")
    }
  }

  // MARK: Expansion

  /// Lists multiply, zipped ones go together, the key that stands first changes slowest; every folder has a config that
  /// the reader of the command takes as it is.
  @Test func aGridBecomesFolders() throws {
    try makeFiles(
      """
      [product]
      loading.strain_step = [1e-3, 5e-4]
      [zip]
      system.generate.seed = [1, 2]
      "minimizer.method" = ["cg", "fire"]
      """)
    let said = try sweep().output
    let names = [
      "strain_step=0.001,seed=1,method=cg", "strain_step=0.001,seed=2,method=fire",
      "strain_step=0.0005,seed=1,method=cg",
      "strain_step=0.0005,seed=2,method=fire",
    ]
    for name in names {
      #expect(said.contains(name))
      #expect(folder.names(below: "grid/" + name) == ["config.toml"])
    }
    #expect(folder.names(below: "grid").filter { !$0.contains("/") } == (names + ["status.json"]).sorted())
    let config = try folder.text("grid/\(names[3])/config.toml")
    for line in [
      "strain_step = 0.0005\n", "seed = 2\n", "method = \"fire\"\n", "skin = 0.3  # default\n",
      "final_strain = 0.002\n",
    ] {
      #expect(config.contains(line), "\(line)")
    }
    #expect(try states() == Array(repeating: "not started", count: 4))
    // A task of an array gets the words that run its folder, one per line, and changes nothing.
    let words = try sweep("--task", "4").outputLines
    #expect(words == ["shear", "grid/\(names[3])/config.toml", "--output", "grid/\(names[3])", "--resume", "auto"])
    #expect(try TestProcess.run("athermal", words, in: folder.path).exitCode == 0)
    try sweep("--task", "5", expecting: 2)
    try sweep("--task", "1", "--run", "", expecting: 2)
    #expect(try folder.text("grid/\(names[3])/input.toml") == config)
    try sweep()
    #expect(try states() == ["not started", "not started", "not started", "finished 0"])
    // What the reader of the base gives alone, it gives as part of a sweep.
    let alone = try TestProcess.run(
      "athermal",
      [
        "shear", "base.toml", "--output", "alone", "--set", "loading.strain_step=5e-4", "--set",
        "system.generate.seed=2",
      ]
        + ["--set", "minimizer.method=fire"], in: folder.path)
    #expect(alone.exitCode == 0, "\(alone.report)")
    #expect(
      try folder.json("alone/summary.json")["state_sha256"] as? String
        == folder.json("grid/\(names[3])/summary.json")["state_sha256"] as? String)
  }

  @Test func theExampleIsGood() throws {
    let configs = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Configs")
    let outcome = try TestProcess.run(
      "athermal", ["sweep", configs.appendingPathComponent("sweep.toml").path, "--output", "grid"], in: folder.path)
    #expect(outcome.exitCode == 0 && outcome.output.contains("6 runs: 6 not started"), "\(outcome.report)")
    #expect(
      folder.names(below: "grid").count {
        $0.hasPrefix("file=Samples-ipl2d-T0.4.h5,strain_step=0.") && !$0.contains("/")
      } == 3)
  }

  /// Values that a name cannot show are told apart by a checksum, which does not depend on the other runs.
  @Test func namesAreReadableAndStable() throws {
    func names(_ list: String) throws -> [String] {
      try makeFiles(
        "[product]\nloading.matrix = \(list)\n",
        base: Self.base.replacing("mode = \"simple-shear\"\nplane = \"xy\"", with: "mode = \"matrix\""))
      try FileManager.default.removeItem(atPath: folder.file("grid"))
      try sweep()
      return folder.names(below: "grid").filter { $0.hasPrefix("matrix") && !$0.contains("/") }
    }
    try FileManager.default.createDirectory(atPath: folder.file("grid"), withIntermediateDirectories: true)
    let first = try names("[[[0, 1], [0, 0]], [[0, 0.5], [0, 0]]]")
    #expect(
      first.count == 2 && first.allSatisfy { $0.contains("matrix=-0-") && !$0.contains(" ") && !$0.contains("[") },
      "\(first)")
    let second = try names("[[[0, -1], [0, 0]], [[0, 1], [0, 0]], [[0, 0.5], [0, 0]]]")
    #expect(Set(first).isSubset(of: second) && second.count == 3, "\(second)")
  }

  @Test(arguments: [
    (
      "[product]\nloading.strian_step = [1e-3]",
      "s.toml:5:24: unknown key 'strian_step' in [loading]; did you mean 'strain_step'?"
    ),
    ("[product]\nsystem.generate.seed = [1, \"two\"]", "s.toml:5:28: 'seed' in [system.generate] must be an integer"),
    ("[product]\nloading.strain_step = 1e-3", "s.toml:5:23: 'loading.strain_step' must be an array of values"),
    ("[product]\nloading.strain_step = []", "s.toml:5:23: 'loading.strain_step' has no value"),
    ("[product]\nstrain_step = [1e-3]", "s.toml:5:15: 'strain_step' is not the key of a table"),
    (
      "[zip]\nsystem.generate.seed = [1, 2]\nloading.strain_step = [1e-3]",
      "s.toml:6:23: 'loading.strain_step' has 1 values, and"
    ),
    ("[product]\nsystem.generate.seed = [1, 2]\n[zip]\nsystem.generate = [{}]", "set the same key; keep one of them"),
    (
      "[product]\nsystem.generate.seed = [1, 2, 1]",
      "s.toml:5:31: two runs have system.generate.seed = 1; give each value once"
    ),
    ("[prodcut]\nsystem.generate.seed = [1]", "a sweep has no table [prodcut]; did you mean 'product'?"),
    ("ranks = 4\n[product]\nsystem.generate.seed = [1]", "s.toml:4:1: unknown key 'ranks' in [sweep]"),
    ("", "no key takes several values"),
    ("[product]\nloading.strain_step = [1e-3", "this is not TOML"),
  ])
  func whatIsWrongIsNamedWithItsPlace(grid: String, says: String) throws {
    try makeFiles(grid)
    try expectRefusal(["sweep", "s.toml", "--output", "grid"], in: folder, code: 2, says: [says])
    #expect(!FileManager.default.fileExists(atPath: folder.file("grid")))
  }

  @Test func whatIsWrongWithTheBaseIsSaidOnce() throws {
    try makeFiles("[product]\nsystem.generate.seed = [1, 2]", base: Self.base.replacing("plane", with: "plain"))
    try expectRefusal(
      ["sweep", "s.toml", "--output", "grid"], in: folder, code: 2, says: ["base.toml:7:1: unknown key 'plain'"])
    try folder.file("s.toml", Self.head.replacing("shear", with: "sheer") + "[product]\nsystem.generate.seed = [1]")
    try expectRefusal(
      ["sweep", "s.toml", "--output", "grid"], in: folder, code: 2,
      says: ["s.toml:2:11: 'command' in [sweep] is \"sheer\""])
    try folder.file(
      "s.toml", Self.head.replacing("base.toml", with: "none.toml") + "[product]\nsystem.generate.seed = [1]")
    try expectRefusal(
      ["sweep", "s.toml", "--output", "grid"], in: folder, code: 2, says: ["none.toml", "No such file"])
    try expectRefusal(
      ["sweep", "s.toml", "--output", "grid"], in: folder, code: 2, says: ["one process, not 2 ranks"], ranks: 2)
  }

  /// A glass that is not there is named before folders are made, and again as long as its run has not begun.
  @Test func missingGlassesAreNamed() throws {
    try makeFiles(
      "[product]\nsystem.file = [\"a.h5\", \"b.h5\"]\n",
      base: Self.base.replacing(
        "generate = { dimension = 2, particles = 128, density = 0.86, seed = 3 }", with: "file = \"a.h5\""))
    try folder.file("glass.toml", ResumeTests.head)
    for name in ["a.h5", "b.h5"] {
      let outcome = try TestProcess.run(
        "athermal", ["minimize", "glass.toml", "--output", "m", "--set", "output.overwrite=true"], in: folder.path)
      #expect(outcome.exitCode == 0, "\(outcome.report)")
      if name == "a.h5" {
        try expectRefusal(
          ["sweep", "s.toml", "--output", "grid"], in: folder, code: 2, says: ["s.toml:5:", "a.h5: cannot be read"])
      }
      try FileManager.default.moveItem(atPath: folder.file("m/state.h5"), toPath: folder.file(name))
    }
    try sweep()
    try FileManager.default.removeItem(atPath: folder.file("b.h5"))
    try expectRefusal(
      ["sweep", "s.toml", "--output", "grid", "--run", ""], in: folder, code: 2, says: ["b.h5: cannot be read"])
  }

  // MARK: States

  /// One run of each kind; then what is left is run, and ends as if nothing had happened.
  @Test func everyStateIsToldAndWhatIsLeftIsRun() throws {
    try makeFiles("[product]\nsystem.generate.seed = [1, 2, 3, 4, 5, 6]\n")
    try sweep()
    func words(_ seed: Int) throws -> [String] { try sweep("--task", "\(seed)").outputLines }
    func run(_ seed: Int, fault: String? = nil, _ more: String..., expecting code: Int32) throws {
      let outcome = try TestProcess.run(
        "athermal", try words(seed) + more, in: folder.path, environment: fault.map { ["ATHERMAL_FAULT": $0] } ?? [:])
      #expect(outcome.exitCode == code, "\(outcome.report)")
    }
    try run(1, expecting: 0)
    try run(2, fault: "safe-point:60:stop", expecting: 75)
    try run(3, "--set", "minimizer.maximum_evaluations=50", expecting: 3)
    try run(4, fault: "safe-point:60:kill", expecting: 137)
    let process = try TestProcess(
      "athermal", try words(5), in: folder.path, environment: ["ATHERMAL_FAULT": "safe-point:60:stall"])
    // Until it has come to its folder.
    for _ in 0..<200 where !FileManager.default.fileExists(atPath: folder.file("grid/seed=5/resolved.toml")) {
      usleep(50_000)
    }
    // A second program: the one that is at work takes a core of the tests for itself.
    let said = try sweep().output
    for pid in process.ranks(of: "athermal") { kill(pid, SIGKILL) }
    #expect(try process.wait().exitCode == 137)
    #expect(try states() == ["finished 0", "stopped 75", "failed 3", "interrupted", "running", "not started"])
    #expect(
      said.contains("failed with code 3") && said.contains("step 2, strain 0.002") && said.contains("6 runs: "),
      "\(said)")
    #expect(
      said.split(separator: "\n").contains { $0.contains("stopped") && $0.contains("1 of 20") },
      "a checkpoint and its time: \(said)")

    try sweep("--run", "mpirun --oversubscribe --bind-to none -n 2")
    #expect(try states() == Array(repeating: "finished 0", count: 6))
    // One that lost what it had made is not counted among those that are finished.
    let (lost, aside) = (folder.file("grid/seed=2/state.h5"), folder.file("aside.h5"))
    try FileManager.default.moveItem(atPath: lost, toPath: aside)
    #expect(try sweep().output.contains("5 finished, 1 incomplete"))
    try FileManager.default.moveItem(atPath: aside, toPath: lost)
    #expect(try sweep().output.contains("6 finished"))
    let other = try TestProcess.run(
      "athermal", ["shear", "base.toml", "--output", "alone", "--set", "system.generate.seed=2"], in: folder.path)
    #expect(other.exitCode == 0)
    #expect(
      try folder.json("alone/summary.json")["state_sha256"] as? String
        == folder.json("grid/seed=2/summary.json")["state_sha256"] as? String,
      "resumed, on other ranks, to the same bits")
    // Nothing is left to run.
    #expect(try !sweep("--run", "mpirun -n 2").output.contains("ended with code"))
  }

  /// A run that is suspended, and a signal, end the sequence with 75; the same command resumes it. A failure does not
  /// end it.
  @Test func theSequenceStopsAndGoesOn() throws {
    try makeFiles("[product]\nsystem.generate.seed = [1, 2]\n")
    try sweep("--run", "", environment: ["ATHERMAL_FAULT": "safe-point:60:stop"], expecting: 75)
    #expect(try states() == ["stopped 75", "not started"])
    try sweep("--run", "", environment: ["ATHERMAL_FAULT": "safe-point:200:kill"], expecting: 137)
    #expect(try states() == ["interrupted", "interrupted"])
    try sweep("--run", "no-such-launcher", expecting: 2)

    try makeFiles(
      "[product]\nsystem.generate.seed = [1, 2]\n",
      base: Self.base.replacing("particles = 128", with: "particles = 3000").replacing("2e-3", with: "1.0"))
    try FileManager.default.removeItem(atPath: folder.file("grid"))
    let process = try TestProcess(
      "athermal", ["sweep", "s.toml", "--output", "grid", "--run", "mpirun --oversubscribe -n 1"], ranks: nil,
      in: folder.path, limit: 100)
    for _ in 0..<600 where (try? folder.text("grid/seed=1/log.jsonl").isEmpty) != false { usleep(100_000) }
    kill(try #require(process.ranks(of: "athermal").first), SIGTERM)
    let outcome = try process.wait()
    #expect(outcome.exitCode == 75, "\(outcome.report)")
    #expect(try states() == ["stopped 75", "not started"])
  }

  /// A folder that was begun with another config is named and left as it is; what only concerns checkpoints may change,
  /// and so may all of a run that has not begun.
  @Test func foldersOfOtherConfigsAreLeftAlone() throws {
    try makeFiles("[product]\nsystem.generate.seed = [1, 2]\n")
    try sweep()
    #expect(try TestProcess.run("athermal", try sweep("--task", "1").outputLines, in: folder.path).exitCode == 0)
    let before = try folder.text("grid/seed=1/config.toml")

    try folder.file("base.toml", Self.base.replacing("final_strain = 2e-3", with: "final_strain = 3e-3"))
    try expectRefusal(
      ["sweep", "s.toml", "--output", "grid", "--run", ""], in: folder, code: 2,
      says: [
        "grid/seed=1: was started with another config", "base.toml:9:16: loading.final_strain = 0.003 was 0.002",
        "--output",
      ])
    #expect(try folder.text("grid/seed=1/config.toml") == before)
    #expect(
      try folder.text("grid/seed=2/config.toml").contains("final_strain = 0.002"),
      "nothing is written before all is well")

    try folder.file("base.toml", Self.base + "[checkpoint]\nevery_steps = 5\n")
    try sweep()
    #expect(try folder.text("grid/seed=1/config.toml").contains("every_steps = 5"))

    try folder.file("s.toml", try folder.text("s.toml").replacing("\"shear\"", with: "\"minimize\""))
    try sweep(expecting: 2)
    try folder.file("s.toml", Self.head + "[product]\nsystem.generate.seed = [1, 4]\n")
    let said = try sweep().output
    #expect(said.contains("not of this sweep: seed=2"))
    try FileManager.default.createDirectory(atPath: folder.file("grid/seed=7"), withIntermediateDirectories: true)
    try folder.file("grid/seed=7/notes.txt", "mine")
    try folder.file("s.toml", Self.head + "[product]\nsystem.generate.seed = [7]\n")
    try expectRefusal(
      ["sweep", "s.toml", "--output", "grid"], in: folder, code: 2, says: ["grid/seed=7: is not a run of a sweep"])
  }
}
