import Foundation
import TestTools
import Testing

@testable import athermal

/// What a run says, and in which order.
@Suite struct TerminalTests {
  let folder = try! TestFolder()

  private func run(_ words: [String], ranks: Int? = nil, expecting code: Int32 = 0) throws -> TestProcess.Outcome {
    let outcome = try TestProcess.run("athermal", words, ranks: ranks, in: folder.path, limit: 200)
    #expect(outcome.exitCode == code, "\(words): \(outcome.report)")
    return outcome
  }

  /// Profiles are measured where nobody says otherwise, which is no reason to refuse a box that is too small for D²min.
  @Test func smallSystemsShear() throws {
    let soft = WrongConfigTests.Good.shear.replacing(
      "\"polydisperse-ipl\"", with: "\"hertz\"\nsizes = { exponent = 0, minimum = 1, maximum = 1.4 }")
    try folder.file("a.toml", soft.replacing("200", with: "20"))
    #expect(
      try run(["shear", "a.toml", "--output", "a"]).output.contains(
        "D²min and profiles are not measured: the box is too small"))
    #expect(try run(["validate", "a.toml"]).output.contains("D²min and profiles are not measured"))
    for setting in ["output.profiles=true", "output.fields=[\"d2min\"]", "d2min.window=1e-3"] {
      let refused = try run(["shear", "a.toml", "--output", "b", "--set", setting], expecting: 2)
      #expect(refused.errors.contains("a smaller d2min.radius would help"))
    }
  }

  @Test func nothingIsMinimisedAfterTheEnd() throws {
    try folder.file("a.toml", WrongConfigTests.Good.shear)
    let lines = try run(["shear", "a.toml", "--output", "run"]).errors.split(separator: "\n")
    #expect(lines.last?.hasPrefix("step 3/3  strain 0.003") == true, "\(lines)")
  }

  /// Output and errors in one file are in order, though only the errors would be written at once.
  @Test func linesAreWrittenWhenTheyEnd() throws {
    try folder.file("a.toml", WrongConfigTests.Good.shear)
    _ = try TestProcess.run(
      "athermal", ["shear", "a.toml", "--output", "run", "--resume", "auto"], in: folder.path,
      environment: ["ATHERMAL_FAULT": "checkpoint.begin:1:kill"])
    // Killed again before its end, which would lose what is not written yet.
    let killed = try TestProcess.run(
      "athermal", ["shear", "a.toml", "--output", "run", "--resume", "auto"], in: folder.path,
      environment: ["ATHERMAL_FAULT": "checkpoint.begin:1:kill"])
    #expect(killed.exitCode == 137 && killed.output.contains("the run starts from the beginning"), "\(killed.report)")
  }

  @Test func latticesAndBandsEndWithTheirResults() throws {
    try folder.file("epm.toml", WrongConfigTests.Good.epm)
    let one = try run(["epm", "epm.toml", "--output", "one"])
    #expect(
      one.output.contains("avalanches of ")
        && one.outputLines.last == "results in one; pictures: Jobs/plots/run-figures one", "\(one.report)")
    let many = try run(["epm", "epm.toml", "--output", "many", "--set", "epm.realisations=2"], ranks: 2)
    #expect(many.output.contains("2 realisations, means ± standard errors: peak stress "), "\(many.report)")
    let alone = try run(["epm", "epm.toml", "--output", "alone", "--set", "epm.realisations=2"])
    #expect(alone.errors.contains("realisation 1 of 2"), "\(alone.report)")
    try folder.file("bands.toml", "[bands]\nruns = [\"many\"]\n")
    let bands = try run(["bands", "bands.toml", "--output", "bands"])
    #expect(
      bands.output.contains("2 runs: width w = ")
        && bands.outputLines.last == "results in bands; pictures: Jobs/plots/run-figures bands", "\(bands.report)")
  }
}
