import Foundation
import TestTools
import Testing

/// What stands in Configs, which users copy.
@Suite struct ConfigsTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Configs")
  /// A sweep is checked by its own command (SweepTests).
  private static let names = try! FileManager.default.contentsOfDirectory(atPath: folder.path)
    .filter { $0.hasSuffix(".toml") && $0 != "sweep.toml" }.sorted()

  @Test(arguments: names) func isGood(name: String) throws {
    let outcome = try TestProcess.run("athermal", ["validate", Self.folder.appendingPathComponent(name).path])
    #expect(outcome.exitCode == 0 && outcome.output.contains("the config is valid"), "\(outcome.report)")
  }

  /// A first line that says what it is, and its name in the list of Docs/Running.md.
  @Test(arguments: names + ["sweep.toml"]) func isExplained(name: String) throws {
    let text = try String(contentsOf: Self.folder.appendingPathComponent(name), encoding: .utf8)
    #expect(text.hasPrefix("# "), "\(name) does not begin with what one sees")
    let manual = try String(
      contentsOf: Self.folder.deletingLastPathComponent().appendingPathComponent("Docs/Running.md"), encoding: .utf8)
    #expect(manual.contains("`\(name.dropLast(5))`"), "\(name) is not in the list of Docs/Running.md")
  }

  /// The Lennard-Jones glass from LAMMPS has the energy and the pressure that LAMMPS printed: the same mixture, cutoff
  /// and shift.
  @Test func theGlassFromLAMMPSIsAtRest() throws {
    let folder = try TestFolder()
    let config = try String(contentsOf: Self.folder.appendingPathComponent("shear-from-lammps.toml"), encoding: .utf8)
    // Its [output] is that of a loading.
    let text = config.replacing(/\[output\][^\[]*/, with: "")
    try folder.file("a.toml", text.replacing("file = \"", with: "file = \"\(Self.folder.path)/"))
    let outcome = try TestProcess.run("athermal", ["minimize", "a.toml", "--output", "run"], in: folder.path)
    #expect(outcome.exitCode == 0, "\(outcome.report)")
    let summary = try folder.json("run/summary.json")
    // Twelve digits are printed, ten of which no sum in another order changes.
    #expect(abs(try #require(summary["energy_per_particle"] as? Double) - (-3.75999353927)) < 1e-10)
    #expect(abs(try #require(summary["pressure"] as? Double) - 3.31885601969) < 1e-9)
  }
}
