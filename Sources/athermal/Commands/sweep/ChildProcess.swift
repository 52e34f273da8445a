import Checkpoints
import Foundation
import MessagePassing

/// A program that this one starts and waits for. It gets the environment with which this program was started: the
/// variables that MPI has added since would make mpirun believe that it runs inside of a job.
enum ChildProcess {
  /// Runs a program to its end. A request to stop is passed on as SIGUSR1, which a run understands as such. The signal
  /// is repeated, since at first a launcher may not have any ranks to forward it to.
  /// - Returns: its exit code; 128 + n if signal n ended it.
  /// - Throws: an input failure if there is no such program.
  static func run(_ words: [String]) throws -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    // The child starts with no signal blocked: a launcher that cannot receive the signal to stop would continue.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var pid: pid_t = 0
    let arguments = words.map { strdup($0) } + [nil]
    let environment = Self.environment.map { strdup($0) } + [nil]
    defer { for text in arguments + environment { free(text) } }
    let code = posix_spawnp(&pid, words[0], &actions, &attributes, arguments, environment)
    guard code == 0 else {
      throw Failure.everywhere(.input, "\(words[0]): cannot be started: \(String(cString: strerror(code)))")
    }
    var passedOn = Date.distantPast
    var status: Int32 = 0
    while true {
      let ended = waitpid(pid, &status, WNOHANG)
      guard ended == 0 || (ended < 0 && errno == EINTR) else { break }
      if StopSignal.hasCome, passedOn.timeIntervalSinceNow < -1 {
        kill(pid, SIGUSR1)
        passedOn = Date()
      }
      Heartbeat.enter(phase: "waiting for \(words[0])")
      usleep(50_000)
    }
    let signal = status & 0x7f
    return signal == 0 ? (status >> 8) & 0xff : 128 + signal
  }

  private static var environment: [String] {
    let initial = FileManager.default.contents(atPath: "/proc/self/environ") ?? Data()
    return initial.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }
}
