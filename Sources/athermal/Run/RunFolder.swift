import Checkpoints
import Configuration
import Foundation
import MessagePassing
import Storage

/// The folder of one run, with its config, its results and its cost. Only rank 0 accesses it, except for the HDF5 files
/// inside, which all ranks write.
final class RunFolder {
  let path: String
  private let communicator: Communicator
  /// Config as written by the user, and with all keys resolved.
  private let config: (input: String, resolved: String)
  /// Log of the run; nil until the run has begun.
  private var log: FileHandle?
  private let started = Date()
  /// Whether the run may be resumed from the contents of the folder.
  private var resumes = false

  /// Creates the folder, or takes that of an earlier run if the config allows to replace it. The contents are kept
  /// until ``begin``, unless the earlier run left no results. Collective.
  /// - Throws: an input failure if the folder has results in it, `.inputOutput` if it cannot be written.
  init(_ path: String, _ configuration: some RunText, over communicator: Communicator) throws {
    self.path = path
    self.communicator = communicator
    config = (configuration.inputText, configuration.resolved)
    try communicator.coordinated {
      guard communicator.isRoot else { return }
      try lockFolder(patience: 0)
      try undoReplacement()
      let earlier = EarlierRun(in: path)
      guard earlier.present.isEmpty || configuration.mayOverwrite || earlier.isNothingButAComplaint else {
        throw Failure(
          .input,
          "\(path) is not empty; name another folder with --output, resume a suspended run with --resume "
            + "auto, or replace the run in it with --set output.overwrite=true")
      }
      try checkInputFiles(configuration)
      if earlier.hasNothingToLose { try replace(earlier) }
    }
  }

  /// Opens the folder for a command that can be resumed. Collective.
  /// - Throws: an input failure also if the config asks for another computation than the run in the folder.
  convenience init(
    _ run: RunArguments, _ configuration: some RunText, over communicator: Communicator
  ) throws {
    if run.resumes {
      try self.init(resumingIn: run.folder, configuration, over: communicator)
    } else {
      try self.init(run.folder, configuration, over: communicator)
    }
  }

  private init(
    resumingIn path: String, _ configuration: some RunText, over communicator: Communicator
  ) throws {
    self.path = path
    self.communicator = communicator
    config = (configuration.inputText, configuration.resolved)
    resumes = true
    let stage = try communicator.broadcast(
      try communicator.coordinated { () -> Int32 in
        guard communicator.isRoot else { return Stage.new.rawValue }
        // Ranks of a job whose launcher was killed may survive for a moment.
        try lockFolder(patience: 20)
        try undoReplacement()
        let earlier = EarlierRun(in: path)
        guard earlier.isRun(of: configuration.inputText) else {
          throw Failure(.input, "\(path) is not a run folder; name another folder with --output")
        }
        let config = earlier.config
        if let config {
          let differences = configuration.differences(from: config)
          guard differences.isEmpty else { throw Failure(.input, differences.joined(separator: "\n")) }
        }
        if earlier.status == "done" {
          guard config != nil else {
            throw Failure(
              .input,
              "\(path)/resolved.toml: is missing or damaged, so that nothing tells whether the run, which is complete, "
                + "was one of this config; " + Self.beginningAgain)
          }
          if let name = earlier.missingOutputs.first {
            throw Failure(
              .input,
              "\(path)/\(name): is missing, though the run, which is complete, had made it; put it back, or "
                + Self.beginningAgain)
          }
          return Stage.complete.rawValue
        }
        if earlier.hasNothingToLose { try replace(earlier) }
        return (earlier.hasCheckpoints ? Stage.suspended : .new).rawValue
      })
    isComplete = stage == Stage.complete.rawValue
    hasCheckpoints = stage == Stage.suspended.rawValue
  }

  /// Progress of the run in the folder.
  private enum Stage: Int32 { case new, suspended, complete }

  /// Name of the log, in the folder and in checkpoints.
  private static let log = "log.jsonl"
  private static let beginningAgain = "start again without --resume and with --set output.overwrite=true"

  /// Restores state from a checkpoint. If a file differs from what the run had left, the failure gets a remedy.
  func resuming<Result>(from checkpoint: Checkpoint?, _ work: () throws -> Result) throws -> Result {
    do { return try work() } catch let failure as Failure where failure.kind == .input && checkpoint != nil {
      throw failure.with(remedy: "put it back as it was, or " + Self.beginningAgain)
    }
  }

