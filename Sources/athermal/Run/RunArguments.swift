import Configuration
import Foundation
import MessagePassing

/// Arguments of the commands that run a config: the config, its overrides, and the folder of the run. For commands that
/// can be resumed, also whether to resume, and the time limit.
struct RunArguments {
  let command: String
  let config: String
  let overrides: [String]
  let folder: String
  /// Whether to resume from a checkpoint if there is one.
  let resumes: Bool
  /// Time at which the process will be ended from outside, if known.
  let end: Date?

  /// Parses the words after the name of a command.
  init(of type: any RunCommand.Type, _ words: [String]) throws {
    let canResume = type.canResume
    let arguments = try Arguments(
      words, options: canResume ? ["--output", "--set", "--resume", "--walltime"] : ["--output", "--set"], plain: 1...1,
      usage: type.usage)
    command = type.name
    config = arguments.plain[0]
    overrides = arguments.values("--set")
    let name = URL(fileURLWithPath: config).deletingPathExtension().lastPathComponent
    folder = arguments.value("--output") ?? "runs/\(name)"
    switch arguments.value("--resume") {
    case nil: resumes = false
    case "auto": resumes = true
    case let other?:
      throw Failure.everywhere(
        .input, "--resume takes 'auto', not '\(other)': the newest valid checkpoint, or a fresh start")
    }
    let limit = try arguments.value("--walltime").map(Self.seconds(walltime:))
    end = canResume ? limit.map { Date(timeIntervalSinceNow: $0 - Self.age) } ?? Self.endOfJob : nil
  }

  /// Returns the seconds of a time in the form "H:MM:SS" or, with days, "D-H:MM:SS".
  static func seconds(walltime text: String) throws -> Double {
    let failure = Failure.everywhere(.input, "--walltime takes hours, minutes and seconds as H:MM:SS, not '\(text)'")
    let halves = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    let parts = halves.last!.split(separator: ":", omittingEmptySubsequences: false)
    let days = halves.count == 2 ? Int(halves[0]) : 0
    let numbers = parts.compactMap { $0.allSatisfy(\.isNumber) ? Int($0) : nil }
    guard parts.count == 3, numbers.count == 3, let days, days >= 0, numbers[1] < 60, numbers[2] < 60 else {
      throw failure
    }
    return Double(((days * 24 + numbers[0]) * 60 + numbers[1]) * 60 + numbers[2])
  }

  /// Seconds since the process began. A time limit counts from there.
  private static var age: Double {
    guard let fields = try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8),
      let uptime = (try? String(contentsOfFile: "/proc/uptime", encoding: .utf8))?.split(separator: " ").first,
      let now = Double(uptime), let close = fields.lastIndex(of: ")"),
      let started = Double(fields[close...].split(separator: " ")[20])
    else { return 0 }
    return max(0, now - started / Double(sysconf(Int32(_SC_CLK_TCK))))
  }

  /// End of the Slurm job, if this process runs in one that tells it.
  private static var endOfJob: Date? {
    ProcessInfo.processInfo.environment["SLURM_JOB_END_TIME"].flatMap(Double.init).map {
      Date(timeIntervalSince1970: $0)
    }
  }
}
