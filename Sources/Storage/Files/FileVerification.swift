import Foundation
import MessagePassing

/// Verification that a file still holds what was written to it. One process reads; nothing here is collective.
public enum FileVerification {
  /// Returns the bytes of a small file.
  /// - Throws: an input failure if there is none, or if it is not a regular file.
  public static func bytes(_ path: String) throws -> Data {
    try FileRange.expectRegular(path)
    guard let data = FileManager.default.contents(atPath: path) else {
      throw Failure(.input, "\(path): cannot be read")
    }
    return data
  }

  /// A dataset and the hash of its content.
  public struct Content: Sendable {
    public let name: String
    public let type: String
    public let shape: [Int]
    /// SHA-256 of the numbers, little endian in row-major order, or of the bytes of a text.
    public let sha256: String
  }

  /// Reads an HDF5 file from end to end and verifies it against its own record, if it has one.
  /// - Returns: the number of datasets that were read, and whether the file has a record.
  /// - Throws: an input failure that names the damaged object.
  public static func verifyHDF5(_ path: String) throws -> (datasets: Int, isRecorded: Bool) {
    let file = try HDF5File(path, .examine, over: nil)
    defer { try? file.close() }
    let record = try file.checkedRecord()
    let names = try datasets(in: file)
    for name in names {
      let (_, sum) = try file.contentChecksum(of: name)
      if let expected = record?.datasets[name], sum != expected.checksum {
        throw file.failure("\(name) does not agree with its checksum; the file is damaged")
      }
    }
    return (names.count, record != nil)
  }

  /// Returns all datasets of an HDF5 file by name, with their hashes. The record is omitted: it contains nothing new.
  /// - Throws: an input failure if the file cannot be read.
  public static func contents(_ path: String) throws -> [Content] {
    let file = try HDF5File(path, .examine, over: nil)
    defer { try? file.close() }
    return try datasets(in: file).filter { $0 != HDF5File.recordName }.map { name in
      var reader = Hashing()
      try file.forEachPiece(of: name, &reader)
      return Content(
        name: name, type: try file.typeName(of: name), shape: try file.shape(of: name), sha256: reader.hash.finished())
    }
  }

  /// Whether a file is a single state with a checksum of its own.
  public static func isSealedState(_ path: String) throws -> Bool {
    let file = try HDF5File(path, .examine, over: nil)
    defer { try? file.close() }
    return try file.exists("/particles/trajectory")
      && file.attributeNames(of: "/particles/trajectory").contains("checksum_sha256")
  }

  // MARK: Parts

  private static func datasets(in file: HDF5File) throws -> [String] {
    var names: [String] = []
    try file.forEachObject { name, entry in
      switch entry {
      case .dataset: names.append(name)
      case .elsewhere(let words): throw file.failure("\(name) is \(words)")
      case .group, .type, .known: break
      }
    }
    return names
  }

  private struct Hashing: PieceReader {
    var hash = SHA256()
    mutating func take<Element: HDF5Element>(_ values: [Element], at first: Int) {
      values.withUnsafeBytes { hash.update($0) }
    }
  }
}
