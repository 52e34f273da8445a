import Foundation
import MessagePassing

/// Faults on demand, for tests of what a run survives: `ATHERMAL_FAULT=phase:count:action[:rank]` does the action when
/// the rank (0 unless it is given) comes to the phase for the count-th time. Several of them stand with commas between
/// them.
///
/// Actions: `kill` (as by kill -9), `stall` (for ever), `fail` (as if the disk were full). At the phase `safe-point`
/// there is also `stop`, the same as a signal that asks for it, which all ranks get at once.
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

  /// - Throws: an input failure where the variable asks for what there is not.
  public static func check() throws {
    for text in asked where plan(text) == nil {
      throw Failure.everywhere(
        .input,
        "\(variable) holds '\(text)'; it is phase:count:action[:rank] with a phase of \((["safe-point"] + phases).joined(separator: ", ")) "
          + "and the action kill, stall, fail, or stop (at a safe-point)")
    }
  }

  /// Counts this arrival; the action that is due, if one is.
  private static func arrive(where isMeant: (Plan) -> Bool) -> String? {
    var due: String?
    for k in plans.indices where isMeant(plans[k]) {
      plans[k].left -= 1
      if plans[k].left == 0 { due = plans[k].action }
    }
    return due
  }

  /// Whether this call of many, which all ranks make alike, is the one at which the run shall stop.
  static func asksToStop() -> Bool {
    arrive { $0.phase == "safe-point" && $0.action == "stop" } != nil
  }

  /// Not collective: a rank that fails here does so alone.
  public static func reach(_ phase: String, rank: Int) throws {
    switch arrive(where: { $0.phase == phase && $0.rank == rank && $0.action != "stop" }) {
    case "kill": kill(getpid(), SIGKILL)
    case "stall": while true { sleep(1) }
    case "fail":
      throw Failure(.inputOutput, "\(phase): \(String(cString: strerror(ENOSPC))) (on demand)")
    default: break
    }
  }
}
