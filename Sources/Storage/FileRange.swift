import Foundation
import MessagePassing

/// Plain calls of the operating system on files, with its reasons where they fail. Nothing here is collective.
enum FileRange {
  static func failure(_ path: String, _ kind: Failure.Kind = .inputOutput, _ what: String = "") -> Failure {
    Failure(kind, "\(path): \(what)\(String(cString: strerror(errno)))")
  }

  static func byteCount(of path: String) throws -> Int {
    var status = stat()
    guard stat(path, &status) == 0 else { throw failure(path, .input) }
    return Int(status.st_size)
  }

  /// The checksum of a part of a file that begins at a multiple of eight bytes.
  static func checksum(of path: String, _ range: Range<Int>) throws -> UInt64 {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { throw failure(path, .input) }
    defer { close(descriptor) }
    var checksum = ContentChecksum()
    var buffer = [UInt8](repeating: 0, count: min(1 << 20, max(8, range.count)))
    var start = range.lowerBound
    while start < range.upperBound {
      let wanted = min(buffer.count, range.upperBound - start)
      var filled = 0
      while filled < wanted {
        let count = buffer.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress! + filled, wanted - filled, off_t(start + filled)) }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { throw Failure(.input, "\(path): ends at byte \(start + filled), before \(range.upperBound)") }
        filled += count
      }
      buffer.withUnsafeBytes { checksum.add(UnsafeRawBufferPointer(rebasing: $0[..<wanted]), at: start) }
      start += wanted
    }
    return checksum.sum
  }

  /// The first `length` bytes of a file under another name.
  static func copy(_ path: String, to target: String, length: Int) throws {
    let from = open(path, O_RDONLY)
    guard from >= 0 else { throw failure(path) }
    defer { close(from) }
    let to = open(target, O_WRONLY | O_CREAT | O_TRUNC, 0o666)
    guard to >= 0 else { throw failure(target) }
    var isOpen = true
    defer { if isOpen { close(to) } }
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    var left = length
    while left > 0 {
      let count = read(from, &buffer, min(buffer.count, left))
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw Failure(.inputOutput, "\(path): ends \(left) bytes too early") }
      var written = 0
      while written < count {
        let done = buffer.withUnsafeBytes { write(to, $0.baseAddress! + written, count - written) }
        if done < 0 && errno == EINTR { continue }
        guard done > 0 else { throw failure(target) }
        written += done
      }
      left -= count
    }
    isOpen = false
    guard close(to) == 0 else { throw failure(target) }
  }

  /// Brings a file or folder to the disk.
  static func synchronise(_ path: String) throws {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    // Some file systems cannot do this for folders.
    guard fsync(descriptor) == 0 || errno == EINVAL || errno == EBADF else { throw failure(path) }
  }
}
