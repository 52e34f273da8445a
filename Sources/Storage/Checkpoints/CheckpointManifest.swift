import Foundation
import MessagePassing

/// The table of contents of a checkpoint on disk, with sizes and checksums of its files.
///
/// It has two lines of text: the content as JSON, and the SHA-256 of the first line. A reader uses nothing else of a
/// checkpoint before it has verified all files against the manifest.
public struct CheckpointManifest: Codable, Equatable, Sendable {
  struct Column: Codable, Equatable, Sendable {
    enum Kind: String, Codable { case float64, int64, int32 }
    var name: String
    var kind: Kind
    var width: Int
    var rows: Int
  }

  /// Newest version of the format. A program reads all versions up to its own.
  public static let newestVersion = 2
  private static let title = "athermal checkpoint"

  var format = Self.title
  public var version = Self.newestVersion
  /// Number of the checkpoint, which is also the name of its folder.
  public var number: Int
  /// Name of the command to which the checkpoint belongs.
  public var command: String
  /// The resolved configuration, as TOML.
  public var config: String
  /// The program that made the checkpoint.
  public var build: String
  /// Name of the part to which the checkpoint belongs, if the run has several. Nil for a run of one part,
  /// and in old checkpoints without parts.
  public var part: String?
  var columns: [Column]
  var values: [String]
  var files: [FileRecord]

  static let fileName = "MANIFEST"
  static let stateName = "state.h5"

}

// MARK: Text

extension CheckpointManifest {
  func text() throws -> String {
    let line = String(decoding: try JSONCoding.encoder.encode(self), as: UTF8.self)
    return line + "\n" + Self.digest(line) + "\n"
  }

  /// Reads and checks the text of a manifest.
  /// - Throws: an input failure that says what is wrong with the text.
  init(text: [UInt8], path: String) throws {
    func failure(_ what: String) -> Failure { Failure(.input, "\(path): \(what)") }
    let lines = text.split(separator: 0x0a, omittingEmptySubsequences: false)
    guard lines.count == 3, lines[2].isEmpty else {
      throw failure("is not a manifest of two lines; it is damaged or truncated")
    }
    guard lines[1].elementsEqual(Self.digest(lines[0]).utf8) else {
      throw failure("does not agree with its own checksum; it is damaged")
    }
    guard let version = Self.version(line: lines[0]) else { throw failure("is not the manifest of a checkpoint") }
    guard (1...Self.newestVersion).contains(version) else {
      throw failure("is of version \(version), and this program reads up to \(Self.newestVersion)")
    }
    do { self = try JSONCoding.decoder.decode(Self.self, from: Data(lines[0])) } catch {
      throw failure("has missing or wrong entries")
    }
    try check(failure)
  }

  /// Whether a text is an intact manifest that only later programs can read.
  static func isOfLaterVersion(_ text: [UInt8]) -> Bool {
    let lines = text.split(separator: 0x0a)
    guard lines.count == 2, lines[1].elementsEqual(digest(lines[0]).utf8) else { return false }
    return version(line: lines[0]).map { $0 > newestVersion } ?? false
  }

  private static func version(line: ArraySlice<UInt8>) -> Int? {
    struct Head: Decodable {
      var format: String
      var version: Int
    }
    guard let head = try? JSONCoding.decoder.decode(Head.self, from: Data(line)), head.format == title else {
      return nil
    }
    return head.version
  }

  private func check(_ failure: (String) -> Failure) throws {
    guard number > 0, files.contains(where: { $0.name == Self.stateName }) else { throw failure("names no state") }
    // Names become paths, and sizes become allocations.
    for file in files where file.bytes < 0 || file.name.isEmpty || file.name.hasPrefix(".") || file.name.contains("/") {
      throw failure("names a file '\(file.name)' of \(file.bytes) bytes")
    }
    // Names are also keys of dictionaries.
    for names in [files.map(\.name), columns.map(\.name), values] where Set(names).count < names.count {
      throw failure("names something twice")
    }
    let stateBytes = files.first { $0.name == Self.stateName }!.bytes
    for column in columns {
      let (numbers, overflows) = column.rows.multipliedReportingOverflow(by: column.width)
      guard column.rows >= 0, column.width > 0, !overflows, numbers / 2 <= stateBytes else {
        throw failure("has a column '\(column.name)' of \(column.rows) rows of \(column.width)")
      }
    }
  }

  private static func digest(_ line: some Sequence<UInt8>) -> String {
    var hash = SHA256()
    Array(line).withUnsafeBytes { hash.update($0) }
    return hash.finished()
  }

  private static func digest(_ line: String) -> String { digest(line.utf8) }
}
