import Checkpoints
import MessagePassing

/// A file that is complete: what it must look like to the last byte for others to rely on it.
public struct FileRecord: Codable, Equatable, Sendable {
  /// Relative to the folder of whoever keeps the record.
  public var name: String
  public var bytes: Int
  /// The bits of a ``ContentChecksum`` of its bytes.
  public var checksum: Int64

  init(name: String, bytes: Int, checksum: Int64) {
    self.name = name
    self.bytes = bytes
    self.checksum = checksum
  }

  /// Of a file as it is now. Collective.
  /// - Throws: an input failure where there is none.
  public init(of name: String, in folder: String, over communicator: Communicator) throws {
    let path = folder + "/" + name
    let bytes = try communicator.coordinated { try FileRange.byteCount(of: path) }
    self.init(name: name, bytes: bytes, checksum: try Self.checksum(of: path, bytes: bytes, over: communicator))
  }

  /// The same after the file was brought to the disk, for a checkpoint that will say that it need not be made again.
  /// Collective.
  public init(finished name: String, in folder: String, over communicator: Communicator) throws {
    // Each rank, since on a shared file system each machine has a cache of its own.
    try communicator.coordinated { try FileRange.synchronise(folder + "/" + name) }
    try self.init(of: name, in: folder, over: communicator)
  }

  /// Holds the file against the record. Collective.
  /// - Throws: an input failure that names the file, where it is missing or differs.
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

  /// Ranks share the bytes. Collective.
  private static func checksum(of path: String, bytes: Int, over communicator: Communicator) throws -> Int64 {
    let words = RowShares((bytes + 7) / 8, over: communicator).own
    let first = 8 * words.lowerBound
    let own = try communicator.coordinated {
      try FileRange.checksum(of: path, first..<max(first, min(bytes, 8 * words.upperBound)))
    }
    return Int64(bitPattern: try communicator.reduce(own, .sum))
  }
}
