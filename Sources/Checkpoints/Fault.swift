import Foundation
import MessagePassing

/// Fault injection, for tests of what a run survives.
///
/// The environment variable `ATHERMAL_FAULT=phase:count:action[:rank]` triggers the action when the rank (0 by default)
/// reaches the phase for the count-th time. Several faults are separated by commas.
///
/// Actions: `kill` (as by kill -9), `stall` (forever), `fail` (as if the disk were full). The phase `safe-point` also
/// has `stop`, which all ranks receive at once and which acts like a signal that asks the run to stop.
///
/// Phases: `safe-point`, and those of ``CheckpointFolder/write(_:)``, `checkpoint.begin` to `checkpoint.end`.
public enum Fault {
  private struct Plan {
    let phase: String
    let action: String
    let rank: Int
    var left: Int
  }

  private static let variable = "ATHERMAL_FAULT"
  private static let asked = (ProcessInfo.processInfo.environment[variable] ?? "").split(separator: ",").map(
    String.init)
  private nonisolated(unsafe) static var plans: [Plan] = asked.compactMap(plan)

  private static let phases = [
    "begin", "write", "verify", "manifest", "synchronise", "rename", "latest", "remove", "end",
  ]
  .map { "checkpoint." + $0 }

  private static func plan(_ text: String) -> Plan? {
    let words = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard (3...4).contains(words.count), let count = Int(words[1]), count > 0,
      let rank = words.count == 3 ? 0 : Int(words[3]),
      words[0] == "safe-point"
        ? ["kill", "stall", "fail", "stop"].contains(words[2])
        : phases.contains(words[0]) && ["kill", "stall", "fail"].contains(words[2])
    else { return nil }
    return Plan(phase: words[0], action: words[2], rank: rank, left: count)
  }

  /// Verifies the syntax of the environment variable.
  /// - Throws: an input failure if it names an unknown phase or action.
  public static func check() throws {
    for text in asked where plan(text) == nil {
      let known = (["safe-point"] + phases).joined(separator: ", ")
      throw Failure.everywhere(
        .input,
        "\(variable) holds '\(text)'; it is phase:count:action[:rank] with a phase of \(known) "
          + "and the action kill, stall, fail, or stop (at a safe-point)")
    }
  }

  /// Counts this arrival and returns the action that is due, if any.
  private static func countArrival(where isMeant: (Plan) -> Bool) -> String? {
    var due: String?
    for k in plans.indices where isMeant(plans[k]) {
      plans[k].left -= 1
      if plans[k].left == 0 { due = plans[k].action }
    }
    return due
  }

  /// Whether the run shall stop at this call. All ranks make the same calls and get the same answer.
  static func requestsStop() -> Bool {
    countArrival { $0.phase == "safe-point" && $0.action == "stop" } != nil
  }

  /// Counts an arrival at a phase and performs the fault that is due. Not collective: a rank may fail here alone.
  public static func trigger(at phase: String, rank: Int) throws {
    switch countArrival(where: { $0.phase == phase && $0.rank == rank && $0.action != "stop" }) {
    case "kill": kill(getpid(), SIGKILL)
    case "stall": while true { sleep(1) }
    case "fail":
      throw Failure(.inputOutput, "\(phase): \(String(cString: strerror(ENOSPC))) (on demand)")
    default: break
    }
  }
}
