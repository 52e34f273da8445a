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

  /// Starts the watchdog thread. `limit` is in seconds; 0 switches it off.
  public static func startWatchdog(limit: Double, rank: Int, size: Int) {
    guard limit > 0 else { return }
    let thread = Thread {
      var seen = beats.load(ordering: .relaxed)
      var since = Date()
      while true {
        Thread.sleep(forTimeInterval: min(limit / 4, 5))
        let now = beats.load(ordering: .relaxed)
        if now != seen {
          seen = now
          since = Date()
        } else if Date().timeIntervalSince(since) > limit {
          let text =
            "athermal: [rank \(rank)/\(size)] no progress for \(Int(limit)) s in phase '\(phase)': ending the job. "
            + "Set ATHERMAL_WATCHDOG to a longer time in seconds, or 0 to switch the watchdog off.\n"
          StandardError.write(text)
          _exit(1)
        }
      }
    }
    thread.name = "watchdog"
    thread.start()
  }
}
