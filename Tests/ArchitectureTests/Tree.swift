import Foundation

/// The tree of the project, as the tests of its structure read it.
enum Tree {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  /// Lines of each Swift file in a folder, by the path from the root.
  static func swiftFiles(in folder: String) throws -> [String: [String]] {
    var result: [String: [String]] = [:]
    let files = FileManager.default.enumerator(atPath: root.appendingPathComponent(folder).path)
    for case let file as String in files ?? .init() where file.hasSuffix(".swift") {
      let path = folder + "/" + file
      result[path] = try text(path).split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        .map(String.init)
    }
    return result
  }
}
