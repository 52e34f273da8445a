import Foundation
import MessagePassing

/// Reading of configuration files as text, by rank 0 alone.
enum ConfigurationText {
  /// Returns the text of a configuration, read by rank 0 alone, and the absolute path of its folder. Collective.
  static func load(from path: String, over communicator: Communicator) throws -> (text: String, folder: String) {
    let text = try communicator.broadcast(try communicator.coordinated { communicator.isRoot ? try read(path) : "" })
    let folder = try communicator.broadcast(
      URL(fileURLWithPath: path).deletingLastPathComponent().standardizedFileURL.path)
    return (text, folder)
  }

  /// Contents of pipes, such as those of a shell's `<(…)`, by path. A pipe can be read only once, but a command may
  /// read a configuration several times.
  private static nonisolated(unsafe) var pipes: [String: [UInt8]] = [:]

  private static func read(_ path: String) throws -> String {
    if let bytes = pipes[path] { return try checked(bytes, path: path) }
    func failure() -> Failure {
      // The message of the operating system says best why a file cannot be read.
      Failure(.input, "\(path): the configuration cannot be read; \(String(cString: strerror(errno)))")
    }
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { throw failure() }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count <= largestText {
      let count = Foundation.read(descriptor, &chunk, chunk.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw failure() }
      if count == 0 { break }
      bytes += chunk[..<count]
    }
    var status = stat()
    if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      guard !bytes.isEmpty else { throw Failure(.input, "\(path): the configuration is empty") }
      pipes[path] = bytes
    }
    return try checked(bytes, path: path)
  }

  /// Size limit of a configuration, in bytes. Configurations are written by hand; a larger file was given by mistake.
  private static let largestText = 4 << 20

  /// Decodes the bytes of a file as UTF-8.
  /// - Throws: an input failure if there are too many bytes, or if they are not UTF-8.
  static func checked(_ data: some Collection<UInt8>, path: String) throws -> String {
    guard data.count <= largestText else {
      throw Failure(
        .input,
        "\(path): has more than the \(largestText) bytes of the longest configuration; is it another file?")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      let lines = data.split(separator: 0x0a, omittingEmptySubsequences: false)
      let line = 1 + (lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0)
      throw Failure(
        .input, "\(path):\(line):1: this is not text in UTF-8; a configuration is written in TOML, so save it as UTF-8")
    }
    return text
  }
}
