import Foundation
import Synchronization

/// A sign of life that each message-passing call gives, and the watchdog that ends a process which gives none.
///
/// A rank can wait for ever for a message that never comes. The watchdog thread sees that nothing has moved for its
/// limit, says on which rank and in which phase, and ends the process without touching MPI; the launcher then ends the
/// others.
public enum Heartbeat {
  private static let beats = Atomic<Int>(0)
  private static let current = Mutex("start")

  @inline(__always)
  public static func beat() { beats.wrappingAdd(1, ordering: .relaxed) }

  /// Names what the program is doing, for the watchdog's message.
  public static func enter(phase: String) {
    current.withLock { $0 = phase }
    beat()
  }

  public static var phase: String { current.withLock { $0 } }

  /// Starts the watchdog thread, which may be before MPI starts. `limit` is in seconds; 0 switches it off.
  public static func startWatchdog(limit: Double) {
    guard limit > 0 else { return }
    let clock = SuspendingClock()
    let interval = min(limit / 4, 5)
    let thread = Thread {
      var seen = beats.load(ordering: .relaxed)
      var looked = clock.now
      // Seconds without a sign of life.
      var quiet = 0.0
      while true {
        Thread.sleep(forTimeInterval: interval)
        let now = clock.now
        // While this process itself was halted nobody could give any.
        quiet += min((now - looked) / .seconds(1), 2 * interval)
        looked = now
        let count = beats.load(ordering: .relaxed)
        if count != seen {
          seen = count
          quiet = 0
        } else if quiet > limit {
          StandardError.write(
            "athermal: [rank \(launcher)] no progress for \(Int(limit)) s in phase '\(phase)': ending the job. "
              + "Set ATHERMAL_WATCHDOG to a longer time in seconds, or 0 to switch the watchdog off.\n")
          _exit(1)
        }
      }
    }
    thread.name = "watchdog"
    thread.start()
  }

  /// Rank and number of ranks, "3/8", as whoever started this process tells it: MPI cannot be asked before it has
  /// started.
  private static let launcher: String = {
    let environment = ProcessInfo.processInfo.environment
    for (rank, size) in [
      ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"), ("SLURM_PROCID", "SLURM_NTASKS"), ("PMIX_RANK", ""),
    ] {
      if let number = environment[rank] { return number + (environment[size].map { "/" + $0 } ?? "") }
    }
    return "0/1"
  }()
}
