import Checkpoints
import Foundation
import MessagePassing

@testable import Storage

/// Files in memory that inputs are written to, for what reads files.
final class Scratch {
  let communicator: Communicator
  private let folder: String
  private let checkpoint: String

  /// In a folder that is there, and that somebody else removes.
  init(_ folder: String, over communicator: Communicator) throws {
    self.communicator = communicator
    self.folder = folder
    checkpoint = folder + "/000001"
    try writeCheckpoint()
  }

  /// A file with these bytes, in the place of the one before.
  func file(_ bytes: [UInt8]) throws -> String { try write(bytes, to: folder + "/particles") }

  /// A checkpoint whose files are in order, with a manifest of one's own.
  func checkpoint(manifest: [UInt8]) throws -> String {
    _ = try write(manifest, to: checkpoint + "/" + CheckpointManifest.fileName)
    return checkpoint
  }

  private func write(_ bytes: [UInt8], to path: String) throws -> String {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o666)
    defer { close(descriptor) }
    guard descriptor >= 0, Foundation.write(descriptor, bytes, bytes.count) == bytes.count else {
      throw FileRange.failure(path)
    }
    return path
  }

  private func writeCheckpoint() throws {
    let content = Checkpoint(over: communicator)
    try content.put("a value", as: "value")
    content.put(.init(.reals([0.5, 1, 2, 4, 8, 16]), width: 2, firstRow: 0, totalRows: 3), as: "reals")
    content.put(.init(.integers([1, 2, 3]), width: 1, firstRow: 0, totalRows: 3), as: "integers")
    content.put(.init(.smallIntegers([]), width: 3, firstRow: 0, totalRows: 0), as: "nothing")
    try CheckpointFolder(
      folder, command: "shear", config: "[loading]\nstrain_step = 0.001\n", build: "a build", keep: 1,
      over: communicator
    ).write(content)
    // Its manifest is one of the inputs to begin with.
    let manifest = try Data(contentsOf: URL(fileURLWithPath: checkpoint + "/" + CheckpointManifest.fileName))
    try manifest.write(to: URL(fileURLWithPath: folder + "/seeds/manifest"))
  }
}
