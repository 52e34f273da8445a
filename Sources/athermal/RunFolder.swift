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
  ]

  /// Makes the folder, or empties it of an earlier run where the config allows that. Collective.
  /// - Throws: an input failure where the folder has results in it, `.inputOutput` where it cannot be written.
  init(_ path: String, _ configuration: RunConfiguration, over communicator: Communicator) throws {
    self.path = path
    self.communicator = communicator
    try communicator.coordinated {
      guard communicator.isRoot else { return }
      let manager = FileManager.default
      let present = (try? manager.contentsOfDirectory(atPath: path)) ?? []
      if !present.isEmpty {
        guard configuration.output.overwrite else {
          throw Failure(
            .input,
            "\(path) is not empty; name another folder with --output, or replace the run in it with "
              + "--set output.overwrite=true")
        }
        for name in Self.files where present.contains(name) { try manager.removeItem(atPath: "\(path)/\(name)") }
      }
      do {
        try manager.createDirectory(atPath: path, withIntermediateDirectories: true)
        try write(configuration.inputText, to: "input.toml")
        try write(configuration.resolved, to: "resolved.toml")
        try write("", to: "log.jsonl")
        log = FileHandle(forWritingAtPath: "\(path)/log.jsonl")
      } catch {
        throw Failure(.inputOutput, "\(path) cannot be written: \(error.localizedDescription)")
      }
    }
  }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  private func write(_ text: String, to name: String) throws {
    try text.write(toFile: file(name), atomically: true, encoding: .utf8)
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
      do {
        try Self.encoder(pretty: true).encode(content).write(to: URL(fileURLWithPath: file(name)), options: .atomic)
      } catch {
        throw Failure(.inputOutput, "\(file(name)) cannot be written: \(error.localizedDescription)")
      }
    }
  }

  /// Runs a command's work; a failure that all ranks share is left in summary.json before it is passed on.
  func recordingFailure(_ work: () throws -> Int32) throws -> Int32 {
    do { return try work() } catch {
      if let failure = error as? Failure, failure.agreedRank != nil, communicator.isRoot {
        let summary = FailureSummary(exitCode: Int(failure.kind.rawValue), reason: failure.message, wallSeconds: seconds)
        try? Self.encoder(pretty: true).encode(summary).write(to: URL(fileURLWithPath: file("summary.json")))
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
