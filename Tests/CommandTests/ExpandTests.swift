import Foundation
import TestTools
import Testing

/// `expand` as a user starts it.
@Suite struct ExpandTests {
  let folder = try! TestFolder()

  private static let config = """
    [system]
    generate = { dimension = 2, particles = 300, density = 0.86, seed = 3 }
    [potential]
    kind = "polydisperse-ipl"
    [expand]
    modes = 4

    """

  private func summary(_ words: String..., run: String, ranks: Int? = nil) throws -> [String: Any] {
    let outcome = try TestProcess.run(
      "athermal", ["expand", "a.toml", "--output", run] + words, ranks: ranks, in: folder.path)
    #expect(outcome.exitCode == 0, "\(words): \(outcome.report)")
    return try folder.json("\(run)/summary.json")
  }

  /// The three solvers agree to what their tolerance of 1e-12 and the residual forces leave, on any number of ranks;
  /// soft modes come with them. A shear modulus is a number of order 10 here.
  @Test func solversAgree() throws {
    try folder.file("a.toml", Self.config)
    let first = try summary(run: "cg")
    let modulus = try #require(first["shear_modulus"] as? Double)
    let third = try #require((first["energy_derivatives"] as? [Double])?.last)
    let lowest = try #require((first["eigenvalues"] as? [Double])?.first)
    #expect(modulus > 1 && lowest > 0)
    for (solver, ranks) in [("multigrid", 3), ("amg", 1), ("amg", 3), ("direct", 1), ("direct", 2), ("auto", 1)] {
      let other = try summary("--set", "expand.solver=\"\(solver)\"", run: "\(solver)\(ranks)", ranks: ranks)
      #expect(abs(try #require(other["shear_modulus"] as? Double) / modulus - 1) < 1e-9, "\(solver)")
      #expect(abs(try #require((other["energy_derivatives"] as? [Double])?.last) / third - 1) < 1e-7, "\(solver)")
      #expect(abs(try #require((other["eigenvalues"] as? [Double])?.first) / lowest - 1) < 1e-7, "\(solver)")
      #expect(other["solver_method"] as? String == (solver == "auto" ? "direct" : solver))
    }
  }

  /// Three dimensions, where a factor fills, on rank counts that leave its estimates short and one rank nearly empty.
  @Test(arguments: [3, 5]) func factorisationInThreeDimensions(ranks: Int) throws {
    try folder.file(
      "a.toml",
      Self.config.replacing(
        "dimension = 2, particles = 300, density = 0.86", with: "dimension = 3, particles = 500, density = 0.58"))
    let first = try summary(run: "cg")
    let other = try summary("--set", "expand.solver=\"direct\"", run: "direct", ranks: ranks)
    #expect(abs(try #require(other["shear_modulus"] as? Double) / (first["shear_modulus"] as! Double) - 1) < 1e-9)
  }

  @Test func whatIsNotAtRestIsRefused() throws {
    try folder.file("a.toml", Self.config + "minimize = false\n")
    try expectRefusal(
      ["expand", "a.toml", "--output", "run"], in: folder, code: 3,
      says: ["not in mechanical equilibrium", "largest force component", "athermal minimize"])
  }

  /// Rows of a square lattice slide freely: balanced forces, and no minimum. Each solver notices in its own way; a
  /// lattice that does not answer to shear at all shows it in its modes.
  @Test(arguments: ["direct", "modes", "amg"]) func aSaddleIsRefused(how: String) throws {
    var text = "lattice\n\n100 atoms\n1 atom types\n\n0 12 xlo xhi\n0 12 ylo yhi\n-1 1 zlo zhi\n\nAtoms # sphere\n\n"
    for k in 0..<100 { text += "\(k + 1) 1 1.0 1 \(1.2 * Double(k % 10)) \(1.2 * Double(k / 10)) 0\n" }
    try folder.file("lattice.data", text)
    try folder.file(
      "a.toml", "[system]\nfile = \"lattice.data\"\n[potential]\nkind = \"polydisperse-ipl\"\n[expand]\n")
    try expectRefusal(
      ["expand", "a.toml", "--output", "run"]
        + (how == "modes" ? ["--set", "expand.modes=3"] : ["--set", "expand.solver=\"\(how)\""]), in: folder, code: 3,
      says: how == "modes" ? ["not a minimum"] : ["not a minimum", "negative"])
  }

  @Test(arguments: [
    ("solver = \"ilu\"", "does not exist"), ("tolerance = 0.0", "at least 1e-15"), ("modes = -1", "at least 0"),
    ("maximum_iterations = 5", "relative residual"),
  ])
  func wrongNumbersAreRefused(line: String, says: String) throws {
    try folder.file("a.toml", Self.config.replacing("modes = 4", with: line))
    try expectRefusal(
      ["expand", "a.toml", "--output", "run"], in: folder, code: line.hasPrefix("maximum") ? 3 : 2, says: [says])
  }

  /// The cubic expansion of stress and pressure against glasses that were really deformed, shear and dilation (Richard,
  /// Fig. 8): what is left of the difference is of fourth order, so it falls 16 times when the strain is halved;
  /// between 10 and 24 leaves room for the fifth order and for pairs that cross the cutoff.
  @Test(arguments: ["simple-shear", "dilation"]) func cubicMeetsTheDeformedGlass(mode: String) throws {
    let glass =
      """
      [system]
      generate = { dimension = 3, particles = 256, density = 0.58, seed = 5 }
      [potential]
      kind = "polydisperse-ipl"
      smoothing = 4
      [loading]
      mode = "\(mode)"
      \(mode == "dilation" ? "" : "plane = \"xy\"")

      """
    try folder.file("a.toml", glass)
    try folder.file(
      "shear.toml",
      glass + "strain_step = 2e-4\nfinal_strain = 4e-4\n[output]\ntrajectory = false\nprofiles = false\n")
    let expansion = try summary(run: "expansion")
    let derivatives = try #require(expansion["stress_derivatives"] as? [[[Double]]])
    let start = try #require(expansion["stress"] as? [[Double]])
    let outcome = try TestProcess.run("athermal", ["shear", "shear.toml", "--output", "shear"], in: folder.path)
    #expect(outcome.exitCode == 0, "\(outcome.report)")
    func stress(_ line: Int) throws -> [[Double]] {
      let log = try folder.text("shear/log.jsonl").split(separator: "\n")
      let entry = try #require(try JSONSerialization.jsonObject(with: Data(log[line].utf8)) as? [String: Any])
      return try #require(entry["stress"] as? [[Double]], "\(log[line])")
    }
    func remainder(_ line: Int, _ strain: Double) throws -> Double {
      let found = try stress(line)
      var largest = 0.0
      for a in 0..<3 {
        for b in 0..<3 {
          let cubic =
            start[a][b] + strain
            * (derivatives[0][a][b] + strain * (derivatives[1][a][b] / 2 + strain * derivatives[2][a][b] / 6))
          largest = max(largest, abs(found[a][b] - cubic))
        }
      }
      return largest
    }
    let ratio = try remainder(2, 4e-4) / remainder(1, 2e-4)
    #expect((10...24).contains(ratio), "\(mode): \(ratio)")
    #expect(try remainder(1, 2e-4) < 1e-4 * abs(start[0][0]))
  }
}
