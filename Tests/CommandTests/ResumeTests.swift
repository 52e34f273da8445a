import Foundation
import TestTools
import Testing

/// Runs that are suspended or killed and resumed: what they leave is what an undisturbed run leaves, to the last bit.
///
/// The small version of Jobs/reliability/resume and kill, one case for each way to be interrupted.
@Suite struct ResumeTests {
  static let head = """
    [system]
    generate = { dimension = 2, particles = 128, density = 0.86, seed = 3 }
    [potential]
    kind = "polydisperse-ipl"

    """
  static let configs = [
    "minimize": head,
    "shear": head + """
      [loading]
      mode = "simple-shear"
      plane = "xy"
      strain_step = 1e-3
      final_strain = 1e-2
      [d2min]
      window = 4e-3
      [output]
      every = 3
      fields = ["d2min", "stress", "displacement", "plastic-count"]
      """,
    "events": head + """
      [minimizer]
      method = "newton"
      [loading]
      mode = "simple-shear"
      plane = "xy"
      strain_step = 4e-3
      final_strain = 1.2e-2
      [events]
      adaptive = true
      smallest_step = 1e-4
      prediction = true
      """,
    // Contacts open and close: Newton's method and FIRE take turns, also from the start.
    "contacts": """
    [system]
    generate = { dimension = 2, particles = 128, density = 0.76, seed = 3 }
    [potential]
    kind = "harmonic"
    sizes = { exponent = 0, minimum = 1.0, maximum = 1.4 }
    [loading]
    mode = "simple-shear"
    plane = "xy"
    strain_step = 5e-3
    final_strain = 2e-2
    [output]
    profiles = false
    """,
    // The box grows by a tenth, and with it d, in which the radius of D²min is given.
    "stretched": head + """
      [loading]
      mode = "uniaxial"
      axis = "x"
      strain_step = 1e-2
      final_strain = 0.2
      [d2min]
      window = 4e-2
      reference = "initial"
      [output]
      every = 3
      fields = ["d2min"]
      """,
    "prepare": """
    [system]
    generate = { dimension = 2, particles = 150, density = 0.64, seed = 3 }
    [potential]
    kind = "polydisperse-ipl"
    [minimizer]
    force_tolerance = 1e-6
    [prepare]
    temperatures = [4.0, 3.0]
    sweeps = 150
    burn_in = 40
    block = 1
    seed = 7
    accept_unequilibrated = true
    """,
    "epm": """
    [epm]
    shape = [24, 20]
    eigenstrain = 0.065
    modulus = { initial = 1.0, renewed = 0.9 }
    thresholds = { distribution = "weibull", shape = 2.0, mean = 0.08 }
    renewal = { distribution = "weibull", shape = 2.0, mean = 0.08 }
    sample_strain = 0.02
    final_strain = 0.2
    settle_after = 7
    """,
    // Elastic at first, then with the state of the integrator.
    "meanfield": """
    [meanfield]
    protocol = "start-up"
    alpha = 0.3
    rates = [0.5]
    final_strain = 3.0
    initial = { kind = "delta", stress = 0.0 }
    bins = 100
    samples = 60
    """,
    // A melt, two rates with a flip of the box at each, rows, windows, frames.
    "flow": Samples.mixture + """
      [flow]
      rates = [0.5, 0.4]
      strain = 0.8
      discard = 0.1
      damping = 1.0
      time_step = 0.005
      melt = { temperature = 1.0, time = 0.4, cooling_time = 0.3 }
      seed = 4
      [flow.measure]
      every = 0.05
      lag = 0.2
      correlation_time = 0.4
      [output]
      trajectory = true
      every = 5
      fields = ["d2min", "velocity", "stress"]
      """,
    // Two replicas with noise, each rate from the same start.
    "flow-replicas": Samples.mixture + """
      [flow]
      rates = [0.5, 0.4]
      from = "start"
      strain = 0.4
      discard = 0.1
      friction = "pairwise"
      sllod = true
      damping = 1.0
      temperature = 0.1
      time_step = 0.005
      replicas = 2
      seed = 4
      [flow.measure]
      every = 0.05
      lag = 0.1
      correlation_time = 0.2
      """,
    "flow-overdamped": Samples.mixture + """
      [flow]
      rates = [0.5]
      strain = 0.6
      discard = 0.1
      dynamics = "overdamped"
      damping = 20.0
      temperature = 0.05
      time_step = 0.005
      seed = 4
      [flow.measure]
      every = 0.05
      lag = 0.1
      correlation_time = 0.2
      """,
    // Equal steps, then implicit ones that begin with the velocities of those before, with several rows in each.
    "flow-implicit": Samples.mixture + """
      [flow]
      rates = [0.5, 0.1]
      strain = 0.2
      discard = 0.1
      damping = 1.0
      time_step = 0.004
      implicit_below = 0.3
      tolerance = 1e-2
      [flow.measure]
      every = 0.004
      lag = 0.008
      correlation_time = 0.02
      """,
    "yieldmap": head + """
      [yieldmap]
      method = "both"
      radius = 2.0
      spacing = 1.5
      strain_step = 1e-2
      orientations = 3
      lowest_eigenvalue = true
      curves = true
      """,
  ]

