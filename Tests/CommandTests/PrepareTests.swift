import Foundation
import TestTools
import Testing

/// `prepare` from the config to files that other commands take.
@Suite struct PrepareTests {
  static let config = """
    [system]
    generate = { dimension = 2, particles = 300, density = 0.64, seed = 3 }
    [potential]
    kind = "polydisperse-ipl"
    [minimizer]
    force_tolerance = 1e-6
    [prepare]
    temperatures = [4.0, 3.0]
    sweeps = 6000
    burn_in = 1000
    block = 1
    seed = 7

    """

  /// A hot liquid relaxes within sweeps, so this short run is equilibrium, is called so, and its glasses can be
  /// sheared.
  @Test func aHotLiquidIsEquilibrated() throws {
    let folder = try TestFolder()
    try folder.file("a.toml", Self.config)
    let outcome = try TestProcess.run(
      "athermal", ["prepare", "a.toml", "--output", "run"], in: folder.path, limit: 120)
    #expect(outcome.exitCode == 0, "\(outcome.report)")
    let summary = try folder.json("run/summary.json")
    #expect(summary["status"] as? String == "done" && summary["exit_code"] as? Int == 0)
    let states = try #require(summary["states"] as? [[String: Any]])
    #expect(states.count == 2)
    for (state, temperature) in zip(states, [4.0, 3.0]) {
      #expect(state["temperature"] as? Double == temperature && state["equilibrated"] as? Bool == true)
      #expect((state["reasons"] as? [String])?.isEmpty == true)
      #expect(abs((state["density"] as? Double ?? 0) - 0.64) < 1e-9 && state["sweeps"] as? Int == 6000)
      for key in ["relaxation_time", "acceptance_displacement", "acceptance_swap", "inherent_energy"] {
        let value = try #require(state[key] as? Double, "\(key)")
        #expect(value > 0 && value.isFinite, "\(key) \(value)")
      }
      let file = try #require(state["file"] as? String)
      #expect(folder.names(below: "run").contains(file))
    }
    for key in ["energy_per_particle", "pressure", "stress", "force_max", "bonds", "evaluations", "state_sha256"] {
      #expect(summary[key] != nil, "\(key)")
    }
    let shear = Samples.config(file: "run/state-T3.0.h5").replacing("1e9", with: "1e-6")
    try folder.file("shear.toml", shear)
    let sheared = try TestProcess.run("athermal", ["shear", "shear.toml", "--output", "sheared"], in: folder.path)
    #expect(sheared.exitCode == 0, "\(sheared.report)")
    // It starts from the very state.
    let info = try TestProcess.run("athermal", ["info", "run/state-T3.0.h5"], in: folder.path)
    #expect(info.exitCode == 0 && info.output.contains("preparation"), "\(info.report)")
  }

