import Foundation
import MessagePassing

/// This rank's share of a text file: the lines that begin in its slice of the bytes,
/// with their numbers in the whole file.
struct TextSlice {
  /// Largest length of a line, in bytes. It bounds the memory of a rank; a file with longer lines is of another kind.
  private static let longestLine = 1 << 20

  let path: String
  /// Number of the first line of the share, from 1.
  let firstLine: Int
  /// Whole lines, each with its line end.
  private let bytes: [UInt8]

  /// Reads this rank's share of a file. Collective.
  /// - Throws: `.input` if the file cannot be read or is no text.
  init(_ path: String, over communicator: Communicator) throws {
    self.path = path
    let bytes = try communicator.coordinated {
      try Self.read(path, share: communicator.rank, of: communicator.size)
    }
    let lineCount = bytes.reduce(0) { $1 == 0x0a ? $0 + 1 : $0 }
    firstLine = 1 + (try communicator.exclusiveSum(lineCount))
    self.bytes = bytes
  }

  /// Returns the lines that begin in the given share of the bytes of a file.
  static func read(_ path: String, share: Int, of shares: Int) throws -> [UInt8] {
    func failure(_ what: String) -> Failure { Failure(.input, "\(path): \(what)") }
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { throw failure("cannot be read: \(String(cString: strerror(errno)))") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure("cannot be read: \(String(cString: strerror(errno)))") }
    guard status.st_mode & S_IFMT == S_IFREG else { throw failure("is not a regular file") }
    let size = Int(status.st_size)
    guard size > 0 else { throw failure("is empty") }
    let start = size * share / shares
    let end = size * (share + 1) / shares

    func load(_ range: Range<Int>) throws -> [UInt8] {
      try [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
        while count < range.count {
          let got = pread(descriptor, buffer.baseAddress! + count, range.count - count, off_t(range.lowerBound + count))
          if got < 0 && errno == EINTR { continue }
          if got < 0 { throw failure("cannot be read: \(String(cString: strerror(errno)))") }
          if got == 0 { throw failure("became shorter while it was read") }
          count += got
        }
      }
    }

    // A line that is incomplete at the start belongs to the previous rank. The last line is completed beyond the end.
    var bytes = start < end ? try load(max(0, start - 1)..<end) : []
    if start > 0 {
      let first = bytes.firstIndex(of: 0x0a).map { $0 + 1 } ?? bytes.count
      bytes.removeFirst(first)
    }
    var next = end
    var tail = 0
    while let last = bytes.last, last != 0x0a {
      if next == size {
        bytes.append(0x0a)
        break
      }
      guard tail < longestLine else { throw failure("has a line of more than \(longestLine) bytes: not a text file") }
      let more = try load(next..<min(size, next + 4096))
      let used = more.firstIndex(of: 0x0a).map { $0 + 1 } ?? more.count
      bytes += more[..<used]
      next += used
      tail += used
    }
    // Remove a byte order mark, which may extend into the share of the next rank.
    if start == 0, bytes.starts(with: [0xef, 0xbb, 0xbf]) { bytes.removeFirst(3) }
    if bytes.contains(0) { throw failure("contains zero bytes: not a text file (UTF-8 is expected)") }
    return bytes
  }

  /// Visits the lines of this rank in order.
  func forEachLine(_ body: (TextLine) throws -> Void) rethrows {
    try bytes.withUnsafeBufferPointer { buffer in
      var number = firstLine
      var start = 0
      while start < buffer.count {
        var end = start
        while buffer[end] != 0x0a { end += 1 }
        let visible = end > start && buffer[end - 1] == 0x0d ? end - 1 : end
        try body(
          TextLine(path: path, number: number, bytes: UnsafeBufferPointer(rebasing: buffer[start..<visible])))
        number += 1
        start = end + 1
      }
    }
  }

  /// Returns the text of one line on all ranks, or nil if the file has fewer lines. Collective.
  func line(_ number: Int, over communicator: Communicator) throws -> String? {
    var own: String?
    forEachLine { if $0.number == number { own = $0.text } }
    let holder = try communicator.reduce(own == nil ? communicator.size : communicator.rank, .minimum)
    guard holder < communicator.size else { return nil }
    return try communicator.broadcast(own ?? "", from: holder)
  }
}
