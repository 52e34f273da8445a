import Foundation
import Synchronization

/// A sign of life given by each message-passing call, and a watchdog that ends a process which gives none.
///
/// A rank can wait forever for a message that never comes. When nothing has moved for the time limit,
/// the watchdog thread reports the rank and the phase and ends the process without calling MPI; the
/// launcher then ends the other ranks.
public enum Heartbeat {
  private static let beats = Atomic<Int>(0)
  private static let current = Mutex("start")

  @inline(__always)
  public static func beat() { beats.wrappingAdd(1, ordering: .relaxed) }

  /// Sets the phase of the program that the watchdog's message names.
  public static func enter(phase: String) {
    current.withLock { $0 = phase }
    beat()
  }

  public static var phase: String { current.withLock { $0 } }

  /// Starts the watchdog thread; this may happen before MPI starts. `limit` is in seconds; 0 means no watchdog.
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
        // Cap the interval: while this process itself was halted, it could not give a sign of life.
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

  /// Rank and number of ranks as text, such as "3/8", from the environment that the launcher sets: MPI cannot be asked
  /// before it has started.
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
