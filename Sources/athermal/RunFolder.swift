import Configuration
import Foundation
import MessagePassing

/// The folder of one run: what was asked, what came out, what it cost. Only rank 0 touches it; the HDF5 files inside are
/// written by all ranks.
final class RunFolder {
  let path: String
  private let communicator: Communicator
  private var log: FileHandle?
  private let started = Date()

  private static let files = [
    "input.toml", "resolved.toml", "log.jsonl", "summary.json", "timing.json", "state.h5", "shear.h5", "trajectory.h5",
    "expand.h5", "yieldmap.h5", "epm.h5", "fields.vtkhdf", "bands.h5",
  ]

  /// Makes the folder, or empties it of an earlier run where the config allows that. Collective.
  /// - Throws: an input failure where the folder has results in it, `.inputOutput` where it cannot be written.
  init(_ path: String, _ configuration: some RunText, over communicator: Communicator) throws {
    self.path = path
    self.communicator = communicator
    try communicator.coordinated {
      guard communicator.isRoot else { return }
      let manager = FileManager.default
      let present = (try? manager.contentsOfDirectory(atPath: path)) ?? []
      if !present.isEmpty {
        guard configuration.mayOverwrite || Self.holdsNothingButAComplaint(path, present) else {
          throw Failure(
            .input,
            "\(path) is not empty; name another folder with --output, or replace the run in it with "
              + "--set output.overwrite=true")
        }
        for name in present where Self.files.contains(name) || Self.isPrepared(name) {
          try manager.removeItem(atPath: "\(path)/\(name)")
        }
        for folder in present where folder.hasPrefix("realisation-") {
          for name in Self.files { unlink("\(path)/\(folder)/\(name)") }
        }
      }
      try WholeFile.makeFolder(path)
      try write(configuration.inputText, to: "input.toml")
      try write(configuration.resolved, to: "resolved.toml")
      try write("", to: "log.jsonl")
      log = FileHandle(forWritingAtPath: "\(path)/log.jsonl")
    }
  }

  /// The files of `prepare`, whose number depends on its config.
  private static func isPrepared(_ name: String) -> Bool {
    name.hasSuffix(".h5") && (name.hasPrefix("state-T") || name.hasPrefix("prepare"))
  }

  /// Whether all that an earlier run left is the message that it could not begin.
  private static func holdsNothingButAComplaint(_ path: String, _ present: [String]) -> Bool {
    guard Set(present) == ["input.toml", "resolved.toml", "log.jsonl", "summary.json"],
      FileManager.default.contents(atPath: "\(path)/log.jsonl")?.isEmpty == true,
      let summary = FileManager.default.contents(atPath: "\(path)/summary.json"),
      let values = try? JSONSerialization.jsonObject(with: summary) as? [String: Any]
    else { return false }
    return values["status"] as? String == "failed"
  }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  private func write(_ text: String, to name: String) throws {
    try WholeFile.write(Data(text.utf8), to: file(name))
  }

  /// Adds a line to log.jsonl. Not collective: rank 0 writes, and a full disk is met by the HDF5 files, collectively.
  func log<Entry: Encodable>(_ entry: Entry) {
    guard communicator.isRoot, let log else { return }
    var line = (try? Self.encoder(pretty: false).encode(entry)) ?? Data()
    line.append(0x0a)
    try? log.write(contentsOf: line)
  }

  /// Writes a JSON file. Collective.
  func write<Content: Encodable>(_ content: Content, as name: String) throws {
    try communicator.coordinated {
      guard communicator.isRoot else { return }
      try WholeFile.write(try Self.encoder(pretty: true).encode(content), to: file(name))
    }
  }

  /// Runs a command's work; a failure that all ranks share is left in summary.json before it is passed on.
  func recordingFailure(_ work: () throws -> Int32) throws -> Int32 {
    do { return try work() } catch {
      if let failure = error as? Failure, failure.agreedRank != nil, communicator.isRoot {
        let summary = FailureSummary(exitCode: Int(failure.kind.rawValue), reason: failure.message, wallSeconds: seconds)
        if let data = try? Self.encoder(pretty: true).encode(summary) { try? WholeFile.write(data, to: file("summary.json")) }
      }
      throw error
    }
  }

  /// Wall time since the run began.
  var seconds: Double { Date().timeIntervalSince(started) }

  private struct FailureSummary: Encodable {
    var status = "failed"
    var exitCode: Int
    var reason: String
    var wallSeconds: Double
    var commit = Build.commit
    var build = Build.text
  }

  static func encoder(pretty: Bool) -> JSONEncoder {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    encoder.outputFormatting = pretty ? [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes] : [.sortedKeys]
    return encoder
  }
}