  /// A few strain steps by each minimiser that has safe points of its own within.
  static let minimizers = ["lbfgs": "lbfgs", "gradient-flow": "gradient flow"]

  private static func command(_ name: String) -> String {
    if name.hasPrefix("flow") { return "flow" }
    return ["minimize", "prepare", "epm", "meanfield", "yieldmap"].contains(name) ? name : "shear"
  }

  private static func config(_ name: String) -> String {
    configs[name]
      ?? configs["shear"]!.replacing("[loading]", with: "[minimizer]\nmethod = \"\(name)\"\n[loading]")
      .replacing("final_strain = 1e-2", with: "final_strain = 3e-3")
  }

  @discardableResult
  private func run(
    _ name: String, _ folder: TestFolder, _ output: String, ranks: Int? = nil, fault: String? = nil,
    more: [String] = [],
    expecting codes: [Int32] = [0]
  ) throws -> TestProcess.Outcome {
    let outcome = try TestProcess.run(
      "athermal", [Self.command(name), "\(name).toml", "--output", output, "--resume", "auto"] + more, ranks: ranks,
      in: folder.path, environment: fault.map { ["ATHERMAL_FAULT": $0] } ?? [:], limit: 120)
    #expect(codes.contains(outcome.exitCode), "\(name) \(fault ?? ""): \(outcome.report)")
    return outcome
  }

  /// SHA-256 of every dataset, the log, and the summary but for times and the number of ranks.
  private func leavings(_ folder: TestFolder, _ output: String) throws -> [String: String] {
    var found = ["log": try folder.text(output + "/log.jsonl")]
    var summary = try folder.json(output + "/summary.json")
    for key in ["wall_seconds", "ranks"] { summary[key] = nil }
    found["summary"] = String(
      decoding: try JSONSerialization.data(withJSONObject: summary, options: .sortedKeys), as: UTF8.self)
    for name in folder.names(below: output) where name.hasSuffix(".h5") && !name.hasPrefix("checkpoints") {
      let outcome = try TestProcess.run("athermal", ["verify", "\(output)/\(name)", "--content"], in: folder.path)
      #expect(outcome.exitCode == 0, "\(outcome.report)")
      for line in outcome.outputLines.dropFirst() { found[name + " " + line.split(separator: " ")[1]] = line }
    }
    return found
  }

  private func makeFolder(_ name: String, everySteps: Int = 3) throws -> TestFolder {
    let folder = try TestFolder()
    try folder.file("\(name).toml", Self.config(name) + "\n[checkpoint]\nevery_steps = \(everySteps)\n")
    return folder
  }

