import Checkpoints
import MessagePassing

/// The record of a complete file, by which others can verify it to the last byte.
public struct FileRecord: Codable, Equatable, Sendable {
  /// Name relative to the folder of the owner of the record.
  public var name: String
  public var bytes: Int
  /// The bits of a ``ContentChecksum`` of the bytes.
  public var checksum: Int64

  init(name: String, bytes: Int, checksum: Int64) {
    self.name = name
    self.bytes = bytes
    self.checksum = checksum
  }

  /// Records a file as it is now. Collective.
  /// - Throws: an input failure if it does not exist.
  public init(of name: String, in folder: String, over communicator: Communicator) throws {
    let path = folder + "/" + name
    let bytes = try communicator.coordinated { try FileRange.byteCount(of: path) }
    self.init(name: name, bytes: bytes, checksum: try Self.checksum(of: path, bytes: bytes, over: communicator))
  }

  /// Flushes a file to the disk and records it, for a checkpoint that relies on it. Collective.
  public init(finished name: String, in folder: String, over communicator: Communicator) throws {
    // Each rank must do this: on a shared file system each machine has its own cache.
    try communicator.coordinated { try FileRange.synchronise(folder + "/" + name) }
    try self.init(of: name, in: folder, over: communicator)
  }

  /// Verifies the file against the record. Collective.
  /// - Throws: an input failure that names the file, if it is missing or differs.
  public func check(in folder: String, over communicator: Communicator) throws {
    let path = folder + "/" + name
    try communicator.coordinated {
      let found = try FileRange.byteCount(of: path)
      guard found == bytes else {
        throw Failure(.input, "\(path): has \(found) bytes, not \(bytes); it is truncated or damaged")
      }
    }
    guard try Self.checksum(of: path, bytes: bytes, over: communicator) == checksum else {
      throw Failure.everywhere(.input, "\(path): does not agree with its checksum; it is damaged")
    }
  }

  /// Returns the checksum of a file, of which each rank reads a share. Collective.
  private static func checksum(of path: String, bytes: Int, over communicator: Communicator) throws -> Int64 {
    let words = RowShares((bytes + 7) / 8, over: communicator).own
    let first = 8 * words.lowerBound
    let own = try communicator.coordinated {
      try FileRange.checksum(of: path, first..<max(first, min(bytes, 8 * words.upperBound)))
    }
    return Int64(bitPattern: try communicator.reduce(own, .sum))
  }
}