  /// Verifies that the run that would be replaced contains none of the input files of this run.
  private func checkInputFiles(_ configuration: some RunText) throws {
    func resolved(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().path }
    let folder = resolved(path)
    let own = EarlierRun(in: path).own
    for (key, file) in configuration.inputFiles {
      let place = resolved(file)
      if own.contains(where: { place == "\(folder)/\($0)" || place.hasPrefix("\(folder)/\($0)/") }) {
        throw Failure(
          .input,
          "\(configuration.places.nearest(key)): \(file) is a file of the run that would be replaced; name another "
            + "folder with --output")
      }
    }
    let (key, runs) = configuration.inputFolders
    for run in runs {
      let place = resolved(run)
      // Reject the folder itself, a realisation in it, and a run of which it is a realisation.
      if !own.isEmpty, place == folder || place.hasPrefix(folder + "/") || folder.hasPrefix(place + "/realisation-") {
        throw Failure(
          .input,
          "\(configuration.places.nearest(key)): \(run) is in the folder of the run that would be replaced, or that in "
            + "it; name another folder with --output")
      }
    }
  }

  /// Creates the folder and locks it for the life of this process. On a file system without locks,
  /// other runs are not kept out.
  /// - Parameter patience: seconds to wait for a run that is about to end.
  /// - Throws: an input failure if another run is using the folder.
  private func lockFolder(patience: Double) throws {
    try Folder.make(path)
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else {
      throw Failure(.inputOutput, "\(path): cannot be opened: \(String(cString: strerror(errno)))")
    }
    folderLock = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    let end = Date(timeIntervalSinceNow: patience)
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK {
      guard Date() < end else {
        throw Failure(
          .input,
          "\(path): another run is using this folder; wait until it ends, or name another folder with --output")
      }
      usleep(100_000)
    }
  }

  /// Whether the run has written its summary, which a failure after it leaves as it is.
  private var hasSummary = false

  private var folderLock: FileHandle?

  /// Whether the run is complete, so that there is nothing to resume.
  private(set) var isComplete = false

  /// Whether the run is to be resumed, and it or any of its parts has checkpoints.
  private(set) var hasCheckpoints = false

  func reportCompletion() -> Int32 {
    if communicator.isRoot { print("the run in \(path) is complete; there is nothing to resume") }
    return 0
  }

  // MARK: Beginning

  /// Makes this the folder of this run. Call it when nothing can refuse the run any more. A run that is resumed keeps
  /// the contents of the folder; one that begins replaces them. A second call does nothing. Collective.
  func begin(resuming: Bool = false) throws {
    try communicator.coordinated {
      guard communicator.isRoot, log == nil else { return }
      let earlier = EarlierRun(in: path)
      guard resuming else { return try replace(earlier) }
      removeStaleLocks(earlier)
      unlink(file("summary.json"))
      try writeConfig()
      try openLog()
    }
  }

  /// Folder that holds the replaced run as long as there are files of both runs.
  private var replaced: String { file(EarlierRun.replaced) }

  /// Replaces the files of another run by those of this one. At any moment one of the two can be read, if need be after
  /// ``undoReplacement()``: as long as `resolved.toml` does not exist, it is the other run.
  private func replace(_ earlier: EarlierRun) throws {
    if resumes, !earlier.hasNothingToLose {
      let reached = RunState.progress(path).map { " (\($0))" } ?? ""
      print(
        "no checkpoint in \(file("checkpoints")); the run starts from the beginning and replaces its earlier output"
          + reached)
    }
    removeStaleLocks(earlier)
    let own = earlier.own
    if !own.isEmpty {
      try Folder.make(replaced)
      for name in own.filter({ $0 == "resolved.toml" }) + own.filter({ $0 != "resolved.toml" }) {
        try move(name, from: path, to: replaced)
      }
      for part in earlier.parts { rmdir(file(part)) }
    }
    do { try writeConfig() } catch {
      try undoReplacement()
      throw error
    }
    if !own.isEmpty { try FileManager.default.removeItem(atPath: replaced) }
    try openLog()
  }

  /// Restores the run that another process was replacing when it was killed, or completes the
  /// replacement if it was nearly done.
  private func undoReplacement() throws {
    guard FileManager.default.fileExists(atPath: replaced) else { return }
    if !FileManager.default.fileExists(atPath: file("resolved.toml")) {
      let own = EarlierRun(in: replaced).own
      for name in own.filter({ $0 != "resolved.toml" }) + own.filter({ $0 == "resolved.toml" }) {
        try move(name, from: replaced, to: path)
      }
    }
    try FileManager.default.removeItem(atPath: replaced)
  }

  private func move(_ name: String, from old: String, to new: String) throws {
    if let slash = name.lastIndex(of: "/") { try Folder.make("\(new)/\(name[..<slash])") }
    guard rename("\(old)/\(name)", "\(new)/\(name)") == 0 else {
      // A folder on a disk of its own, as checkpoints may have, cannot be moved. It stays and is emptied.
      if errno == EBUSY, let content = try? FileManager.default.contentsOfDirectory(atPath: "\(old)/\(name)") {
        for child in content { try FileManager.default.removeItem(atPath: "\(old)/\(name)/\(child)") }
        return
      }
      throw Failure(.inputOutput, "\(old)/\(name): cannot be moved to \(new): \(String(cString: strerror(errno)))")
    }
  }

  private func removeStaleLocks(_ earlier: EarlierRun) {
    for name in earlier.staleLocks { unlink(file(name)) }
  }

