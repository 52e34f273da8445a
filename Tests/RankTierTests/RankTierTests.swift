import Foundation
import MessagePassing
import TestTools
import Testing

/// Ranks that divide nothing, more ranks than cores, and one alone.
let rankCounts = [1, 2, 3, 4, 5, 7, 8]

/// Runs a case of RankTests, which must end well, and returns what it printed.
@discardableResult
func runCase(_ arguments: String..., ranks: Int, limit: Int = 60) throws -> [String] {
  try runCase(arguments, ranks: ranks, limit: limit)
}

/// The same in a single process.
func runAlone(_ arguments: String...) throws -> [String] { try runCase(arguments, ranks: nil, limit: 30) }

private func runCase(_ arguments: [String], ranks: Int?, limit: Int) throws -> [String] {
  let outcome = try TestProcess.run("RankTests", arguments, ranks: ranks, limit: limit)
  #expect(outcome.exitCode == 0, "\(arguments) on \(ranks ?? 1) ranks: \(outcome.report)")
  var lines = outcome.outputLines
  #expect(lines.popLast() == "ok")
  return lines
}

/// Runs a case at all rank counts: what it prints must not depend on them. Returns the lines.
func sameLines(_ arguments: [String], ranks: [Int] = rankCounts, limit: Int = 100) throws -> [String] {
  var expected: [String]?
  for count in ranks {
    let outcome = try TestProcess.run("RankTests", arguments, ranks: count, limit: limit)
    #expect(outcome.exitCode == 0, "\(arguments) on \(count) ranks: \(outcome.report)")
    let lines = outcome.outputLines
    #expect(lines.last == "ok")
    if let expected {
      for (a, b) in zip(expected, lines) { #expect(a == b, "\(arguments) on \(count) ranks") }
      #expect(lines.count == expected.count)
    } else {
      expected = lines
    }
  }
  return expected ?? []
}

@Suite struct MessageTests {
  @Test func messagesComeFromWhereTheySay() throws {
    let lines = try sameLines(["messages"])
    #expect(lines.first?.hasPrefix("sums ") == true)
  }

  @Test(arguments: rankCounts) func tasksAreDoneInGroups(ranks: Int) throws { try runCase("rank-groups", ranks: ranks) }

  @Test(arguments: [(2, 0, Failure.Kind.input), (3, 1, .physics), (5, 4, .notConverged), (8, 3, .inputOutput)])
  func coordinatedFailuresAreSeenByAll(ranks: Int, origin: Int, kind: Failure.Kind) throws {
    let outcome = try TestProcess.run("RankTests", ["fail-together", "\(origin)", "\(kind.rawValue)"], ranks: ranks)
    #expect(outcome.exitCode == kind.rawValue, "\(outcome.report)")
    let seen = outcome.outputLines.sorted()
    #expect(seen == (0..<ranks).map { "seen by \($0): rank \(origin) could not go on, code \(kind.rawValue)" })
    let place = kind == .input ? "" : "[rank \(origin)/\(ranks)] "
    #expect(outcome.messages == ["athermal: \(place)rank \(origin) could not go on"])
    #expect(outcome.seconds < 20)
  }

  @Test(arguments: [(2, 0), (3, 2), (7, 3)]) func aRankThatFailsAloneEndsTheJob(ranks: Int, origin: Int) throws {
    let outcome = try TestProcess.run("RankTests", ["fail-alone", "\(origin)"], ranks: ranks)
    #expect(outcome.exitCode == 4, "\(outcome.report)")
    #expect(outcome.messages == ["athermal: [rank \(origin)/\(ranks)] a particle has left the world"])
    #expect(outcome.seconds < 20)
  }

  @Test(arguments: ["trap", "leave"]) func aRankThatIsGoneEndsTheJob(way: String) throws {
    let outcome = try TestProcess.run("RankTests", [way, "1"], ranks: 3)
    #expect(outcome.exitCode != 0 && outcome.exitCode != 124, "\(outcome.report)")
    if way == "trap" { #expect(outcome.errors.contains("a trap on purpose")) }
    #expect(outcome.seconds < 20)
  }

  @Test func theWatchdogEndsADeadlock() throws {
    let outcome = try TestProcess.run(
      "RankTests", ["deadlock", "1"], ranks: 3, environment: ["ATHERMAL_WATCHDOG": "2"])
    #expect(outcome.exitCode == 1, "\(outcome.report)")
    #expect(!outcome.messages.isEmpty)
    #expect(outcome.messages.allSatisfy { $0.contains("no progress for 2 s in phase 'waiting for rank 1'") })
    #expect(outcome.seconds < 25)
  }
}

@Suite struct HaloTests {
  @Test(arguments: [2, 3]) func ghostsAreImagesOfTheirOwners(dimension: Int) throws {
    _ = try sameLines(["halo", "\(dimension)", dimension == 2 ? "401" : "701"])
  }

  /// An evaluation reuses all its memory, alone and with messages.
  @Test(arguments: [1, 3]) func evaluationsAllocateNothing(ranks: Int) throws {
    _ = try runCase("allocations", ranks: ranks)
  }

  /// So does a step of a flow, unless neighbours are listed again.
  @Test(arguments: ["substrate", "sllod", "pairwise", "overdamped"], [1, 3])
  func stepsOfAFlowAllocateNothing(kind: String, ranks: Int) throws {
    _ = try runCase("flow-allocations", kind, ranks: ranks)
  }

  /// Peak memory counts all that a rank ever held, so an array of global length would show: 200 000 particles take 400
  /// bytes each here, and eight ranks have an eighth of them, a few ghosts, and buffers of MPI for seven partners. 0.35
  /// leaves room for those; a single array of 24 bytes per particle of the whole would add 0.06, the whole system 1.
  @Test func memoryFallsWithRanks() throws {
    let folder = try TestFolder()
    func measure(_ ranks: Int) throws -> [Int] {
      let line = try #require(try runCase("distribution", "200000", folder.file("d.h5"), ranks: ranks).last)
      print("\(ranks) ranks: \(line) kB")
      return line.split(separator: " ").compactMap { Int($0) }
    }
    let one = try measure(1)
    let eight = try measure(8)
    try #require(one.count == 3 && eight.count == 3)
    #expect(one[0] == 200_000)
    #expect(Double(eight[0]) <= 1.3 * 200_000 / 8)
    #expect(eight[1] > 0 && eight[1] < 200_000 / 20)
    #expect(Double(one[2]) * 1024 <= 600 * 200_000, "0.6 kB per particle")
    #expect(Double(eight[2]) <= 0.35 * Double(one[2]), "\(eight[2]) kB of \(one[2])")
  }
}
