import Foundation
import Storage
import TestTools
import Testing

/// What the strain of a state counts, and where a loading may go from there.
@Suite struct StrainTests {
  let folder = try! TestFolder()

  private static let head = """
    [system]
    generate = { dimension = 2, particles = 200, density = 0.86, seed = 3 }
    [potential]
    kind = "polydisperse-ipl"
    [output]
    profiles = false

    """

  private static func loading(_ text: String) -> String { "[loading]\nstrain_step = 5e-3\n" + text + "\n" }

  private func config(_ name: String, _ loading: String, from state: String? = nil) throws {
    let head = state.map {
      Self.head.replacing(
        "generate = { dimension = 2, particles = 200, density = 0.86, seed = 3 }", with: "file = \"\($0)\"")
    }
    try folder.file(name, (head ?? Self.head) + Self.loading(loading))
  }

  @discardableResult
  private func shear(_ name: String, expecting code: Int32 = 0) throws -> TestProcess.Outcome {
    let outcome = try TestProcess.run(
      "athermal", ["shear", name + ".toml", "--output", name], in: folder.path, limit: 240)
    #expect(outcome.exitCode == code, "\(name): \(outcome.report)")
    return outcome
  }

  /// Strains and tilts over height of all steps.
  private func path(_ run: String) throws -> (strains: [Double], tilts: [Double]) {
    let curve = try HDF5File(folder.file(run + "/shear.h5"), .read, over: nil)
    let shape = try curve.shape(of: "/curve")
    let rows = try curve.readAll(Double.self, from: "/curve")
    let trajectory = try HDF5File(folder.file(run + "/trajectory.h5"), .read, over: nil)
    let edges = try trajectory.readAll(Double.self, from: "/particles/trajectory/box/edges/value")
    defer {
      try? curve.close()
      try? trajectory.close()
    }
    let strains: [Double] = stride(from: 0, to: rows.count, by: shape[1]).map { rows[$0 + 1] }
    let tilts: [Double] = stride(from: 0, to: edges.count, by: 4).map { edges[$0 + 2] / edges[$0 + 3] }
    return (strains, tilts)
  }

  /// After a dilation a shear begins at strain 0, and shears.
  @Test func theStrainOfAnotherModeDoesNotCount() throws {
    try config("dilated.toml", "mode = \"dilation\"\nfinal_strain = 0.02")
    try shear("dilated")
    try config("sheared.toml", "mode = \"simple-shear\"\nplane = \"xy\"\nfinal_strain = 0.02", from: "dilated/state.h5")
    let outcome = try shear("sheared")
    #expect(
      outcome.output.contains(
        "the strain of 0.02 that the particles carry is of another deformation; that of this loading begins at 0"))
    let (strains, tilts) = try path("sheared")
    // Products of a whole number and the step.
    #expect(strains == [0, 5e-3, 0.01, 0.015, 0.02])
    // The box has edges of some 15, in quanta of 2^-52 of a power of two: 1e-12 leaves room.
    #expect(abs(tilts.last! - 0.02) < 1e-12)

    // The same plane the other way round is another deformation too, and the same one goes on.
    try config("turned.toml", "mode = \"simple-shear\"\nplane = \"yx\"\nfinal_strain = 0.005", from: "sheared/state.h5")
    #expect(try shear("turned").output.contains("begins at 0"))
    try config("further.toml", "mode = \"simple-shear\"\nplane = \"xy\"\nfinal_strain = 0.03", from: "sheared/state.h5")
    #expect(try !shear("further").output.contains("carry"))
    #expect(try path("further").strains == [0.02, 0.02 + 5e-3, 0.03])
    let valid = try TestProcess.run("athermal", ["validate", "turned.toml"], in: folder.path)
    #expect(valid.exitCode == 0 && valid.output.contains("loading         1 steps"), "\(valid.report)")
  }

  /// A file that does not say what its strain counts is read as ever, and it is said.
  @Test func aStrainWithoutItsDeformationIsTakenForThatOfTheLoading() throws {
    try folder.file("g.xyz", Samples.xyz().replacing("pbc=", with: "strain=0.02 pbc="))
    try config("g.toml", "mode = \"simple-shear\"\nplane = \"xy\"\nfinal_strain = 0.025", from: "g.xyz")
    #expect(
      try shear("g").output.contains(
        "a strain of 0.02, and nothing says of which deformation; it is taken for that of this loading"))
    #expect(try path("g").strains.first == 0.02)
  }

  /// Up, back beyond zero, and up again; from where another run ended as well.
  @Test func aGlassIsUnloadedAndLoadedAgain() throws {
    let mode = "mode = \"simple-shear\"\nplane = \"xy\"\n"
    try config("a.toml", mode + "turning_points = [0.01, -0.005, 0.0025]")
    try shear("a")
    let strains = try path("a").strains
    let expected = [0, 0.005, 0.01, 0.005, 0, -0.005, 0, 0.0025]
    // Differences of products, each rounded once.
    #expect(strains.count == expected.count && zip(strains, expected).allSatisfy { abs($0 - $1) < 1e-15 }, "\(strains)")
    #expect(try abs(path("a").tilts.last! - 0.0025) < 1e-12)

    try config("b.toml", mode + "turning_points = [-0.0025]", from: "a/state.h5")
    try shear("b")
    #expect(try path("b").strains.last == -0.0025)

    try config("c.toml", mode + "final_strain = 0.001", from: "a/state.h5")
    let refused = try shear("c", expecting: 2)
    #expect(refused.errors.contains("loading.turning_points = [0.001]"))
  }
}
