import Foundation
import TestTools
import Testing

/// `athermal yieldmap`: what it leaves, and what it refuses.
@Suite struct YieldmapCommandTests {
  let folder = try! TestFolder()

  static let config = """
    [system]
    generate = { dimension = 2, particles = 400, density = 0.86, seed = 3 }
    [potential]
    kind = "polydisperse-ipl"
    [minimizer]
    method = "newton"
    [yieldmap]
    radius = 4.0
    spacing = 4.0

    """

  /// The scalars, the shapes, and that the two say the same.
  @Test func filesAndSummary() throws {
    try folder.file("a.toml", Self.config)
    let outcome = try TestProcess.run(
      "athermal", ["yieldmap", "a.toml", "--output", "run", "--set", "yieldmap.orientations=3"], in: folder.path)
    #expect(outcome.exitCode == 0, "\(outcome.report)")
    let summary = try folder.json("run/summary.json")
    #expect(summary["status"] as? String == "done")
    let centres = try #require(summary["centres"] as? Int)
    let discarded = try #require(summary["discarded"] as? Int)
    #expect(centres + discarded == 25 && centres > 0)
    let method = try #require(summary["expansion"] as? [String: Any])
    #expect(method["yield_stress_mean"] as? Double != nil && method["yield_stress_variance"] as? Double != nil)
    let reasons = try #require((method["discarded_reasons"] as? [String: [String: Int]])?["forward"])
    #expect(reasons.values.reduce(0, +) == discarded)
    let listing = try TestProcess.run("athermal", ["info", "run/yieldmap.h5"], in: folder.path)
    #expect(listing.exitCode == 0)
    for line in [
      "/expansion/centres: int64 [25]", "/expansion/coefficients: float64 [25, 4]", "/expansion/map: float64 [400, 2]",
      "/expansion/yield_stress: float64 [25, 2]", "/expansion/weights/any/map: float64 [400, 2]",
      "/expansion/blocks/forward: float64 [4, 4]", "/expansion/fan/yield_stress: float64 [25, 3, 2]",
      "/expansion/fan/softest: float64 [25, 3]",
    ] { #expect(listing.output.contains(line), "\(line): \(listing.output)") }
    #expect(!listing.output.contains("frozen-matrix"))
  }

  /// One direction, one method, another weight: its values take the place of the standard ones.
  @Test func choices() throws {
    try folder.file("a.toml", Self.config)
    let outcome = try TestProcess.run(
      "athermal",
      [
        "yieldmap", "a.toml", "--output", "run", "--set", "yieldmap.method=\"frozen-matrix\"", "--set",
        "yieldmap.directions=[\"backward\"]", "--set", "yieldmap.weight=\"any\"", "--set", "yieldmap.shape=\"block\"",
        "--set",
        "yieldmap.curves=true", "--set", "yieldmap.spacing=8", "--set", "yieldmap.radius=3",
      ], in: folder.path)
    #expect(outcome.exitCode == 0, "\(outcome.report)")
    let summary = try folder.json("run/summary.json")
    #expect(summary["weight"] as? String == "any" && summary["expansion"] == nil && summary["frozen-matrix"] != nil)
    let drops = try #require(summary["drops"] as? [String: Any])
    #expect(drops["drops"] as? Int == summary["centres"] as? Int)
    let listing = try TestProcess.run("athermal", ["info", "run/yieldmap.h5"], in: folder.path).output
    #expect(listing.contains("/frozen-matrix/weights/half/map: float64 [400, 1]") && listing.contains("weight = any"))
    #expect(!listing.contains("/expansion") && listing.contains("/frozen-matrix/curves"))
  }

  static let faults = [
    Fault(
      name: "radius", text: config.replacing("radius = 4.0", with: "radius = 0"),
      says: ["a.toml:8:10", "at least 1"]),
    Fault(name: "no direction", text: config + "directions = []\n", says: ["a.toml:10", "at least one of forward"]),
    Fault(name: "wrong direction", text: config + "directions = [\"up\"]\n", says: ["a.toml:10", "forward, backward"]),
    Fault(name: "curves of the expansion", text: config + "curves = true\n", says: ["a.toml:10", "frozen-matrix"]),
    Fault(name: "matrix", text: config + "matrix_stiffness = -1.0\n", says: ["a.toml:10", "rigid"]),
    Fault(name: "shell of a rigid matrix", text: config + "matrix_shell = 1.0\n", says: ["a.toml:10", "no effect"]),
    Fault(
      name: "spacing of all particles", text: config + "centres = \"particles\"\n", says: ["a.toml:9", "no effect"]),
    Fault(
      name: "steps beyond the end", text: config + "method = \"both\"\nstrain_step = 0.6\n",
      says: ["a.toml:11", "maximum_strain"]),
    Fault(
      name: "fan of the explicit method", text: config + "method = \"frozen-matrix\"\norientations = 4\n",
      says: ["a.toml:11", "expansion"]),
    Fault(name: "unknown key", text: config + "radios = 4\n", says: ["a.toml:10", "unknown key 'radios'", "radius"]),
    Fault(
      name: "cavities wider than the box", text: config.replacing("radius = 4.0", with: "radius = 12.0"),
      says: ["too wide", "yieldmap.radius"], ranks: [nil, 3]),
    Fault(
      name: "not at rest", text: config + "minimize = false\n", code: 3,
      says: ["mechanical equilibrium", "yieldmap.minimize"],
      ranks: [nil, 3]),
  ]

  @Test(arguments: faults) func refused(fault: Fault) throws {
    try folder.file("a.toml", fault.text)
    for ranks in fault.ranks {
      try expectRefusal(
        ["yieldmap", "a.toml", "--output", "run", "--set", "output.overwrite=true"], in: folder, code: fault.code,
        says: fault.says, ranks: ranks)
    }
  }

  /// Maps of the frames of a loading: the first frame is the configuration that the loading began with.
  @Test func framesOfALoading() throws {
    try folder.file(
      "a.toml",
      Self.config
        + "[loading]\nmode = \"simple-shear\"\nplane = \"xy\"\nstrain_step = 0.01\nfinal_strain = 0.02\n[output]\n"
        + "every = 1\n")
    try folder.file("map.toml", Self.config)
    for arguments in [["shear", "a.toml", "--output", "sheared"], ["yieldmap", "map.toml", "--output", "start"]] {
      let outcome = try TestProcess.run("athermal", arguments, in: folder.path)
      #expect(outcome.exitCode == 0, "\(outcome.report)")
    }
    let generate = "generate = { dimension = 2, particles = 400, density = 0.86, seed = 3 }"
    func mean(_ frame: Int) throws -> Double {
      try folder.file(
        "f.toml", Self.config.replacing(generate, with: "file = \"sheared/trajectory.h5\"\nframe = \(frame)"))
      let outcome = try TestProcess.run(
        "athermal", ["yieldmap", "f.toml", "--output", "frame\(frame)"], in: folder.path)
      #expect(outcome.exitCode == 0, "\(outcome.report)")
      let summary = try folder.json("frame\(frame)/summary.json")
      return try #require((summary["expansion"] as? [String: Any])?["yield_stress_mean"] as? Double)
    }
    let start = try folder.json("start/summary.json")
    let expected = try #require((start["expansion"] as? [String: Any])?["yield_stress_mean"] as? Double)
    // Trajectories keep positions as doubles: rounding of 1e-16 of the box, times the stiffest response.
    #expect(abs(try mean(0) / expected - 1) < 1e-9)
    #expect(abs(try mean(-1) / expected - 1) > 1e-6)
    try folder.file("a.toml", Self.config.replacing(generate, with: "file = \"sheared/trajectory.h5\"\nframe = 7"))
    try expectRefusal(["yieldmap", "a.toml", "--output", "run"], in: folder, code: 2, says: ["3 frames", "frame 7"])
    try folder.file("g.data", Samples.lammps())
    try folder.file("a.toml", Self.config.replacing(generate, with: "file = \"g.data\"\nframe = 0"))
    try expectRefusal(["yieldmap", "a.toml", "--output", "run"], in: folder, code: 2, says: ["one frame only"])
  }

  /// Particles that touch nobody: nothing to shear. All nodes are counted as discarded with the reason, and nothing
  /// fails.
  @Test(arguments: [nil, 3]) func cavitiesWithoutBonds(ranks: Int?) throws {
    var data = "a title\n\n100 atoms\n1 atom types\n\n0 12 xlo xhi\n0 12 ylo yhi\n-1 1 zlo zhi\n\nAtoms # sphere\n\n"
    for k in 0..<100 { data += "\(k + 1) 1 0.8 1 \(1.2 * Double(k % 10) + 0.6) \(1.2 * Double(k / 10) + 0.6) 0\n" }
    try folder.file("g.data", data)
    try folder.file(
      "a.toml",
      """
      [system]
      file = "g.data"
      [potential]
      kind = "harmonic"
      [yieldmap]
      method = "both"
      radius = 2.0

      """)
    let outcome = try TestProcess.run(
      "athermal", ["yieldmap", "a.toml", "--output", "run"], ranks: ranks, in: folder.path)
    #expect(outcome.exitCode == 0, "\(outcome.report)")
    let summary = try folder.json("run/summary.json")
    #expect(summary["centres"] as? Int == 0 && summary["discarded"] as? Int == 9)
    for name in ["expansion", "frozen-matrix"] {
      let reasons = (summary[name] as? [String: Any])?["discarded_reasons"] as? [String: [String: Int]]
      #expect(reasons == ["forward": ["no bonds": 9], "backward": ["no bonds": 9]])
    }
  }
}
