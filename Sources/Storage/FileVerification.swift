import Foundation
import MessagePassing

/// Whether a file holds what was once written to it. One process reads; nothing here is collective.
public enum FileVerification {
  /// A dataset, and what its content hashes to.
  public struct Content: Sendable {
    public let name: String
    public let type: String
    public let shape: [Int]
    /// SHA-256 of the numbers, little endian in row-major order, or of the bytes of a text.
    public let sha256: String
  }

  /// Reads an HDF5 file from end to end and holds it against its own record, where it has one.
  /// - Returns: how many datasets were read, and whether the file has a record to hold them against.
  /// - Throws: an input failure that names what is damaged.
  public static func verifyHDF5(_ path: String) throws -> (datasets: Int, isRecorded: Bool) {
    let file = try HDF5File(path, .read, over: nil)
    defer { try? file.close() }
    let names = try datasets(in: file)
    var record: HDF5Record?
    if try file.isDataset(HDF5File.recordName) {
      let text = try file.readText(HDF5File.recordName)
      record = try? JSONDecoder().decode(HDF5Record.self, from: Data(text.utf8))
      guard record != nil else { throw file.failure("\(HDF5File.recordName) cannot be read; the file is damaged") }
    }
    for (name, expected) in record?.datasets ?? [:] {
      guard try file.isDataset(name), try file.shape(of: name) == expected.shape else {
        throw file.failure("\(name) is missing or has another shape than \(expected.shape); the file is damaged")
      }
    }
    if let words = record?.words {
      let found = try file.wordChecksums()
      if let name = Set(words.keys).union(found.keys).sorted().first(where: { words[$0] != found[$0] }) {
        throw file.failure("\(name) is not what was written; the file is damaged")
      }
    }
    for name in names {
      let (_, sum) = try file.contentChecksum(of: name)
      if let expected = record?.datasets[name], sum != expected.checksum {
        throw file.failure("\(name) does not agree with its checksum; the file is damaged")
      }
    }
    return (names.count, record != nil)
  }

  /// All datasets of an HDF5 file, by name, with their hashes. The record is left out: it says the same in another way.
  /// - Throws: an input failure where the file cannot be read.
  public static func contents(_ path: String) throws -> [Content] {
    let file = try HDF5File(path, .read, over: nil)
    defer { try? file.close() }
    return try datasets(in: file).filter { $0 != HDF5File.recordName }.map { name in
      var reader = Hashing()
      try file.forEachPiece(of: name, &reader)
      return Content(name: name, type: try file.typeName(of: name), shape: try file.shape(of: name), sha256: reader.hash.finished())
    }
  }

  /// Whether a file is a single state with a checksum of its own.
  public static func isSealedState(_ path: String) throws -> Bool {
    let file = try HDF5File(path, .read, over: nil)
    defer { try? file.close() }
    return try file.exists("/particles/trajectory")
      && file.textAttribute("checksum_sha256", of: "/particles/trajectory") != nil
  }

  // MARK: Parts

  private static func datasets(in file: HDF5File) throws -> [String] {
    func visit(_ group: String) throws -> [String] {
      try file.names(in: group).flatMap { name in
        let object = group == "/" ? "/" + name : group + "/" + name
        return try file.isDataset(object) ? [object] : visit(object)
      }
    }
    return try visit("/")
  }

  private struct Hashing: PieceReader {
    var hash = SHA256()
    mutating func take<Element: HDF5Element>(_ values: [Element], at first: Int) {
      values.withUnsafeBytes { hash.update($0) }
    }
  }
}
