import Foundation
import TestTools
import Testing

@testable import athermal

/// The command `bands` on what `epm` and `shear` leave.
@Suite struct BandsCommandTests {
  let folder = try! TestFolder()

  private func run(_ arguments: String...) throws {
    let outcome = try TestProcess.run("athermal", arguments, in: folder.path)
    #expect(outcome.exitCode == 0, "\(arguments): \(outcome.report)")
  }

  @Test func oneToolForBlocksAndParticles() throws {
    try folder.file("epm.toml", EpmTests.small)
    try folder.file("shear.toml", Samples.config + "[d2min]\nwindow = 1e-3\nthreshold = 1e-9\n")
    try run("epm", "epm.toml", "--output", "blocks", "--set", "epm.realisations=2", "--set", "epm.final_strain=0.3")
    try run("shear", "shear.toml", "--output", "particles")
    try folder.file("bands.toml", "[bands]\nruns = [\"blocks\", \"particles\"]\n")
    try run("bands", "bands.toml", "--output", "bands")
    let summary = try folder.json("bands/summary.json")
    let runs = try #require(summary["runs"] as? [[String: Any]])
    #expect(runs.count == 3)
    for run in runs {
      let width = try #require(run["width"] as? Double)
      let length = try #require(run["length"] as? Double)
      let localisation = try #require(run["localisation"] as? Double)
      #expect(width > 0 && width <= length * (1 + 1e-12))
      // The definition itself; three digits fewer than doubles have, for a difference of nearly equal numbers.
      #expect(abs(localisation - (1 - width / length)) < 1e-12)
    }
    // 200 particles at a density of 0.86 in a square, tilted by 3e-3: 5e-6 closer from face to face. Blocks are counted
    // by rows of 12 or 16.
    #expect(abs((runs[2]["length"] as? Double ?? 0) - (200 / 0.86).squareRoot()) < 1e-3)
    #expect([12, 16].contains(runs[0]["length"] as? Double ?? 0))
    #expect(summary["width"] as? Double != nil && summary["axis"] as? String != nil)
    #expect(folder.names(below: "bands").contains("bands.h5"))
  }

  /// A cell that is sheared by γ along x is narrower between its faces across x, by √(1 + γ²): each profile has the box
  /// of its strain.
  @Test func profilesHaveTheBoxOfTheirStrain() throws {
    let text = Samples.config.replacing("strain_step = 1e-3", with: "strain_step = 5e-2").replacing(
      "final_strain = 3e-3", with: "final_strain = 0.3")
    try folder.file("shear.toml", text.replacing("1e-6", with: "1e-3") + "[d2min]\nwindow = 0.1\n")
    try run("shear", "shear.toml", "--output", "run")
    let profiles = try PlasticProfiles.read(folder.file("run"), quantity: "plastic_count")[0]
    #expect(profiles.strains.count == 3)
    let edge = (200 / 0.86).squareRoot()
    for (k, strain) in profiles.strains.enumerated() {
      let lengths = profiles.lengths(at: k)
      // Edges are rounded to quanta.
      #expect(
        abs(lengths[0] - edge / (1 + strain * strain).squareRoot()) < 1e-9 && abs(lengths[1] - edge) < 1e-9,
        "strain \(strain): \(lengths)")
    }
  }

  /// Strains count from the start, whichever way the loading goes; one that turns, or has no shear in it, is refused.
  @Test func loadingsGoOneWay() throws {
    let measured = Samples.config + "[d2min]\nwindow = 1e-3\nthreshold = 1e-9\n"
    try folder.file("shear.toml", measured)
    try folder.file("bands.toml", "[bands]\nruns = [\"run\"]\nstrain = 2e-3\n")
    let end = "final_strain = 3e-3"
    #expect(measured.contains(end))
    try run("shear", "shear.toml", "--output", "run", "--set", "loading.backward=true")
    try run("bands", "bands.toml", "--output", "backward")
    let runs = try #require(try folder.json("backward/summary.json")["runs"] as? [[String: Any]])
    #expect(abs((runs[0]["strain"] as? Double ?? 0) - 2e-3) < 1e-12)
    for (change, says) in [
      (measured.replacing(end, with: "cycles = { amplitude = 2e-3, count = 1 }"), "the loading turns"),
      (
        measured.replacing("simple-shear", with: "dilation").replacing("plane = \"xy\"", with: ""),
        "a loading by dilation has no shear bands"
      ),
    ] {
      try folder.file("shear.toml", change)
      try run("shear", "shear.toml", "--output", "run", "--set", "output.overwrite=true")
      let outcome = try TestProcess.run("athermal", ["bands", "bands.toml", "--output", "refused"], in: folder.path)
      #expect(
        outcome.exitCode == 2 && outcome.errors.contains("bands.toml:2:") && outcome.errors.contains(says),
        "\(outcome.report)")
    }
  }

  /// A run that is read is not replaced, nor is one in which a realisation is read, nor the run of which one is a
  /// realisation.
  @Test func whatIsReadIsNotReplaced() throws {
    let lattice = WrongConfigTests.Good.epm.replacing("[epm]", with: "[epm]\nrealisations = 2")
    try folder.file("epm.toml", lattice)
    try run("epm", "epm.toml", "--output", "run")
    let before = folder.names(below: "run")
    #expect(before.contains("realisation-0001/epm.h5"))
    for (runs, output) in [("run", "run"), ("run/realisation-0000", "run"), ("run", "run/realisation-0001")] {
      try folder.file("bands.toml", "[bands]\nruns = [\"\(runs)\"]\n[output]\noverwrite = true\n")
      let outcome = try TestProcess.run("athermal", ["bands", "bands.toml", "--output", output], in: folder.path)
      #expect(outcome.exitCode == 2 && outcome.errors.contains("bands.toml:2"), "\(outcome.report)")
      #expect(outcome.errors.contains("in the folder of the run that would be replaced"), "\(outcome.report)")
      #expect(folder.names(below: "run") == before)
    }
  }

  @Test(arguments: [
    ("runs = [\"x\", \"y\", \"x\"]", "name each folder once"), ("runs = [\"nothing\"]", "neither epm.h5 nor shear.h5"),
    ("runs = []", "a.toml:2"), ("source = \"d2min\"", "has no 'runs'"),
    ("runs = [\"x\"]\nbin = 0.5", "a.toml:3"), ("runs = [\"x\"]\nfit = [2, 1]", "ascending"),
  ]) func isRefused(keys: String, says: String) throws {
    try folder.file("a.toml", "[bands]\n\(keys)\n")
    try expectRefusal(["bands", "a.toml", "--output", "run"], in: folder, code: 2, says: [says])
  }
}
