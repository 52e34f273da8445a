import Foundation
import MessagePassing

/// Plain file operations of the operating system, which report its reason if they fail. Nothing here is collective.
enum FileRange {
  static func failure(_ path: String, _ kind: Failure.Kind = .inputOutput, _ what: String = "") -> Failure {
    Failure(kind, "\(path): \(what)\(String(cString: strerror(errno)))")
  }

  static func byteCount(of path: String) throws -> Int {
    try expectRegular(path)
    return Int(try status(of: path).st_size)
  }

  private static func status(of path: String) throws -> stat {
    var status = stat()
    guard stat(path, &status) == 0 else { throw failure(path, .input, "cannot be read: ") }
    return status
  }

  /// Checks that the path leads to a regular file.
  /// - Throws: an input failure if it does not. Reading from a pipe, for example, could wait forever.
  static func expectRegular(_ path: String) throws {
    let kind = try status(of: path).st_mode & S_IFMT
    if kind == S_IFDIR { throw Failure(.input, "\(path): is a folder; a file is needed") }
    guard kind == S_IFREG else { throw Failure(.input, "\(path): is not a regular file") }
  }

  /// Returns an upper bound for the content of a file. Holes occupy no blocks, so the blocks on disk limit the content.
  /// Compression and delayed writes make their number too small, hence the large factor.
  static func plausibleBytes(of path: String) throws -> Int {
    let status = try status(of: path)
    return min(Int(status.st_size), 64 << 20 + 64 * 512 * Int(status.st_blocks))
  }

  /// Returns the checksum of a part of a file that begins at a multiple of eight bytes.
  static func checksum(of path: String, _ range: Range<Int>) throws -> UInt64 {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { throw failure(path, .input) }
    defer { close(descriptor) }
    var checksum = ContentChecksum()
    var buffer = [UInt8](repeating: 0, count: min(1 << 20, max(8, range.count)))
    var start = range.lowerBound
    while start < range.upperBound {
      let wanted = min(buffer.count, range.upperBound - start)
      buffer.removeLast(buffer.count - wanted)
      try read(descriptor, &buffer, at: start, path)
      buffer.withUnsafeBytes { checksum.add($0, at: start) }
      start += wanted
    }
    return checksum.sum
  }

  /// Returns a part of a file that is small enough for memory.
  static func bytes(of path: String, _ range: Range<Int>) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { throw failure(path, .input) }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: range.count)
    try read(descriptor, &bytes, at: range.lowerBound, path)
    return bytes
  }

  /// Creates or replaces a file with these bytes.
  static func write(_ bytes: [UInt8], to path: String) throws {
    try writing(path, O_TRUNC) { try write(bytes[...], to: $0, at: 0, path) }
  }

  /// Copies parts of a file to places in another file, which is created if it does not exist.
  static func copy(_ path: String, to target: String, _ moves: [(from: Range<Int>, to: Int)]) throws {
    let source = open(path, O_RDONLY)
    guard source >= 0 else { throw failure(path) }
    defer { close(source) }
    try writing(target, 0) { descriptor in
      for (range, place) in moves {
        var buffer = [UInt8](repeating: 0, count: min(1 << 20, range.count))
        var done = 0
        while done < range.count {
          if range.count - done < buffer.count { buffer.removeLast(buffer.count - (range.count - done)) }
          try read(source, &buffer, at: range.lowerBound + done, path)
          try write(buffer[...], to: descriptor, at: place + done, target)
          done += buffer.count
        }
      }
    }
  }

  /// Opens a file for writing, runs `work`, and closes it. Some write errors are reported only on closing.
  private static func writing(_ path: String, _ flags: Int32, _ work: (Int32) throws -> Void) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | flags, 0o666)
    guard descriptor >= 0 else { throw failure(path) }
    do { try work(descriptor) } catch {
      close(descriptor)
      throw error
    }
    guard close(descriptor) == 0 else { throw failure(path) }
  }

  private static func read(_ descriptor: Int32, _ bytes: inout [UInt8], at place: Int, _ path: String) throws {
    var filled = 0
    while filled < bytes.count {
      let wanted = bytes.count - filled
      let count = bytes.withUnsafeMutableBytes {
        pread(descriptor, $0.baseAddress! + filled, wanted, off_t(place + filled))
      }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw failure(path) }
      guard count > 0 else {
        throw Failure(.input, "\(path): ends at byte \(place + filled), before \(place + bytes.count)")
      }
      filled += count
    }
  }

  private static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32, at place: Int, _ path: String) throws {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        pwrite(descriptor, $0.baseAddress! + done, bytes.count - done, off_t(place + done))
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw failure(path) }
      done += count
    }
  }

  /// Flushes a file or folder to the disk.
  static func synchronise(_ path: String) throws {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    // Some file systems cannot do this for folders.
    guard fsync(descriptor) == 0 || errno == EINVAL || errno == EBADF else { throw failure(path) }
  }
}
