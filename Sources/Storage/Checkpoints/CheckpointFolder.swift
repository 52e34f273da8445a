import Checkpoints
import Foundation
import MessagePassing

/// The checkpoints of a run on disk: folders `000001`, `000002`, … of which the newest few are kept.
///
/// A checkpoint gets its name only when it is complete and has been read back by ranks other than those that wrote it.
/// So a run that is killed at any moment leaves the previous checkpoint intact.
public final class CheckpointFolder {
  public let path: String
  private let command: String
  private let config: String
  private let build: String
  private let part: String?
  private let keep: Int
  private let communicator: Communicator
  private var number = 0

  /// - Parameters:
  ///   - config: the resolved configuration, which is stored in every checkpoint.
  ///   - build: the program that writes.
  ///   - part: the name of this part, if the run has several, each with a folder of its own.
  ///   - keep: the number of checkpoints that stay, at least 1.
  public init(
    _ path: String, command: String, config: String, build: String, part: String? = nil, keep: Int,
    over communicator: Communicator
  ) {
    self.path = path
    self.command = command
    self.config = config
    self.build = build
    self.part = part
    self.keep = max(1, keep)
    self.communicator = communicator
  }

  // MARK: Writing

  /// Writes a checkpoint. Collective.
  /// - Throws: `.inputOutput` if it cannot be written, or if other data are read back.
  ///   Earlier checkpoints are then still there.
  public func write(_ checkpoint: Checkpoint) throws {
    let next = number + 1
    let unfinished = "\(path)/tmp.\(next)"
    func trigger(at phase: String) throws {
      try communicator.coordinated { try Fault.trigger(at: "checkpoint." + phase, rank: communicator.rank) }
    }

    try trigger(at: "begin")
    try onRoot {
      try Self.makeFolder(path)
      try Self.removeFolder(unfinished)
      try Self.makeFolder(unfinished)
    }
    let state = unfinished + "/" + CheckpointManifest.stateName
    try trigger(at: "write")
    let written = try CheckpointFile.write(checkpoint, to: state)
    try trigger(at: "verify")
    guard try CheckpointFile.checksums(of: checkpoint, in: state) == written else {
      throw Failure.everywhere(
        .inputOutput, "\(state): what was read back is not what was written; the file system is not reliable")
    }
    try trigger(at: "manifest")
    let kept = try keepAttachments(checkpoint, in: unfinished)
    var manifest = CheckpointManifest(
      number: next, command: command, config: config, build: build, part: part,
      columns: CheckpointFile.columns(of: checkpoint),
      values: checkpoint.values.keys.sorted(), files: [])
    for name in [CheckpointManifest.stateName] + kept {
      manifest.files.append(try FileRecord(of: name, in: unfinished, over: communicator))
    }
    try onRoot {
      try FileRange.write(Array(try manifest.text().utf8), to: unfinished + "/" + CheckpointManifest.fileName)
    }
    try trigger(at: "synchronise")
    // Each rank must do this: on a shared file system each machine has its own cache.
    try communicator.coordinated { try FileRange.synchronise(state) }
    try onRoot {
      for file in kept + [CheckpointManifest.fileName] { try FileRange.synchronise(unfinished + "/" + file) }
      try FileRange.synchronise(unfinished)
    }
    try trigger(at: "rename")
    try onRoot {
      try Self.removeFolder(folder(next))
      guard rename(unfinished, folder(next)) == 0 else { throw FileRange.failure(folder(next)) }
      try FileRange.synchronise(path)
    }
    number = next
    try trigger(at: "latest")
    try onRoot {
      let latest = path + "/LATEST"
      try FinishedFile.make(latest) { try FileRange.write(Array((Self.name(next) + "\n").utf8), to: $0) }
      try FileRange.synchronise(path)
    }
    try trigger(at: "remove")
    try onRoot {
      for old in try Self.numbers(in: path).dropLast(keep) { try Self.removeFolder(folder(old)) }
    }
    try trigger(at: "end")
  }

  private func keepAttachments(_ checkpoint: Checkpoint, in folder: String) throws -> [String] {
    try checkpoint.attachments.sorted { $0.key < $1.key }.map { name, file in
      let kept = name + FileParts.ending
      try onRoot { try FileParts.keep(file.parts, of: file.path, length: file.length, in: folder + "/" + kept) }
      return kept
    }
  }

  // MARK: Reading

  /// Whether the folder has no checkpoint. Collective.
  public func isEmpty() throws -> Bool {
    try communicator.broadcast(
      try communicator.coordinated { try communicator.isRoot && !Self.numbers(in: path).isEmpty ? Int32(1) : 0 }) == 0
  }

