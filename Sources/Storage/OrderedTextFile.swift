import Foundation
import MessagePassing

/// A text file that ranks write one after the other, each its own part: no rank holds the whole text.
enum OrderedTextFile {
  /// Writes the header of the root and then the parts in rank order. Collective.
  ///
  /// A rank opens the file when the rank before has closed it, so that network file systems see the parts in order.
  /// - Throws: `.inputOutput`, on all ranks.
  static func write(_ path: String, header: String, part: [UInt8], over communicator: Communicator) throws {
    var own: Failure?
    var isWriting = true
    if communicator.rank > 0 {
      isWriting = try communicator.receive(Int32.self, count: 1, from: communicator.rank - 1)[0] == 1
    }
    if isWriting {
      do {
        let bytes = communicator.isRoot ? Array(header.utf8) + part : part
        try append(bytes, to: path, truncating: communicator.isRoot)
      } catch { own = error as? Failure ?? Failure(.inputOutput, "\(path): \(error)") }
    }
    if communicator.rank + 1 < communicator.size {
      try communicator.send([Int32(isWriting && own == nil ? 1 : 0)], to: communicator.rank + 1)
    }
    try communicator.agree(on: own)
  }

  private static func append(_ bytes: [UInt8], to path: String, truncating: Bool) throws {
    func failure() -> Failure {
      Failure(.inputOutput, "\(path): cannot be written: \(String(cString: strerror(errno)))")
    }
    let descriptor = open(path, O_WRONLY | O_CREAT | (truncating ? O_TRUNC : O_APPEND), 0o666)
    guard descriptor >= 0 else { throw failure() }
    var isOpen = true
    defer { if isOpen { close(descriptor) } }
    try bytes.withUnsafeBytes { buffer in
      var done = 0
      while done < buffer.count {
        let count = Foundation.write(descriptor, buffer.baseAddress! + done, buffer.count - done)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { throw failure() }
        done += count
      }
    }
    isOpen = false
    guard close(descriptor) == 0 else { throw failure() }
  }
}
