import Foundation
import Storage

/// State of a run folder before this run: its files, its config, and how the earlier run ended. Only one rank reads it.
struct EarlierRun {
  let path: String
  /// Names of all files and folders in it, except for the config that a sweep writes before the run begins.
  let present: [String]

  init(in path: String) {
    self.path = path
    present = Self.contents(of: path).filter { $0 != Self.sweepConfig }
  }

  private static func contents(of path: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
  }

  // MARK: Its files

  /// Name of the folder that temporarily holds a run that is being replaced.
  static let replaced = "replaced"

  /// Name of the config of a run of a sweep, in the folder of the run.
  static let sweepConfig = "config.toml"

  /// Names of the JSON and TOML files of every run.
  static let texts = ["input.toml", "resolved.toml", "log.jsonl", "summary.json", "timing.json"]

  private static nonisolated(unsafe) let realisation = /realisation-\d{4,}/

  /// Returns whether a path has the name of a file that runs make. The names of the files of
  /// `prepare` depend on its config.
  static func isOwn(_ path: String) -> Bool {
    let name = path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...]
    return texts.contains(String(name)) || Commands.make(name)
  }

  /// Returns whether a path has the name of a lock file, which MPI may leave when a rank is killed while a file is
  /// open: the name of that file, with a suffix.
  private static func isStaleLock(_ path: String) -> Bool {
    path.hasSuffix(".lock") && path.indices.contains { isOwn(String(path[..<$0])) }
  }

  /// Folders of the realisations, if there are several.
  var parts: [String] { present.filter { $0.wholeMatch(of: Self.realisation) != nil } }

  /// Files that runs make, including those of realisations, relative to the folder.
  var files: [String] { everything.filter(Self.isOwn) }

  /// Files that runs make and the folders of checkpoints, relative to the folder. A run that
  /// replaces this one removes them.
  var own: [String] {
    files
      + (["checkpoints"] + parts.map { $0 + "/checkpoints" }).filter {
        FileManager.default.fileExists(atPath: "\(path)/\($0)")
      }
  }

  var staleLocks: [String] { everything.filter(Self.isStaleLock) }

  private var everything: [String] {
    present + parts.flatMap { part in Self.contents(of: "\(path)/\(part)").map { "\(part)/\($0)" } }
  }

  // MARK: What it was

  /// Resolved config. After a crash of the machine its file may be empty or truncated; then it
  /// is read from the checkpoints.
  var config: String? {
    Self.wholeText("\(path)/resolved.toml")
      ?? checkpointFolders.lazy.compactMap { CheckpointFolder.newestConfig(in: $0) }.first
  }

  /// Returns whether this is the folder of a run. That is also true if a run died while it was creating the
  /// folder and left it nearly empty.
  /// - Parameter inputText: the config with which such a run would have begun.
  func isRun(of inputText: String) -> Bool {
    if present.contains("resolved.toml") || config != nil { return true }
    let names = Set(present).subtracting(["input.toml", "resolved.toml", Self.sweepConfig].map { $0 + ".unfinished" })
    guard names == ["input.toml"] else { return names.isEmpty }
    let text = try? String(contentsOfFile: "\(path)/input.toml", encoding: .utf8)
    return text == inputText || text == ""
  }

  /// Folders that may contain checkpoints: of the run, or of its replicas or realisations.
  var checkpointFolders: [String] {
    let replicas = Self.contents(of: path + "/checkpoints").filter { $0.hasPrefix("replica-") }
    return [path + "/checkpoints"] + replicas.map { "\(path)/checkpoints/\($0)" }
      + parts.map { "\(path)/\($0)/checkpoints" }
  }

  /// Whether there is at least one numbered checkpoint.
  var hasCheckpoints: Bool { checkpointFolders.contains { (try? CheckpointFolder.numbers(in: $0))?.isEmpty == false } }

  private static func wholeText(_ path: String) -> String? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8), text.hasSuffix("\n") else { return nil }
    return text
  }

  // MARK: How it ended

  var summary: [String: Any]? {
    FileManager.default.contents(atPath: path + "/summary.json").flatMap {
      (try? JSONSerialization.jsonObject(with: $0)) as? [String: Any]
    }
  }

  var status: String? { summary?["status"] as? String }

  /// Output files of a complete run that no longer exist.
  var missingOutputs: [String] {
    let outputs = summary?["outputs"] as? [String] ?? []
    return outputs.filter { !FileManager.default.fileExists(atPath: "\(path)/\($0)") }
  }

  /// Whether the earlier run left no result, finished or not.
  var hasNothingToLose: Bool {
    Set(present).isSubset(of: ["input.toml", "resolved.toml", "log.jsonl", "summary.json"])
      && FileManager.default.contents(atPath: "\(path)/log.jsonl")?.isEmpty != false
      && (!present.contains("summary.json") || status == "failed")
  }

  /// Whether the earlier run left nothing but a message that it could not begin.
  var isNothingButAComplaint: Bool {
    hasNothingToLose && Set(present) == ["input.toml", "resolved.toml", "log.jsonl", "summary.json"]
  }
}
