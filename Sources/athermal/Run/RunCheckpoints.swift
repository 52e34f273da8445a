import Checkpoints
import Configuration
import Foundation
import MessagePassing
import Storage

/// The checkpoints of a run, or of one of its independent parts: the one from which it is resumed, and the safe point
/// at which new ones are made.
struct RunCheckpoints {
  /// Checkpoint from which the run is resumed; nil for a fresh start.
  let saved: Checkpoint?
  let safePoint: SafePoint
  private let folder: CheckpointFolder

  /// Opens the folder of the checkpoints. Collective over the ranks of the part.
  /// - Parameters:
  ///   - path: folder of the checkpoints.
  ///   - part: name of the part; nil if the run has only one.
  /// - Throws: an input failure if the checkpoint belongs to another computation.
  init(
    _ run: RunArguments, in path: String, part: String? = nil, _ configuration: some RunText,
    over communicator: Communicator
  ) throws {
    if part != nil { try communicator.coordinated { if communicator.isRoot { try Folder.make(path) } } }
    folder = CheckpointFolder(
      path, command: run.command, config: configuration.resolved, build: Build.text, part: part,
      keep: configuration.checkpoint.keep, over: communicator)
    if run.resumes, let (checkpoint, manifest) = try folder.newest() {
      try Self.check(manifest, run, part, configuration)
      saved = checkpoint
      if communicator.isRoot { print("resuming from checkpoint \(manifest.number) in \(folder.path)") }
    } else {
      saved = nil
      // Remove invalid checkpoints: they would be taken for newer than those that the run is about to make.
      if run.resumes, try !folder.isEmpty() {
        if communicator.isRoot { print("no valid checkpoint in \(folder.path); this part starts from the beginning") }
        try folder.clear()
      }
    }
    let settings = configuration.checkpoint
    safePoint = SafePoint(
      CheckpointSchedule(
        .init(everySeconds: 60 * settings.everyMinutes, everySteps: settings.everySteps, end: run.end),
        over: communicator,
        write: folder.write))
  }

  /// Returns whether there is no checkpoint. Collective.
  func isEmpty() throws -> Bool { try folder.isEmpty() }

  private static func check(
    _ manifest: CheckpointManifest, _ run: RunArguments, _ part: String?, _ configuration: some RunText
  ) throws {
    var complaints = configuration.differences(from: manifest.config)
    if manifest.command != run.command {
      complaints.append("the checkpoint is one of athermal \(manifest.command), not of athermal \(run.command)")
    }
    if let found = manifest.part, found != part {
      complaints.append(
        "the checkpoint is one of \(found)\(part.map { ", not of \($0)" } ?? ""); folders were mixed up")
    }
    guard complaints.isEmpty else { throw Failure.everywhere(.input, complaints.joined(separator: "\n")) }
  }
}
