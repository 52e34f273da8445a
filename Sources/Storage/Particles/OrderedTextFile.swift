import Foundation
import MessagePassing

/// A text file to which the ranks write their lines one after the other. No rank holds the
/// whole text, nor all of its own part.
///
/// The file is written under another name and renamed when it is complete, so a file
/// with the final name is never a part.
final class OrderedTextFile {
  private let path: String
  private let communicator: Communicator
  private var unfinished: String { FinishedFile.unfinished(path) }
  private var isBegun = false

  /// Number of bytes that are written at once.
  private static let piece = 1 << 20

  init(_ path: String, over communicator: Communicator) {
    self.path = path
    self.communicator = communicator
  }

  /// Writes a file of one part. Collective.
  /// - Throws: `.inputOutput`, on all ranks.
  static func write(
    _ path: String, header: String, lines: Int, over communicator: Communicator, _ line: (Int) -> String
  ) throws {
    let file = OrderedTextFile(path, over: communicator)
    try file.append(header: header, lines: lines, line)
    try file.finish()
  }

  /// Appends the header of the root, and then the lines of all ranks in their order. Collective.
  ///
  /// A rank opens the file after the previous rank has closed it, so that network file systems see the parts in order.
  /// - Throws: `.inputOutput`, on all ranks; nothing of the file is then left.
  func append(header: String, lines: Int, _ line: (Int) -> String) throws {
    var own: Failure?
    var isWriting = true
    if communicator.rank > 0 {
      isWriting = try communicator.receive(Int32.self, count: 1, from: communicator.rank - 1)[0] == 1
    }
    if isWriting {
      do {
        try write(communicator.isRoot ? header : "", lines, line)
      } catch { own = error as? Failure ?? Failure(.inputOutput, "\(path): \(error)") }
    }
    if communicator.rank + 1 < communicator.size {
      try communicator.send([Int32(isWriting && own == nil ? 1 : 0)], to: communicator.rank + 1)
    }
    do { try communicator.agree(on: own) } catch {
      if communicator.isRoot { unlink(unfinished) }
      throw error
    }
    isBegun = true
  }

  /// Gives the file its final name. Collective.
  func finish() throws {
    try FinishedFile.make(path, over: communicator) { _ in }
  }

  private func failure() -> Failure {
    Failure(.inputOutput, "\(path): cannot be written: \(String(cString: strerror(errno)))")
  }

  private func write(_ header: String, _ lines: Int, _ line: (Int) -> String) throws {
    let isFirst = communicator.isRoot && !isBegun
    let descriptor = open(unfinished, O_WRONLY | O_CREAT | (isFirst ? O_TRUNC : O_APPEND), 0o666)
    guard descriptor >= 0 else { throw failure() }
    var isOpen = true
    defer { if isOpen { close(descriptor) } }
    var bytes = Array(header.utf8)
    for k in 0..<lines {
      bytes += line(k).utf8
      bytes.append(0x0a)
      if bytes.count >= Self.piece {
        try write(bytes, descriptor)
        bytes.removeAll(keepingCapacity: true)
      }
    }
    try write(bytes, descriptor)
    isOpen = false
    guard close(descriptor) == 0 else { throw failure() }
  }

  private func write(_ bytes: [UInt8], _ descriptor: Int32) throws {
    try bytes.withUnsafeBytes { buffer in
      var done = 0
      while done < buffer.count {
        let count = Foundation.write(descriptor, buffer.baseAddress! + done, buffer.count - done)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { throw failure() }
        done += count
      }
    }
  }
}