  private func expectUnequilibrated(_ text: String, says words: [String], _ folder: TestFolder) throws {
    try folder.file("a.toml", text)
    let outcome = try TestProcess.run(
      "athermal", ["prepare", "a.toml", "--output", "run"], in: folder.path, limit: 120)
    #expect(outcome.exitCode == 3, "\(outcome.report)")
    #expect(outcome.messages.count == 1)
    for word in words { #expect(outcome.errors.contains(word), "'\(word)' is missing: \(outcome.report)") }
    let summary = try folder.json("run/summary.json")
    #expect(summary["status"] as? String == "failed" && summary["exit_code"] as? Int == 3)
    let states = try #require(summary["states"] as? [[String: Any]])
    #expect(states.last?["equilibrated"] as? Bool == false)
    let file = try #require(states.last?["file"] as? String)
    #expect(folder.names(below: "run").contains(file), "what was reached is kept")
  }

  /// A hundred times too short for its temperature; and taken as it is where the config says so.
  @Test func aShortRunIsNot() throws {
    let folder = try TestFolder()
    let short = Self.config.replacing("[4.0, 3.0]", with: "[0.25]").replacing("6000", with: "200")
      .replacing("burn_in = 1000", with: "burn_in = 100")
    try expectUnequilibrated(
      short, says: ["1 of 1 states are not in equilibrium", "T = 0.25", "accept_unequilibrated"], folder)
    let accepted = try TestProcess.run(
      "athermal",
      [
        "prepare", "a.toml", "--output", "run", "--set", "output.overwrite=true", "--set",
        "prepare.accept_unequilibrated=true",
      ],
      in: folder.path)
    #expect(accepted.exitCode == 0, "\(accepted.report)")
    #expect(accepted.output.contains("not equilibrated"))
    let states = try folder.json("run/summary.json")["states"] as? [[String: Any]]
    #expect(states?.first?["equilibrated"] as? Bool == false)
  }

  /// Particles on a grid of points as extended XYZ.
  private static func xyz(_ side: Double, _ height: Double, _ points: [(x: Double, y: Double, size: Double)]) -> String
  {
    var text =
      "\(points.count)\n"
      + "Lattice=\"\(side) 0 0 0 \(height) 0 0 0 1\" Properties=species:S:1:pos:R:3:diameter:R:1 pbc=\"T T F\"\n"
    for p in points { text += "A \(p.x) \(p.y) 0 \(p.size)\n" }
    return text
  }

  private static func config(file: String, temperature: Double, extra: String) -> String {
    config.replacing(
      "generate = { dimension = 2, particles = 300, density = 0.64, seed = 3 }",
      with: "file = \"\(file)\"\ndimension = 2"
    )
    .replacing("[4.0, 3.0]", with: "[\(temperature)]").replacing("sweeps = 6000", with: "sweeps = 2000\n\(extra)")
  }

  /// Small particles on one side, large ones on the other, at a temperature where the exchange of sizes alone would mix
  /// them soon, and no exchange is made.
  @Test func aDemixedStartIsNot() throws {
    let folder = try TestFolder()
    var points: [(x: Double, y: Double, size: Double)] = []
    for k in 0..<480 {
      let (column, row) = (k / 20, k % 20)
      points.append(
        (
          1.3 * Double(column) + 0.1 * sin(Double(7 * k)) + 0.6, 1.3 * Double(row) + 0.1 * cos(Double(5 * k)) + 0.6,
          1 + 0.6 * Double(column) / 23
        ))
    }
    try folder.file("g.xyz", Self.xyz(31.2, 26, points))
    try expectUnequilibrated(
      Self.config(file: "g.xyz", temperature: 1, extra: "swap_fraction = 0"), says: ["demixed"], folder)
  }

  /// A triangular crystal of particles that hardly differ, below its melting temperature.
  @Test func aCrystalIsNot() throws {
    let folder = try TestFolder()
    var points: [(x: Double, y: Double, size: Double)] = []
    let a = 1.1
    for k in 0..<480 {
      let (column, row) = (k % 20, k / 20)
      let x = a * (Double(column) + (row % 2 == 0 ? 0.25 : 0.75))
      points.append((x, a * 3.0.squareRoot() / 2 * (Double(row) + 0.5), 1 + 0.0002 * Double(k % 97)))
    }
    try folder.file("g.xyz", Self.xyz(20 * a, 24 * a * 3.0.squareRoot() / 2, points))
    try expectUnequilibrated(
      Self.config(file: "g.xyz", temperature: 0.2, extra: "size_window = 0.01"), says: ["a crystal", "crystallites"],
      folder)
  }

  /// A step that the config gives is that of the whole run, also where the acceptance is far from the one aimed at.
  @Test func aGivenStepIsKept() throws {
    let folder = try TestFolder()
    try folder.file(
      "a.toml",
      Self.config.replacing("6000", with: "60")
        .replacing("burn_in = 1000", with: "burn_in = 200\nstep = 0.02\nquench = false\naccept_unequilibrated = true"))
    let outcome = try TestProcess.run("athermal", ["prepare", "a.toml", "--output", "run"], in: folder.path, limit: 60)
    #expect(outcome.exitCode == 0, "\(outcome.report)")
    let states = try #require(try folder.json("run/summary.json")["states"] as? [[String: Any]])
    #expect(states.map { $0["step"] as? Double } == [0.02, 0.02])
    // Small steps at a high temperature: 0.9, where the burn-in would have come to 0.35.
    #expect(states.allSatisfy { $0["acceptance_displacement"] as? Double ?? 0 > 0.7 }, "\(states)")
  }

  /// Replicas over groups of ranks are those that run one after the other.
  @Test func replicasDoNotDependOnRanks() throws {
    let folder = try TestFolder()
    try folder.file(
      "a.toml",
      Self.config.replacing("6000", with: "60").replacing(
        "burn_in = 1000", with: "burn_in = 20\nreplicas = 2\naccept_unequilibrated = true"))
    var energies: [[Double]] = []
    for ranks in [1, 2, 3] {
      let outcome = try TestProcess.run(
        "athermal", ["prepare", "a.toml", "--output", "run\(ranks)"], ranks: ranks, in: folder.path, limit: 150)
      #expect(outcome.exitCode == 0, "\(outcome.report)")
      let states = try #require(try folder.json("run\(ranks)/summary.json")["states"] as? [[String: Any]])
      #expect(states.map { $0["replica"] as? Int } == [0, 0, 1, 1])
      energies.append(states.map { $0["inherent_energy"] as? Double ?? .nan })
    }
    #expect(Set(energies[0]).count == 4 && energies[0] == energies[1] && energies[0] == energies[2], "\(energies)")
  }

  private static func fault(_ name: String, _ passage: String, becomes replacement: String, _ says: String...) -> Fault
  {
    precondition(config.contains(passage))
    return Fault(name: name, text: config.replacing(passage, with: replacement), says: says)
  }

  static let faults = [
    fault("zero temperature", "[4.0, 3.0]", becomes: "[4.0, 0.0]", "a.toml:8", "greater than 0"),
    fault("negative temperature", "[4.0, 3.0]", becomes: "[-1]", "a.toml:8", "greater than 0"),
    fault("no temperatures", "temperatures = [4.0, 3.0]", becomes: "", "has no 'temperatures'"),
    fault("no seed", "seed = 7", becomes: "", "a.toml:7", "has no 'seed'", "part of the result"),
    fault(
      "wide window", "block = 1", becomes: "block = 1\nsize_window = 1.5", "wider than the range of the sizes", "1.2"),
    fault("small block", "block = 1", becomes: "block = 0.9", "a.toml:11", "as wide as the largest cutoff"),
    fault("blocks that do not fit", "block = 1", becomes: "block = 9", "too small for its blocks"),
    fault("only swaps", "block = 1", becomes: "block = 1\nswap_fraction = 1", "less than 1"),
    fault("no step", "block = 1", becomes: "block = 1\nstep = 0", "greater than 0"),
    fault("no sweeps", "sweeps = 6000", becomes: "sweeps = 0", "at least 20"),
    fault("window of species", "\"polydisperse-ipl\"", becomes: "\"binary-lj\"\n[prepare.x]", "unknown key 'x'"),
    fault("unknown key", "block = 1", becomes: "blocks = 1", "unknown key 'blocks'", "block"),
    fault("no table", "[prepare]", becomes: "[d2min]", "has no 'temperatures'"),
  ]

  @Test(arguments: faults) func isRefused(fault: Fault) throws {
    let folder = try TestFolder()
    try folder.file("a.toml", fault.text)
    try expectRefusal(["prepare", "a.toml", "--output", "run"], in: folder, code: 2, says: fault.says)
  }

  /// What only the particles show: one size, and particles in one another.
  @Test(arguments: [("1.2", 1.0, "one size"), ("size", 0.05, "overlap")])
  func startsAreRefused(size: String, distance: Double, says: String) throws {
    let folder = try TestFolder()
    var points: [(x: Double, y: Double, size: Double)] = []
    for k in 0..<144 {
      points.append(
        (1.2 * Double(k % 12) + 0.5, 1.2 * Double(k / 12) + 0.5, size == "size" ? 1 + 0.002 * Double(k) : 1.2))
    }
    if distance < 1 { points[1].x = points[0].x + distance }
    try folder.file("g.xyz", Self.xyz(14.4, 14.4, points))
    try folder.file("a.toml", Self.config(file: "g.xyz", temperature: 1, extra: ""))
    try expectRefusal(["prepare", "a.toml", "--output", "run"], in: folder, code: 2, says: [says])
  }
}
