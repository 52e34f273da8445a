import Configuration
import Foundation
import MessagePassing
import Storage

/// Verification that files are unchanged since they were written: results, states, checkpoints, or a whole run folder.
struct VerifyCommand: Command {
  static let guide = CommandGuide(
    name: "verify", arguments: "FILE|FOLDER [--content]",
    summary: "verify that files are unchanged; print SHA-256",
    text: """
      Reads results, states, checkpoints or a whole run folder from end to end and verifies their \
      checksums.
      """,
    options: [("--content", "prints a SHA-256 of every dataset")], examples: ["athermal verify runs/a"])

  private let path: String
  private let showsContent: Bool

  private static let usage = "athermal verify FILE|FOLDER [--content]"

  init(_ words: [String]) throws {
    showsContent = words.contains("--content")
    let arguments = try Arguments(words.filter { $0 != "--content" }, options: [], plain: 1...1, usage: Self.usage)
    path = arguments.plain[0]
  }

  func run(over communicator: Communicator) throws -> Int32 {
    for item in try communicator.coordinated({ try items(path) }) {
      switch item {
      case .checkpoint(let folder):
        let manifest = try CheckpointFolder.validManifest(of: folder, over: communicator)
        say(
          "\(folder): checkpoint \(manifest.number) of athermal \(manifest.command), complete and undamaged",
          communicator)
        if showsContent {
          try communicator.coordinated { if communicator.isRoot { try showContent(folder + "/state.h5") } }
        }
      case .hdf5(let file):
        let isState = try isState(file, communicator)
        if isState { _ = try ConfigurationReader.read(path: file, over: communicator) }
        try communicator.coordinated {
          guard communicator.isRoot else { return }
          let (datasets, isRecorded) = try FileVerification.verifyHDF5(file)
          print(
            "\(file): \(datasets) datasets read, "
              + (isRecorded || isState ? "complete and undamaged" : "no checksums to verify against"))
          if showsContent { try showContent(file) }
        }
      case .particles(let file):
        let snapshot = try ConfigurationReader.read(path: file, over: communicator)
        say("\(file): \(snapshot.totalCount) particles, readable", communicator)
      case .text(let file):
        try communicator.coordinated { if communicator.isRoot { try Self.readText(file) } }
        say("\(file): readable", communicator)
      case .run(let folder):
        try communicator.coordinated {
          let missing = communicator.isRoot ? EarlierRun(in: folder).missingOutputs : []
          guard missing.isEmpty else {
            throw Failure(
              .input, missing.map { "\(folder)/\($0): is missing, though the run had made it" }.joined(separator: "\n"))
          }
        }
      }
    }
    return 0
  }

  private enum Item {
    case checkpoint(String)
    case hdf5(String)
    case particles(String)
    /// A file of JSON, of lines of JSON, or of TOML.
    case text(String)
    /// Folder of a run; its files follow.
    case run(String)
  }

  /// Returns the items to be verified below a path. Not collective.
  private func items(_ path: String) throws -> [Item] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw Failure(.input, "\(path): there is no such file or folder")
    }
    guard isFolder.boolValue else {
      if path.hasSuffix(".vtkhdf") { return [.hdf5(path)] }
      if [".json", ".jsonl", ".toml"].contains(where: path.hasSuffix) { return [.text(path)] }
      return [try ConfigurationReader.format(of: path) == .h5md ? .hdf5(path) : .particles(path)]
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    // A numbered folder of a run's checkpoints is one even if its manifest is missing.
    let name = path.split(separator: "/").last ?? ""
    if names.contains("MANIFEST") || (name.count >= 6 && name.allSatisfy(\.isNumber)) { return [.checkpoint(path)] }
    let isRun = names.contains("resolved.toml") || names.contains("summary.json")
    var found: [Item] = isRun ? [.run(path)] : []
    for name in names where !name.hasPrefix("tmp.") {
      let inner = path + "/" + name
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: inner, isDirectory: &isFolder)
      if isFolder.boolValue {
        found += (try? items(inner)) ?? []
      } else if name.hasSuffix(".h5") || name.hasSuffix(".vtkhdf") {
        found.append(.hdf5(inner))
      } else if isRun, EarlierRun.texts.contains(name) {
        found.append(.text(inner))
      }
    }
    guard !found.isEmpty || path != self.path else { throw Failure(.input, "\(path): holds no files of athermal") }
    return found
  }

  /// Returns whether a file is a state with a checksum of its own, which its reader verifies.
  private func isState(_ file: String, _ communicator: Communicator) throws -> Bool {
    try communicator.broadcast(
      try communicator.coordinated { communicator.isRoot ? try FileVerification.isSealedState(file) ? Int32(1) : 0 : 0 }
    ) == 1
  }

  private static func readText(_ file: String) throws {
    guard let text = String(data: try FileVerification.bytes(file), encoding: .utf8) else {
      throw Failure(.input, "\(file): cannot be read as text; it is damaged")
    }
    // All of them end with a line break or the last brace of JSON, which a truncated file seldom does. The user's
    // input.toml may end anyhow.
    guard text.isEmpty || text.hasSuffix("\n") || text.hasSuffix("}") || file.hasSuffix("input.toml") else {
      throw Failure(.input, "\(file): is truncated")
    }
    if file.hasSuffix(".toml") { return try TomlText.check(text, path: file) }
    for (number, line) in file.hasSuffix(".jsonl") ? Array(text.split(separator: "\n").enumerated()) : [(0, text[...])]
    {
      guard (try? JSONSerialization.jsonObject(with: Data(line.utf8))) != nil else {
        throw Failure(.input, "\(file):\(number + 1): is not JSON; the file is damaged")
      }
    }
  }

  private func showContent(_ file: String) throws {
    for content in try FileVerification.contents(file) {
      print("\(content.sha256)  \(content.name)  \(content.type) \(content.shape)")
    }
  }

  private func say(_ text: String, _ communicator: Communicator) { if communicator.isRoot { print(text) } }
}
