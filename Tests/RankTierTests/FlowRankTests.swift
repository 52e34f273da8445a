import TestTools
import Testing

@Suite struct FlowRankTests {
  /// Fast flows, hot and cold, by each equation of motion, through two flips of the box.
  @Test(arguments: [
    "lj 2 499 substrate 0.5", "lj 2 499 sllod 0", "lj 2 499 pairwise 0.5", "lj 2 499 overdamped 0.5",
    "ipl 3 601 pairwise 0",
  ])
  func flowHasTheSameBits(arguments: String) throws {
    let rows = try sameLines(["flow"] + arguments.split(separator: " ").map(String.init), ranks: [1, 2, 3, 5, 7]).filter
    {
      $0.hasPrefix("row ")
    }
    #expect(rows.count == 4 && Set(rows).count == 4, "\(rows)")
    #expect(rows.last?.hasSuffix("flips -2") == true, "\(rows)")
  }

  /// A flow that cannot be followed ends at once on all ranks, with time, rank, step and particle.
  @Test(arguments: ["substrate", "pairwise", "overdamped"], [1, 3]) func explosionsEnd(kind: String, ranks: Int) throws
  {
    let outcome = try TestProcess.run("RankTests", ["explosion", kind], ranks: ranks, limit: 60)
    #expect(outcome.exitCode == 4, "\(outcome.report)")
    #expect(outcome.seconds < 30, "\(outcome.report)")
    let message = outcome.messages.first ?? ""
    for words in ["[rank ", "at time ", "of the flow at rate 0.1", "in step ", "particle ", "time step is too large"] {
      #expect(message.contains(words), "\(words): \(outcome.report)")
    }
  }
}
