import Foundation
import MessagePassing
import Storage

/// Small files that are written completely or not at all. Failures carry the reason of the operating system.
enum WholeFile {
  /// Writes a file under a temporary name, then renames it.
  static func write(_ data: Data, to path: String) throws {
    let unfinished = FinishedFile.unfinished(path)
    func failure(_ code: Int32) -> Failure {
      unlink(unfinished)
      return Failure(.inputOutput, "\(path): cannot be written: \(String(cString: strerror(code)))")
    }
    let descriptor = open(unfinished, O_WRONLY | O_CREAT | O_TRUNC, 0o666)
    guard descriptor >= 0 else { throw failure(errno) }
    var rest = data[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else {
        let code = errno
        close(descriptor)
        throw failure(code)
      }
      rest = rest.dropFirst(written)
    }
    guard close(descriptor) == 0 else { throw failure(errno) }
    do { try FinishedFile.finish(path) } catch { throw failure(errno) }
  }

  /// Creates a folder and those above it.
  static func makeFolder(_ path: String) throws {
    var made = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      made += made.isEmpty || made.hasSuffix("/") ? part : "/" + part
      if mkdir(made, 0o777) == 0 || errno == EEXIST { continue }
      throw Failure(.inputOutput, "\(path): cannot be made: \(String(cString: strerror(errno)))")
    }
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw Failure(.inputOutput, "\(path): cannot be made: there is a file of this name")
    }
  }
}