  private func expectSame(_ a: [String: String], _ b: [String: String], _ what: String) {
    for key in Set(a.keys).union(b.keys).sorted() { #expect(a[key] == b[key], "\(what): \(key)") }
  }

  /// Three stops at safe points deep inside, each piece on another number of ranks. The points are such that every kind
  /// of state is saved: within a minimisation, a search, a sweep, a map.
  @Test(arguments: [
    ("minimize", [3, 40, 90]), ("shear", [30, 400, 700]), ("events", [60, 150, 400]), ("prepare", [25, 130, 60]),
    ("stretched", [100, 600, 1000]), ("contacts", [100, 700, 900]), ("epm", [40, 333, 200]),
    ("yieldmap", [50, 300, 1]), ("meanfield", [10, 20, 15]),
    // Within the melt, the first rate and the second; within the first and the second replica.
    ("flow", [60, 300, 250]), ("flow-replicas", [130, 150, 120]), ("flow-overdamped", [77, 90, 33]),
    ("flow-implicit", [150, 300, 200]),
  ])
  func stoppedAndContinuedIsTheSame(name: String, points: [Int]) throws {
    let folder = try makeFolder(name, everySteps: 50)
    try run(name, folder, "whole")
    let stops = try zip(points, [nil, 3, 2] as [Int?]).map { point, ranks in
      try run(name, folder, "parts", ranks: ranks, fault: "safe-point:\(point):stop", expecting: [0, 75]).exitCode
    }
    #expect(stops[0] == 75, "the first point must lie within the run, or nothing is tested")
    try run(name, folder, "parts", ranks: 4)
    expectSame(try leavings(folder, "whole"), try leavings(folder, "parts"), name)
  }

  /// L-BFGS and the gradient flow, suspended with their history (pairs of steps, the time step) and resumed on
  /// other ranks, three times each: L-BFGS on the way from the random start, where its safe points are; the flow there
  /// too, and within a strain step.
  @Test(arguments: [("lbfgs", [78, 6, 6]), ("gradient-flow", [100, 800, 1000])])
  func minimizersGoOnWithin(name: String, points: [Int]) throws {
    let folder = try makeFolder(name, everySteps: 0)
    try run(name, folder, "whole")
    for (number, (point, ranks)) in zip(points, [nil, 3, 2] as [Int?]).enumerated() {
      try run(name, folder, "parts", ranks: ranks, fault: "safe-point:\(point):stop", expecting: [75])
      let checkpoint = String(format: "parts/checkpoints/%06d", number + 1)
      let content = try TestProcess.run("athermal", ["verify", checkpoint, "--content"], in: folder.path)
      #expect(
        content.output.contains("  /values/\(Self.minimizers[name]!)  "),
        "stop \(number + 1) is not within the minimiser: \(content.report)")
    }
    try run(name, folder, "parts", ranks: 4)
    #expect(
      try folder.json("parts/summary.json")["state_sha256"] as? String == folder.json("whole/summary.json")[
        "state_sha256"] as? String)
    expectSame(try leavings(folder, "whole"), try leavings(folder, "parts"), name)
  }

  /// Killed in each phase of the protocol, on rank 0 and on another: the run resumes from the last safe checkpoint.
  @Test(arguments: ["begin", "write", "verify", "manifest", "synchronise", "rename", "latest", "remove", "end"])
  func killedWhileSaving(phase: String) throws {
    let folder = try makeFolder("shear")
    try run("shear", folder, "whole")
    for (rank, count) in [(0, 3), (1, 2)] {
      let output = "killed-\(rank)"
      try run("shear", folder, output, ranks: 2, fault: "checkpoint.\(phase):\(count):kill:\(rank)", expecting: [137])
      let safe = try FileManager.default.contentsOfDirectory(atPath: folder.file(output + "/checkpoints"))
      #expect(safe.contains { $0.hasPrefix("0000") }, "one interval before, there was a checkpoint: \(safe)")
      try run("shear", folder, output, ranks: 3)
      expectSame(try leavings(folder, "whole"), try leavings(folder, output), "\(phase), rank \(rank)")
    }
  }

  /// Killed while rows, frames and windows are being added.
  @Test func killedFlowGoesOn() throws {
    let folder = try makeFolder("flow", everySteps: 70)
    try run("flow", folder, "whole", ranks: 2)
    for (number, fault) in ["checkpoint.write:2:kill:1", "safe-point:205:kill", "checkpoint.end:2:kill"].enumerated() {
      try run("flow", folder, "parts", ranks: 2 - number % 2, fault: fault, expecting: [137])
    }
    try run("flow", folder, "parts", ranks: 3)
    expectSame(try leavings(folder, "whole"), try leavings(folder, "parts"), "flow, killed three times")
  }

  @Test func aFullDiskCostsOneCheckpoint() throws {
    let folder = try makeFolder("shear")
    let once = try run("shear", folder, "once", ranks: 2, fault: "checkpoint.write:2:fail:1")
    #expect(once.errors.contains("no checkpoint could be written"))
    try run("shear", folder, "whole")
    expectSame(try leavings(folder, "whole"), try leavings(folder, "once"), "a checkpoint less")
  }

  /// A run that ended with a failure resumes from its checkpoints once the cause is gone: a disk with room again, a
  /// larger limit.
  @Test(arguments: ["shear", "epm"]) func afterAFailureItGoesOn(name: String) throws {
    let folder = try makeFolder(name)
    try run(name, folder, "whole")
    let full = "checkpoint.write:3:fail,checkpoint.write:4:fail"
    try run(name, folder, "disk", ranks: 2, fault: full, expecting: [5])
    try run(name, folder, "disk", ranks: 3)
    expectSame(try leavings(folder, "whole"), try leavings(folder, "disk"), "\(name), disk full")
    guard name == "epm" else { return }
    try run(name, folder, "long", more: ["--set", "epm.maximum_sweeps=3"], expecting: [3])
    try run(name, folder, "long", ranks: 2)
    // The files tell of the config that they were begun with.
    func numbers(_ run: String) throws -> [String: String] {
      try leavings(folder, run).filter { !$0.key.contains("/parameters/config") }
    }
    expectSame(try numbers("whole"), try numbers("long"), "an avalanche that was too long")
  }

  /// Damage in any file of a checkpoint is noticed before it is used: the one before is taken, and the result is the
  /// same.
  @Test(arguments: ["MANIFEST", "state.h5", "shear.h5.parts", "trajectory.h5.parts"]) func damageIsNoticed(file: String)
    throws
  {
    let folder = try makeFolder("shear")
    try run("shear", folder, "whole")
    try run("shear", folder, "run", fault: "checkpoint.end:3:kill", expecting: [137])
    let path = folder.file("run/checkpoints/000003/" + file)
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes[bytes.count / 2] ^= 0x10
    try bytes.write(to: URL(fileURLWithPath: path))
    let verification = try TestProcess.run("athermal", ["verify", "run/checkpoints/000003"], in: folder.path)
    #expect(verification.exitCode == 2 && verification.errors.contains(file), "\(verification.report)")
    let outcome = try run("shear", folder, "run", ranks: 2)
    #expect(outcome.errors.contains("not used") && outcome.errors.contains(file), "\(outcome.report)")
    #expect(outcome.output.contains("resuming from checkpoint 2"))
    expectSame(try leavings(folder, "whole"), try leavings(folder, "run"), file)
  }

  @Test func allDamagedIsAFreshStartAndMixedUpFoldersAreNot() throws {
    let folder = try makeFolder("shear")
    try run("shear", folder, "whole")
    try run("shear", folder, "run", fault: "checkpoint.end:3:kill", expecting: [137])
    let manager = FileManager.default
    // The older one under the name of the newer.
    try manager.removeItem(atPath: folder.file("run/checkpoints/000003"))
    try manager.moveItem(atPath: folder.file("run/checkpoints/000002"), toPath: folder.file("run/checkpoints/000003"))
    let outcome = try run("shear", folder, "run")
    #expect(outcome.errors.contains("mixed up") && !outcome.output.contains("resuming"), "\(outcome.report)")
    expectSame(try leavings(folder, "whole"), try leavings(folder, "run"), "fresh start")
  }

  /// What the config may not change between the parts of a run is named with its place; what it may is taken.
  @Test func anotherComputationIsRefused() throws {
    let folder = try makeFolder("shear")
    try run("shear", folder, "run", fault: "safe-point:300:stop", expecting: [75])
    #expect(try folder.json("run/summary.json")["status"] as? String == "stopped")
    let text = try folder.text("shear.toml")
    try folder.file(
      "shear.toml",
      text.replacing("strain_step = 1e-3", with: "strain_step = 2e-3").replacing("seed = 3", with: "seed = 4"))
    let refused = try run("shear", folder, "run", ranks: 2, expecting: [2])
    #expect(
      refused.errors.contains("shear.toml:8:") && refused.errors.contains("loading.strain_step = 0.002 was 0.001"))
    #expect(refused.errors.contains("shear.toml:2:") && refused.errors.contains("seed"))
    try folder.file("shear.toml", text)
    try run(
      "shear", folder, "run",
      more: ["--set", "checkpoint.every_steps=7", "--set", "minimizer.maximum_evaluations=2000000"])
    #expect(try run("shear", folder, "run").output.contains("is complete"))
  }

  /// A signal to mpirun, and a limit of time: exit code 75, a checkpoint, and the rest later.
  @Test func signalsAndTimeLimitsStop() throws {
    let folder = try makeFolder("shear", everySteps: 0)
    let text = try folder.text("shear.toml").replacing("particles = 128", with: "particles = 3000")
    try folder.file("shear.toml", text.replacing("final_strain = 1e-2", with: "final_strain = 1.0"))
    try run("shear", folder, "limited", ranks: 2, more: ["--walltime", "0:00:08"], expecting: [75])
    #expect(try folder.text("limited/checkpoints/LATEST") == "000001\n")

    let process = try TestProcess(
      "athermal", ["shear", "shear.toml", "--output", "signalled"], ranks: 2, in: folder.path, limit: 60)
    // When the log has a line, ranks are deep in a minimisation.
    for _ in 0..<300 where (try? folder.text("signalled/log.jsonl").isEmpty) != false { usleep(100_000) }
    for pid in process.ranks(of: "athermal") { kill(pid, SIGUSR1) }
    let outcome = try process.wait()
    #expect(outcome.exitCode == 75 && outcome.errors.contains("--resume auto"), "\(outcome.report)")
    #expect(try folder.json("signalled/summary.json")["exit_code"] as? Int == 75)
  }

  @Test func badTimeLimitsAreRefused() throws {
    let folder = try makeFolder("shear")
    for limit in ["1:00", "0:61:00", "0:00:60", "an hour", "-1:00:00", ""] {
      try run("shear", folder, "run", more: ["--walltime", limit], expecting: [2])
    }
    try run("shear", folder, "run", more: ["--resume", "newest"], expecting: [2])
  }
}