  /// Returns the newest valid checkpoint with its manifest; nil if there is none. Invalid ones are
  /// reported on the standard error. Collective.
  /// - Throws: an input failure if a checkpoint has a version of a later program. It is valid, and a run that
  ///   continued without it would replace it.
  public func newest() throws -> (Checkpoint, CheckpointManifest)? {
    let numbers = try communicator.broadcast(
      try communicator.coordinated { communicator.isRoot ? try Self.numbers(in: path) : [] })
    for candidate in numbers.reversed() {
      do {
        let found = try read(candidate)
        number = candidate
        // Remove later checkpoints. They must never be used again, because the output files go back to this one.
        try onRoot { for later in numbers where later > candidate { try Self.removeFolder(folder(later)) } }
        return found
      } catch let failure as Failure where failure.agreedRank != nil {
        if try isOfLaterVersion(candidate) {
          throw Failure.everywhere(
            .input, failure.message + "; resume with the version of the program that wrote it, or a later one")
        }
        if communicator.isRoot {
          StandardError.write("athermal: not used: \(failure.message)\n")
        }
      }
    }
    return nil
  }

  private func read(_ candidate: Int) throws -> (Checkpoint, CheckpointManifest) {
    let manifest = try Self.validManifest(of: folder(candidate), over: communicator)
    try communicator.coordinated {
      guard manifest.number == candidate else {
        throw Failure(.input, "\(folder(candidate)): holds checkpoint \(manifest.number); folders were mixed up")
      }
    }
    return (try CheckpointFile.read(manifest, in: folder(candidate), over: communicator), manifest)
  }

  private func isOfLaterVersion(_ candidate: Int) throws -> Bool {
    let path = folder(candidate) + "/" + CheckpointManifest.fileName
    let isLater = communicator.isRoot && ((try? Self.bytes(of: path)).map(CheckpointManifest.isOfLaterVersion) ?? false)
    return try communicator.broadcast(isLater ? Int32(1) : 0) == 1
  }

  /// Returns the manifest of a checkpoint if all its files agree with it. Collective.
  /// - Throws: an input failure if they do not.
  public static func validManifest(of folder: String, over communicator: Communicator) throws -> CheckpointManifest {
    let path = folder + "/" + CheckpointManifest.fileName
    // Broadcast the bytes, so that all ranks decide from the same text.
    let text = try communicator.broadcast(
      try communicator.coordinated { () -> [UInt8] in
        guard communicator.isRoot else { return [] }
        return try bytes(of: path)
      })
    let manifest = try communicator.coordinated { try CheckpointManifest(text: text, path: path) }
    for file in manifest.files { try file.check(in: folder, over: communicator) }
    return manifest
  }

  /// Returns all bytes of a manifest. Not collective.
  private static func bytes(of path: String) throws -> [UInt8] {
    guard try FileRange.byteCount(of: path) <= 64 << 20, let data = FileManager.default.contents(atPath: path) else {
      throw Failure(.input, "\(path): cannot be read")
    }
    return Array(data)
  }

  /// Returns the configuration in the newest checkpoint with a valid manifest; nil if there is none. Not collective.
  public static func newestConfig(in path: String) -> String? {
    for number in ((try? numbers(in: path)) ?? []).reversed() {
      let manifest = "\(path)/\(name(number))/\(CheckpointManifest.fileName)"
      if let text = try? bytes(of: manifest), let found = try? CheckpointManifest(text: text, path: manifest) {
        return found.config
      }
    }
    return nil
  }

  /// Removes all checkpoints, because none of them belongs to the run that begins. Collective.
  public func clear() throws {
    try onRoot { for old in try Self.numbers(in: path) { try Self.removeFolder(folder(old)) } }
  }

  // MARK: Parts

  private func onRoot(_ work: () throws -> Void) throws {
    try communicator.coordinated { if communicator.isRoot { try work() } }
  }

  private static func name(_ number: Int) -> String { String(format: "%06d", number) }
  private func folder(_ number: Int) -> String { "\(path)/\(Self.name(number))" }

  /// Returns the numbers of the checkpoints in a folder, ascending; none if the folder does not exist.
  public static func numbers(in path: String) throws -> [Int] {
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    let names = try FileManager.default.contentsOfDirectory(atPath: path)
    // Accept only names that this class gives, up to the largest number that it can
    // reach. Other folders are no checkpoints.
    return names.compactMap(Int.init).filter { (1..<1_000_000_000).contains($0) && names.contains(name($0)) }.sorted()
  }

  private static func makeFolder(_ path: String) throws {
    guard mkdir(path, 0o777) == 0 || errno == EEXIST else { throw FileRange.failure(path) }
  }

  private static func removeFolder(_ path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else { return }
    do { try FileManager.default.removeItem(atPath: path) } catch {
      throw Failure(.inputOutput, "\(path): cannot be removed: \(error.localizedDescription)")
    }
  }
}
