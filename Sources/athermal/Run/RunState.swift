import Foundation
import MessagePassing
import Storage

/// State of a run, as far as its folder shows.
struct RunState: Encodable {
  enum Stage: String, Encodable {
    case notStarted = "not started"
    /// Another process holds the lock of the folder.
    case running
    /// Suspended in time, with a checkpoint.
    case stopped
    /// Begun, but neither running nor ended: killed, or running on a file system without locks.
    case interrupted
    case failed
    case finished
    /// Finished, but output files are missing.
    case incomplete
  }

  var stage: Stage
  /// Exit code of a run that has ended.
  var exitCode: Int?
  /// Last values of step, temperature or strain in the log.
  var progress: String?
  /// Number and time of the newest checkpoint.
  var checkpoint: String?

  /// Determines the state of the run in a folder, which need not exist.
  init(of folder: String) {
    if Self.isLocked(folder) {
      stage = .running
    } else if !FileManager.default.fileExists(atPath: folder + "/resolved.toml") {
      stage = .notStarted
      return
    } else if let summary = EarlierRun(in: folder).summary {
      exitCode = summary["exit_code"] as? Int ?? 0
      stage =
        switch summary["status"] as? String {
        case "stopped": .stopped
        case "failed": .failed
        default: EarlierRun(in: folder).missingOutputs.isEmpty ? .finished : .incomplete
        }
    } else {
      stage = .interrupted
    }
    progress = Self.progress(folder)
    checkpoint = Self.newestCheckpoint(folder)
  }

  /// Returns whether a run is using the folder. The test takes a shared lock and releases it at once, which does not
  /// disturb a run that waits a moment for the lock.
  private static func isLocked(_ folder: String) -> Bool {
    let descriptor = open(folder, O_RDONLY)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
  }

  private static func json(_ data: some DataProtocol) -> [String: Any]? {
    (try? JSONSerialization.jsonObject(with: Data(data))) as? [String: Any]
  }

  /// Returns the progress from the last complete line of the log that contains a step, temperature or strain.
  static func progress(_ folder: String) -> String? {
    guard let log = FileHandle(forReadingAtPath: folder + "/log.jsonl"), let length = try? log.seekToEnd() else {
      return nil
    }
    let tail = min(length, 1 << 16)
    guard (try? log.seek(toOffset: length - tail)) != nil, let bytes = try? log.readToEnd() else { return nil }
    for line in bytes.split(separator: 0x0a).reversed() {
      guard let entry = json(line) else { continue }
      let known = ["step", "temperature", "strain"].compactMap { word in
        (entry[word] as? NSNumber).map { "\(word) \($0.doubleValue.shown)" }
      }
      if !known.isEmpty { return known.joined(separator: ", ") }
    }
    return nil
  }

  /// Returns number and time of the newest checkpoint of a run, or of any of its replicas or realisations.
  private static func newestCheckpoint(_ folder: String) -> String? {
    let manager = FileManager.default
    let found = EarlierRun(in: folder).checkpointFolders.compactMap { place -> (Date, Int)? in
      guard let number = (try? CheckpointFolder.numbers(in: place))?.last,
        let made = (try? manager.attributesOfItem(atPath: "\(place)/\(String(format: "%06d", number))"))?[
          .modificationDate] as? Date
      else { return nil }
      return (made, number)
    }
    guard let (made, number) = found.max(by: { $0.0 < $1.0 }) else { return nil }
    let format = DateFormatter()
    format.locale = Locale(identifier: "en_US_POSIX")
    format.dateFormat = "yyyy-MM-dd HH:mm:ss"
    return "\(number) of \(format.string(from: made))"
  }
}
