import Foundation
import Storage

/// What a folder tells of the run that was there before. Only one rank looks.
struct EarlierRun {
  let path: String
  /// All that is there, but for the config that a sweep puts there before the run begins.
  let present: [String]

  init(in path: String) {
    self.path = path
    present = Self.contents(of: path).filter { $0 != Self.sweepConfig }
  }

  private static func contents(of path: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
  }

  // MARK: Its files

  /// The folder of a run that is about to be replaced.
  static let replaced = "replaced"

  /// The config of a run of a sweep, in its folder.
  static let sweepConfig = "config.toml"

  /// Of JSON and TOML.
  static let texts = ["input.toml", "resolved.toml", "log.jsonl", "summary.json", "timing.json"]

  private static nonisolated(unsafe) let realisation = /realisation-\d{4,}/

  /// Whether a path is that of a file that runs make. The number of those of `prepare` depends on its config.
  static func isOwn(_ path: String) -> Bool {
    let name = path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...]
    return texts.contains(String(name)) || Commands.make(name)
  }

  /// What MPI may leave beside a file that was open when a rank was killed: its name, and more.
  private static func isLeftOver(_ path: String) -> Bool {
    path.hasSuffix(".lock") && path.indices.contains { isOwn(String(path[..<$0])) }
  }

  /// The folders of several realisations.
  var parts: [String] { present.filter { $0.wholeMatch(of: Self.realisation) != nil } }

  /// The files that runs make, also those of parts, relative to the folder.
  var files: [String] { everything.filter(Self.isOwn) }

  /// The files that runs make and the folders of checkpoints: what a run takes with it, relative to the folder.
  var own: [String] {
    files
      + (["checkpoints"] + parts.map { $0 + "/checkpoints" }).filter {
        FileManager.default.fileExists(atPath: "\(path)/\($0)")
      }
  }

  var leftOvers: [String] { everything.filter(Self.isLeftOver) }

  private var everything: [String] {
    present + parts.flatMap { part in Self.contents(of: "\(path)/\(part)").map { "\(part)/\($0)" } }
  }

  // MARK: What it was

  /// The resolved config. After a crash of the machine its file may be empty, or end anywhere; then the checkpoints
  /// know it.
  var config: String? {
    Self.wholeText("\(path)/resolved.toml")
      ?? checkpointFolders.lazy.compactMap { CheckpointFolder.newestConfig(in: $0) }.first
  }

  /// Whether the folder is that of a run, or empty but for what one leaves that ended while it made its folder.
  /// - Parameter inputText: the config that such a run would have begun with.
  func isRun(of inputText: String) -> Bool {
    if present.contains("resolved.toml") || config != nil { return true }
    let names = Set(present).subtracting(["input.toml", "resolved.toml", Self.sweepConfig].map { $0 + ".unfinished" })
    guard names == ["input.toml"] else { return names.isEmpty }
    let text = try? String(contentsOfFile: "\(path)/input.toml", encoding: .utf8)
    return text == inputText || text == ""
  }

  /// Where checkpoints may be: of the run, or of its replicas or realisations.
  var checkpointFolders: [String] {
    let replicas = Self.contents(of: path + "/checkpoints").filter { $0.hasPrefix("replica-") }
    return [path + "/checkpoints"] + replicas.map { "\(path)/checkpoints/\($0)" }
      + parts.map { "\(path)/\($0)/checkpoints" }
  }

  /// Whether there is any that has a number.
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

  /// The files that a run which is done had made and that are not there any more.
  var missingOutputs: [String] {
    let outputs = summary?["outputs"] as? [String] ?? []
    return outputs.filter { !FileManager.default.fileExists(atPath: "\(path)/\($0)") }
  }

  /// Whether it left no result, finished or not.
  var hasNothingToLose: Bool {
    Set(present).isSubset(of: ["input.toml", "resolved.toml", "log.jsonl", "summary.json"])
      && FileManager.default.contents(atPath: "\(path)/log.jsonl")?.isEmpty != false
      && (!present.contains("summary.json") || status == "failed")
  }

  /// Whether all that it left is the message that it could not begin.
  var isNothingButAComplaint: Bool {
    hasNothingToLose && Set(present) == ["input.toml", "resolved.toml", "log.jsonl", "summary.json"]
  }
}
