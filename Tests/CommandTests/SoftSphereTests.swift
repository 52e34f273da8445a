import Foundation
import Storage
import TestTools
import Testing

/// Spheres in contact as a user meets them: sheared by the default below, at and above jamming, mapped and expanded,
/// also where nothing holds them and where no bond carries a force.
@Suite struct SoftSphereTests {
  let folder = try! TestFolder()

  private static func config(_ law: String, dimension: Int, particles: Int, density: Double, seed: Int, sizes: String)
    -> String
  {
    """
    [system]
    generate = { dimension = \(dimension), particles = \(particles), density = \(density), seed = \(seed) }
    [potential]
    kind = "\(law)"
    sizes = { \(sizes) }

    """
  }

  private static let loading = "[loading]\nmode = \"simple-shear\"\nplane = \"xy\"\n"

  /// With all defaults the loading ends at its last step, on one rank and on three with the same state.
  @Test(
    arguments: [
      (
        law: "harmonic", dimension: 2, particles: 200, density: 0.72, seed: 2,
        sizes: "exponent = 0, minimum = 1.0, maximum = 1.4"
      ),
      ("hertz", 2, 200, 0.72, 2, "exponent = 0, minimum = 1.0, maximum = 1.4"),
      ("harmonic", 2, 200, 0.75, 1, "exponent = 0, minimum = 1.0, maximum = 1.4"),
      ("hertz", 3, 601, 0.75, 4, "exponent = -3, minimum = 1.0, maximum = 1.3"),
    ])
  func shearsWithDefaults(
    _ packing: (law: String, dimension: Int, particles: Int, density: Double, seed: Int, sizes: String)
  ) throws {
    let text = Self.config(
      packing.law, dimension: packing.dimension, particles: packing.particles, density: packing.density,
      seed: packing.seed,
      sizes: packing.sizes)
    try folder.file(
      "a.toml", text + Self.loading + "strain_step = 2e-3\nfinal_strain = 0.02\n[output]\nprofiles = false\n")
    var states: [String] = []
    for ranks in [1, 3] {
      let outcome = try TestProcess.run(
        "athermal", ["shear", "a.toml", "--output", "run\(ranks)"], ranks: ranks, in: folder.path)
      #expect(outcome.exitCode == 0, "\(outcome.report)")
      let summary = try folder.json("run\(ranks)/summary.json")
      #expect(abs(try #require(summary["strain"] as? Double) - 0.02) < 1e-12)
      states.append(try #require(summary["state_sha256"] as? String))
    }
    #expect(Set(states).count == 1)
  }

  /// Explicit maps of a soft packing, 0.005 above jamming: of its 49 cavities, those that yield before a strain of 0.05
  /// do so at the stresses that an independent damped Newton method gives, with seven digits.
  @Test func yieldMap() throws {
    let text = Self.config(
      "harmonic", dimension: 2, particles: 400, density: 0.75, seed: 2,
      sizes: "exponent = 0, minimum = 1.0, maximum = 1.4")
    try folder.file(
      "a.toml",
      text + """
        [yieldmap]
        method = "frozen-matrix"
        radius = 3.0
        block = 3.0
        directions = ["forward"]
        maximum_strain = 0.05

        """)
    let outcome = try TestProcess.run("athermal", ["yieldmap", "a.toml", "--output", "run"], in: folder.path)
    #expect(outcome.exitCode == 0, "\(outcome.report)")
    let summary = try folder.json("run/summary.json")
    let reasons = (summary["frozen-matrix"] as? [String: Any])?["discarded_reasons"] as? [String: [String: Int]]
    #expect(
      reasons?["forward"].map { Set($0.keys) } == ["no drop up to the largest strain"],
      "none is lost: \(String(describing: reasons))")
    let file = try HDF5File(folder.file("run/yieldmap.h5"), .read, over: nil)
    for (node, stress, strain) in [
      (0, 0.002782300, 0.033), (2, 0.001199109, 0.027), (4, 0.000671825, 0.043), (8, 0.001755606, 0.044),
    ] {
      let found = try file.read(Double.self, from: "/frozen-matrix/yield_stress", start: [node, 0], count: [1, 1])[0]
      let at = try file.read(Double.self, from: "/frozen-matrix/yield_strain", start: [node, 0], count: [1, 1])[0]
      #expect(abs(found - stress) <= 1e-9 && abs(at - strain) < 1e-12, "node \(node): \(found) at \(at)")
    }
    try file.close()
  }

  /// A triangular crystal whose bonds are all at their rest length carries no force; its moduli are μ = √3/4 φ'',
  /// here to 1e-10, which allows for the rounding of the lattice constant.
  @Test func crystalAtRestLength() throws {
    let a = 1.1481391720647234  // where φ' of the force-shifted potential with cutoff 1.5 vanishes
    let height = a * 0.75.squareRoot()
    var data =
      "crystal\n\n64 atoms\n1 atom types\n\n0 \(8 * a) xlo xhi\n0 \(8 * height) ylo yhi\n-0.5 0.5 zlo zhi\n\n"
      + "Atoms # atomic\n\n"
    for k in 0..<64 {
      let (x, y) = ((Double(k % 8) + (k / 8 % 2 == 0 ? 0 : 0.5)) * a, Double(k / 8) * height)
      data += "\(k + 1) 1 \(x) \(y) 0\n"
    }
    try folder.file("crystal.data", data)
    try folder.file(
      "a.toml",
      """
      [system]
      file = "crystal.data"
      [potential]
      kind = "binary-lj"
      truncation = "force-shift"
      cutoff = 1.5
      [expand]
      minimize = true

      """)
    let outcome = try TestProcess.run("athermal", ["expand", "a.toml", "--output", "run"], in: folder.path)
    #expect(outcome.exitCode == 0, "\(outcome.report)")
    let modulus = try #require(try folder.json("run/summary.json")["shear_modulus"] as? Double)
    #expect(abs(modulus / 14.971719491295383 - 1) < 1e-10, "\(modulus)")
    let unmoved = try TestProcess.run(
      "athermal", ["expand", "a.toml", "--set", "expand.minimize=false", "--output", "unmoved"], in: folder.path)
    #expect(unmoved.exitCode == 0, "\(unmoved.report)")
  }

  /// Repulsion that only just reaches the neighbours: near the cutoff forces are differences of terms of order 1, and
  /// round at 1e-16 and more however soft the bonds are. Some of these had asked for less, and never ended.
  @Test(arguments: [
    ("polydisperse-ipl", 2, 0.26), ("polydisperse-ipl", 2, 0.36), ("bidisperse-ipl", 2, 0.3),
    ("polydisperse-ipl", 3, 0.12),
  ])
  func repulsionThatHardlyReaches(kind: String, dimension: Int, density: Double) throws {
    try folder.file(
      "a.toml",
      "[system]\ngenerate = { dimension = \(dimension), particles = 200, density = \(density), seed = 1 }\n"
        + "[potential]\nkind = \"\(kind)\"\n[loading]\nmode = \"dilation\"\nstrain_step = 5e-3\nfinal_strain = 0.02\n")
    let outcome = try TestProcess.run("athermal", ["shear", "a.toml", "--output", "run"], in: folder.path)
    #expect(outcome.exitCode == 0, "\(outcome.report)")
    let summary = try folder.json("run/summary.json")
    // At rest, and softer than any glass: the sixteenfold rounding of a sum of some ten.
    #expect(try #require(summary["force_max"] as? Double) < 1e-13)
    #expect(try #require(summary["pressure"] as? Double) < 0.1)
  }
}
