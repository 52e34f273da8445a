import Foundation
import TestTools
import Testing

/// What the command `flow` says when a run cannot go on, and before it begins.
@Suite struct FlowTests {
  static let config =
    Samples.mixture + """
      [flow]
      rates = [0.5, 0.25]
      strain = 0.5
      damping = 1.0
      time_step = 0.005
      [flow.measure]
      every = 0.05
      lag = 0.2
      [output]
      trajectory = true
      every = 4
      fields = ["velocity", "d2min"]

      """

  /// The step is stable for the glass at rest, and not for the collisions of a melt as hot as this.
  @Test(arguments: [nil, 3] as [Int?]) func explosionsAreReported(ranks: Int?) throws {
    let folder = try TestFolder()
    let melt = "time_step = 0.005\nmelt = { temperature = 1e4, time = 20.0, cooling_time = 0.0 }\nseed = 1"
    try folder.file("a.toml", Self.config.replacing("time_step = 0.005", with: melt))
    let outcome = try TestProcess.run(
      "athermal", ["flow", "a.toml", "--output", "run"], ranks: ranks, in: folder.path, limit: 60)
    #expect(outcome.exitCode == 4 && outcome.messages.count >= 1, "\(outcome.report)")
    let message = outcome.messages.first ?? ""
    for words in ["[rank ", "at time ", "in step ", "particle ", "time step is too large"] {
      #expect(message.contains(words), "\(words): \(outcome.report)")
    }
    if ranks == nil { #expect(try folder.json("run/summary.json")["exit_code"] as? Int == 4) }
  }

  /// Random particles flow from rest or not at all.
  @Test(arguments: [nil, 2] as [Int?]) func aStartThatIsNotAtRestIsRefused(ranks: Int?) throws {
    let folder = try TestFolder()
    try folder.file("a.toml", Self.config)
    let outcome = try TestProcess.run(
      "athermal", ["flow", "a.toml", "--set", "minimizer.maximum_evaluations=5", "--output", "run"], ranks: ranks,
      in: folder.path, limit: 60)
    #expect(outcome.exitCode == 3 && outcome.messages.count == 1, "\(outcome.report)")
    for words in ["do not come to rest before the flow", "minimizer.maximum_evaluations"] {
      #expect(outcome.messages.first?.contains(words) == true, "\(words): \(outcome.report)")
    }
  }

  /// Times, rows and frames are those of the config: 1 and 2 units of time, 21 and 41 rows, 6 and 11 frames. A row has
  /// 8 numbers and two tensors; a frame three integers and a vector of velocity, images and positions of each particle.
  @Test func validateTellsWhatItTakes() throws {
    let folder = try TestFolder()
    try folder.file("a.toml", Self.config)
    let outcome = try TestProcess.run("athermal", ["validate", "a.toml", "--ranks", "2"], in: folder.path)
    #expect(outcome.exitCode == 0, "\(outcome.report)")
    #expect(
      outcome.output.contains("2 rate(s), 600 steps, 600 evaluations, 62 rows, 17 frames"), "\(outcome.report)")
    #expect(outcome.output.contains("128 bytes per row"), "\(outcome.report)")
    #expect(outcome.output.contains("memory          about"), "\(outcome.report)")
    // Two evaluations for each step, in each of three replicas.
    let overdamped = ["flow.dynamics=\"overdamped\"", "flow.damping=20.0", "flow.replicas=3"].flatMap { ["--set", $0] }
    let other = try TestProcess.run("athermal", ["validate", "a.toml"] + overdamped, in: folder.path)
    #expect(
      other.output.contains("1200 evaluations") && other.output.contains("in each of 3 replicas"), "\(other.report)")
  }

  /// Fails if the memory of long correlations is left out: 2 units of time are 2000 rows here, 16 kB per particle.
  @Test func longCorrelationsTakeMemory() throws {
    let folder = try TestFolder()
    let text = Self.config.replacing("time_step = 0.005", with: "time_step = 0.001")
      .replacing("every = 0.05", with: "every = 0.001").replacing("particles = 200", with: "particles = 20000")
    func megabytes(_ more: String) throws -> Double {
      try folder.file("a.toml", text.replacing("lag = 0.2", with: "lag = 0.2\n" + more))
      let outcome = try TestProcess.run("athermal", ["validate", "a.toml"], in: folder.path)
      let words = try #require(outcome.outputLines.first { $0.hasPrefix("memory") }).split(separator: " ")
      return try #require(Double(words[2])) * (words[3] == "GB" ? 1000 : 1)
    }
    let (short, long) = (try megabytes("correlation_time = 0.1"), try megabytes("correlation_time = 0.6"))
    // 500 rows of 8 bytes for 20 000 particles are 80 MB, to the digits that are shown.
    #expect(abs(long - short - 80) < 11, "\(short) \(long)")
  }

  /// Where each rate begins at the start, its numbers do not depend on the rates before it.
  @Test func ratesFromTheStartAreIndependent() throws {
    let folder = try TestFolder()
    for (name, rates) in [("both", "[0.5, 0.25]"), ("one", "[0.25]")] {
      try folder.file(
        name + ".toml",
        Self.config.replacing("rates = [0.5, 0.25]", with: "rates = \(rates)\nfrom = \"start\""))
      let outcome = try TestProcess.run("athermal", ["flow", name + ".toml", "--output", name], in: folder.path)
      #expect(outcome.exitCode == 0, "\(outcome.report)")
    }
    let last = try ["both", "one"].map { name -> NSDictionary in
      let summary = try folder.json(name + "/summary.json")
      return try #require((summary["flow_curve"] as? [NSDictionary])?.last)
    }
    #expect(last[0] == last[1])
  }
}
