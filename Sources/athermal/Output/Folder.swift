import Foundation
import MessagePassing

/// Folders on disk.
enum Folder {
  /// Creates a folder and those above it.
  static func make(_ path: String) throws {
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
