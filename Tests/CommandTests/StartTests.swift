import Foundation
import TestTools
import Testing

/// What comes while a run starts, before MPI is there.
@Suite(.serialized) struct StartTests {
  let folder = try! TestFolder()

  private func start(_ environment: [String: String], ranks: Int) throws -> TestProcess {
    try folder.file("a.toml", Samples.config.replacing("final_strain = 3e-3", with: "final_strain = 3.0"))
    return try TestProcess(
      "athermal", ["shear", "a.toml", "--output", "run"], ranks: ranks, in: folder.path, environment: environment,
      limit: 100)
  }

  /// The processes of the ranks, as soon as all are there.
  private func ranks(of process: TestProcess, _ count: Int) throws -> [Int32] {
    for _ in 0..<10000 {
      let there = process.ranks(of: "athermal")
      if there.count == count { return there }
      usleep(2000)
    }
    Issue.record("the ranks did not start")
    return []
  }

  /// A node may stall while a job starts: the others must not wait for it until the end of the allocation.
  @Test func aRankThatIsHaltedWhileMPIStartsEndsTheJob() throws {
    let process = try start(["ATHERMAL_WATCHDOG": "8"], ranks: 3)
    let all = try ranks(of: process, 3)
    if let last = all.last { kill(last, SIGSTOP) }
    let outcome = try process.wait()
    #expect(outcome.exitCode == 1, "\(outcome.report)")
    #expect(
      !outcome.messages.isEmpty && outcome.messages.allSatisfy { $0.contains("no progress for 8 s in phase") },
      "\(outcome.report)")
    #expect(outcome.messages.allSatisfy { $0.contains("/3] ") })
  }

  /// A request to stop that comes while MPI starts is kept for the run.
  @Test(arguments: [SIGUSR1, SIGTERM]) func aSignalWhileMPIStartsIsKept(_ signal: Int32) throws {
    let process = try start([:], ranks: 2)
    // The handler is there when the program has come to MPI, which maps its shared memory.
    let all = try ranks(of: process, 2)
    for _ in 0..<5000 where !all.allSatisfy(Self.listens(to: signal)) { usleep(1000) }
    for rank in all { kill(rank, signal) }
    let outcome = try process.wait()
    #expect(outcome.exitCode == 75, "\(outcome.report)")
  }

  /// Whether a process has a handler for a signal.
  private static func listens(to signal: Int32) -> (Int32) -> Bool {
    { pid in
      guard let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8),
        let line = status.split(separator: "\n").first(where: { $0.hasPrefix("SigCgt:") }),
        let caught = UInt64(line.dropFirst(7).trimmingCharacters(in: .whitespaces), radix: 16)
      else { return false }
      return caught >> UInt64(signal - 1) & 1 == 1
    }
  }
}
