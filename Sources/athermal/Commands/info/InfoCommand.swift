import Configuration
import Foundation
import MessagePassing
import Storage

/// Description of the contents of a file or a run folder.
struct InfoCommand: Command {
  static let guide = CommandGuide(
    name: "info", arguments: "FILE|FOLDER|--schema", summary: "list the contents of a file or a run folder",
    text: "Lists the contents of a result (HDF5), a file of particles, a run folder, a summary, a log or a config.",
    options: [("--schema", "the datasets of all outputs with their units and meanings, as in Docs/Formats.md")],
    examples: ["athermal info runs/a", "athermal info runs/a/trajectory.h5"])

  /// Path of the file or folder; empty if the columns of all outputs are requested.
  private let path: String

  init(_ words: [String]) throws {
    let usage = "athermal info FILE|FOLDER, or athermal info --schema"
    let arguments = try Arguments(words, options: [], flags: ["--schema"], plain: 0...1, usage: usage)
    guard arguments.has("--schema") != (arguments.plain.count == 1) else {
      throw Failure.everywhere(.input, "usage: \(usage)")
    }
    path = arguments.plain.first ?? ""
  }

  func run(over communicator: Communicator) throws -> Int32 {
    try communicator.coordinated {
      guard communicator.isRoot else { return }
      if !path.isEmpty {
        print(try description())
      } else {
        print(Self.schemas.map { "\($0.title)\n\n\($0.table)" }.joined(separator: "\n\n"))
      }
    }
    return 0
  }

  /// Datasets of the outputs of all commands: a title and a table in Markdown for each.
  static var schemas: [(title: String, table: String)] {
    Commands.all.flatMap { command in
      command.schemas.map { file, rows, schema in
        let place = schema.isTable || schema.place.isEmpty ? "/\(schema.place)" : "/\(schema.place)/…"
        let kind = "`\(place)` of \(file)"
        return (kind, schema.markdown(rows: rows))
      }
    }
  }

  private func description() throws -> String {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw Failure(.input, "\(path): No such file or directory")
    }
    if isFolder.boolValue { return try folder() }
    if path.hasSuffix(".json") { return try "\(path): JSON\n" + Self.lines(of: Self.object(text(), path)) }
    if path.hasSuffix(".jsonl") { return try log() }
    if path.hasSuffix(".toml") { return try "\(path): a config\n" + TomlText.outline(of: text(), path: path) }
    return try FileSummary.describe(path: path)
  }

  // MARK: Folders

  private func folder() throws -> String {
    let run = EarlierRun(in: path)
    let state = RunState(of: path)
    guard state.stage != .notStarted || !run.files.isEmpty else {
      let inner = run.present.sorted().filter { RunState(of: "\(path)/\($0)").stage != .notStarted }
      guard inner.isEmpty else {
        return "\(path): a folder of \(inner.count) runs\n"
          + inner.map { "  \($0): \(RunState(of: "\(path)/\($0)").stage.rawValue)" }.joined(separator: "\n")
      }
      throw Failure(.input, "\(path): is no run folder: it has no resolved.toml")
    }
    if run.present.contains("MANIFEST") {
      return "\(path): a checkpoint; athermal verify \(path) tells its run and whether it is complete"
    }
    // A folder of an ensemble, or of one of several realisations, is no run of its own.
    let kind = state.stage == .notStarted ? "results without a config of their own" : "a run, \(state.stage.rawValue)"
    var lines = ["\(path): \(kind)" + (state.exitCode.map { $0 == 0 ? "" : " with exit code \($0)" } ?? "")]
    if state.stage == .finished || state.stage == .failed || state.stage == .stopped || state.stage == .notStarted,
      let summary = run.summary
    {
      lines.append(
        Self.lines(of: summary.filter { $0.key != "outputs" && $0.key != "exit_code" && $0.key != "status" }))
    } else if let progress = state.progress {
      lines.append("  the log ends at \(progress)")
    }
    if let checkpoint = state.checkpoint { lines.append("  newest checkpoint: \(checkpoint)") }
    let missing = run.missingOutputs
    if !missing.isEmpty { lines.append("  missing, though the run had made them: " + missing.joined(separator: ", ")) }
    lines.append("files")
    for name in run.files.sorted() {
      let size = (try? FileManager.default.attributesOfItem(atPath: "\(path)/\(name)"))?[.size] as? Int ?? 0
      lines.append("  \(name)  \(ParticleDemand.bytes(Double(size)))")
    }
    return lines.joined(separator: "\n")
  }

  // MARK: Texts

  /// Largest size of a text file, in bytes. The texts of a run are small.
  private static let longest = 1 << 30

  private func text() throws -> String {
    let size = (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int ?? 0
    guard size <= Self.longest else { throw Failure(.input, "\(path): has \(size) bytes; it is no text of athermal") }
    guard let text = String(data: try FileVerification.bytes(path), encoding: .utf8) else {
      throw Failure(.input, "\(path): is not text in UTF-8")
    }
    return text
  }

  private static func object(_ text: String, _ place: String) throws -> Any {
    guard let value = try? JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed) else {
      throw Failure(.input, "\(place): is not JSON; it is damaged, or another file")
    }
    return value
  }

  /// Returns the scalars of an object, one per line; for lists and objects, their size.
  private static func lines(of value: Any) -> String {
    guard let object = value as? [String: Any] else { return "  " + word(value) }
    let width = min(32, object.keys.map(\.count).max() ?? 0)
    return object.keys.sorted().map { key in
      "  " + key + String(repeating: " ", count: max(1, width + 1 - key.count)) + word(object[key]!)
    }.joined(separator: "\n")
  }

  private static func word(_ value: Any) -> String {
    switch value {
    case let text as String: text
    case let list as [Any] where list.count <= 9 && list.allSatisfy({ !($0 is [String: Any]) }):
      "[" + list.map(word).joined(separator: ", ") + "]"
    case let list as [Any]: "a list of \(list.count)"
    case let object as [String: Any]: "{ " + object.keys.sorted().joined(separator: ", ") + " }"
    case let number as NSNumber: "\(number)"
    default: "null"
    }
  }

  private func log() throws -> String {
    let lines = try text().split(separator: "\n")
    guard let last = lines.last else { return "\(path): a log without lines" }
    let objects = try lines.enumerated().map {
      try Self.object(String($1), "\(path):\($0 + 1)") as? [String: Any] ?? [:]
    }
    let events = objects.count { $0["event"] != nil }
    return try "\(path): a log of \(lines.count) lines" + (events > 0 ? ", \(events) of them events" : "")
      + "; the last one\n"
      + Self.lines(of: Self.object(String(last), "\(path):\(lines.count)"))
  }
}
