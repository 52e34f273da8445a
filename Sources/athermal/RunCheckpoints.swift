import Checkpoints
import Configuration
import Foundation
import MessagePassing
import Storage

/// The checkpoints of a run, or of one of its independent parts: the one that it goes on from, and where it can be put aside.
struct RunCheckpoints {
  /// Nil for a fresh start.
  let saved: Checkpoint?
  let safePoint: SafePoint
  private let folder: CheckpointFolder

  /// Collective over the ranks of the part.
  /// - Parameters:
  ///   - place: the folder in which `checkpoints` stands.
  ///   - part: of several that share the place; nil for the only one.
  /// - Throws: an input failure where the checkpoint belongs to another computation.
  init(
    _ run: RunArguments, in place: String, part: String? = nil, _ configuration: some ResumableRunText,
    over communicator: Communicator
  ) throws {
    let path = place + "/checkpoints"
    if part != nil { try communicator.coordinated { if communicator.isRoot { try WholeFile.makeFolder(path) } } }
    folder = CheckpointFolder(
      part.map { path + "/" + $0 } ?? path, command: run.command, config: configuration.resolved, build: Build.text,
      keep: configuration.checkpoint.keep, over: communicator)
    if run.resumes, let (checkpoint, manifest) = try folder.newest() {
      try Self.check(manifest, run, configuration)
      saved = checkpoint
      if communicator.isRoot { print("going on from checkpoint \(manifest.number) in \(folder.path)") }
    } else {
      saved = nil
      try folder.clear()
    }
    let settings = configuration.checkpoint
    safePoint = SafePoint(
      CheckpointSchedule(
        .init(everySeconds: 60 * settings.everyMinutes, everySteps: settings.everySteps, end: run.end), over: communicator,
        write: folder.write))
  }

  /// Whether there is no checkpoint. Collective.
  func isEmpty() throws -> Bool { try folder.isEmpty() }

  private static func check(
    _ manifest: CheckpointManifest, _ run: RunArguments, _ configuration: some ResumableRunText
  ) throws {
    var complaints = configuration.differences(from: manifest.config)
    if manifest.command != run.command {
      complaints.append("the checkpoint is one of athermal \(manifest.command), not of athermal \(run.command)")
    }
    guard complaints.isEmpty else { throw Failure.everywhere(.input, complaints.joined(separator: "\n")) }
  }
}