  private func writeConfig() throws {
    try write(config.input, to: "input.toml")
    try write(config.resolved, to: "resolved.toml")
  }

  private func openLog() throws {
    let descriptor = open(file(Self.log), O_WRONLY | O_CREAT | O_APPEND, 0o666)
    guard descriptor >= 0 else {
      throw Failure(.inputOutput, "\(file(Self.log)): cannot be written: \(String(cString: strerror(errno)))")
    }
    log = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  // MARK: Putting aside

  /// Saves the length of the log. Collective over the ranks of the checkpoint, the lowest of which must have the log.
  func saveLog(to checkpoint: Checkpoint) throws {
    let length = try checkpoint.communicator.broadcast(Int((try? log?.seekToEnd()) ?? 0))
    try checkpoint.put(length, as: Self.log)
  }

  /// Truncates the log to its length at the checkpoint, or empties it if there is none. Collective over ranks among
  /// which the lowest has the log.
  func resumeLog(_ checkpoint: Checkpoint?, over communicator: Communicator) throws {
    let length = try checkpoint?.value(Int.self, of: Self.log) ?? 0
    try communicator.coordinated {
      guard communicator.isRoot, let log else { return }
      let there = Int(try log.seekToEnd())
      guard there >= length else {
        throw Failure(.input, "\(file(Self.log)) has \(there) bytes, where the checkpoint was made with \(length)")
      }
      guard ftruncate(log.fileDescriptor, off_t(length)) == 0 else {
        throw Failure(.inputOutput, "\(file(Self.log)): \(String(cString: strerror(errno)))")
      }
      try log.seekToEnd()
    }
  }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  private func write(_ text: String, to name: String) throws {
    try FinishedFile.write(Data(text.utf8), to: file(name))
  }

  /// Adds a line to log.jsonl. If the disk is full, the log is left unchanged. Collective over ranks among
  /// which the lowest has the log.
  func log<Entry: Encodable>(_ entry: Entry, over communicator: Communicator) throws {
    try communicator.coordinated {
      guard communicator.isRoot, let log else { return }
      let line = try Self.encoder(pretty: false).encode(entry) + [0x0a]
      let end = try log.seekToEnd()
      let written = line.withUnsafeBytes { Foundation.write(log.fileDescriptor, $0.baseAddress, $0.count) }
      guard written != line.count else { return }
      let code = written < 0 ? errno : ENOSPC
      ftruncate(log.fileDescriptor, off_t(end))
      throw Failure(.inputOutput, "\(file(Self.log)): cannot be written: \(String(cString: strerror(code)))")
    }
  }

  /// Writes a JSON file. Collective.
  func write<Content: Encodable>(_ content: Content, as name: String) throws {
    try communicator.coordinated {
      guard communicator.isRoot else { return }
      try FinishedFile.write(try Self.encoder(pretty: true).encode(content), to: file(name))
    }
  }

  /// Writes summary.json, the last file of a run, with the names of all others. Collective.
  func finish<Content: Encodable>(_ summary: Content) throws {
    var outputs: [String] = []
    if communicator.isRoot {
      let run = EarlierRun(in: path)
      removeStaleLocks(run)
      outputs = run.files.filter { $0 != "summary.json" }.sorted()
    }
    try write(MergedObject(head: summary, content: ["outputs": outputs]), as: "summary.json")
    hasSummary = true
  }

  /// Runs a command's work. A failure that all ranks share is recorded in summary.json before it is passed on. A
  /// failure before the run has begun leaves the folder unchanged.
  func recordingFailure(_ work: () throws -> Int32) throws -> Int32 {
    do { return try work() } catch {
      if let failure = error as? Failure, failure.agreedRank != nil || communicator.size == 1, communicator.isRoot,
        log != nil, !hasSummary
      {
        let summary = FailureSummary(
          status: failure.kind == .stopped ? "stopped" : "failed", exitCode: Int(failure.kind.rawValue),
          reason: failure.message, wallSeconds: seconds)
        if let data = try? Self.encoder(pretty: true).encode(summary) {
          try? FinishedFile.write(data, to: file("summary.json"))
        }
      }
      throw error
    }
  }

  /// Last line of a run: the folder of its results, and the command that draws them.
  var whereabouts: String { "results in \(path); pictures: Jobs/plots/run-figures \(path)" }

  /// Wall time since the run began.
  var seconds: Double { Date().timeIntervalSince(started) }

  private struct FailureSummary: Encodable {
    var status: String
    var exitCode: Int
    var reason: String
    var wallSeconds: Double
    var commit = Build.commit
    var build = Build.text
  }

  static func encoder(pretty: Bool) -> JSONEncoder {
    let encoder = JSONCoding.encoder
    encoder.keyEncodingStrategy = .convertToSnakeCase
    if pretty { encoder.outputFormatting.insert(.prettyPrinted) } else { encoder.outputFormatting = .sortedKeys }
    return encoder
  }
}
