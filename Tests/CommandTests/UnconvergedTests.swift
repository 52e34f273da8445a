import Foundation
import TestTools
import Testing

/// Strain steps that may end short of the force tolerance: only where the config says so, counted, and never another
/// way than it was begun.
@Suite struct UnconvergedTests {
  let folder = try! TestFolder()

  /// Twenty evaluations are far too few from a random start and for steps of one hundredth.
  static let config =
    ResumeTests.head + """
      [minimizer]
      maximum_evaluations = 20
      [loading]
      mode = "simple-shear"
      plane = "xy"
      strain_step = 1e-2
      final_strain = 1e-1
      unconverged = "accept"

      """

  private func run(_ output: String, _ more: String..., environment: [String: String] = [:]) throws
    -> TestProcess.Outcome
  {
    try TestProcess.run(
      "athermal", ["shear", "a.toml", "--output", output, "--resume", "auto"] + more, in: folder.path,
      environment: environment)
  }

  @Test func theyAreCountedAndSaid() throws {
    try folder.file("a.toml", Self.config)
    let outcome = try run("run")
    #expect(outcome.exitCode == 0 && outcome.output.contains("11 of 11 steps did not converge"), "\(outcome.report)")
    let summary = try folder.json("run/summary.json")
    #expect(summary["unconverged_steps"] as? Int == 11 && summary["reason"] as? String == "evaluation limit")
    for line in try folder.text("run/log.jsonl").split(separator: "\n") {
      #expect(line.contains("\"reason\":\"evaluation limit\""))
    }

    // With evaluations enough none is counted, and by default the first ends the run.
    let enough = try run(
      "enough", "--set", "minimizer.maximum_evaluations=100000", "--set", "loading.final_strain=0.02")
    #expect(enough.exitCode == 0 && !enough.output.contains("did not converge"), "\(enough.report)")
    #expect(try folder.json("enough/summary.json")["unconverged_steps"] as? Int == 0)
    let refused = try run("refused", "--set", "loading.unconverged=refuse")
    #expect(
      refused.exitCode == 3
        && refused.errors.contains("step 0, strain 0.0: the minimisation ended by evaluation limit"),
      "\(refused.report)")
  }

  /// The limit of evaluations is free to change between the parts of a run, but not where it decides where a step ends.
  @Test func theLimitBelongsToTheComputation() throws {
    try folder.file("a.toml", Self.config)
    #expect(try run("whole").exitCode == 0)
    #expect(try run("parts", environment: ["ATHERMAL_FAULT": "safe-point:120:stop"]).exitCode == 75)
    let other = try run("parts", "--set", "minimizer.maximum_evaluations=30")
    #expect(
      other.exitCode == 2 && other.errors.contains("minimizer.maximum_evaluations = 30 was 20"), "\(other.report)")
    #expect(try run("parts").exitCode == 0)
    let (a, b) = (try folder.json("whole/summary.json"), try folder.json("parts/summary.json"))
    #expect(a["state_sha256"] as? String == b["state_sha256"] as? String)
    #expect(b["unconverged_steps"] as? Int == 11)
  }
}
