import Checkpoints
import Configuration
import Foundation
import MessagePassing
import Storage

/// Sweep of many runs of one configuration: makes their folders, reports their states, and starts
/// those that are not finished.
struct SweepCommand: Command {
  static let guide = CommandGuide(
    name: "sweep", arguments: "SWEEP [--output FOLDER] [--task N | --run WORDS]",
    summary: "set up, run and list runs with many values",
    text: """
      Makes a folder for each combination of the values below [product] and [zip], as in \
      loading.strain_step = [1e-3, 1e-4], and lists
      the state of each run.
      """,
    options: [
      ("--output FOLDER", "folder of all runs; by default runs/ and the name of the sweep"),
      ("--task N", "prints the arguments of the N-th run, a word per line"),
      ("--run WORDS", "runs the unfinished ones, with WORDS before athermal; \"\" for one process each"),
    ], examples: ["athermal sweep Configs/sweep.toml --output runs/s --run \"mpirun -n 2\""])

  private let path: String
  private let folder: String
  /// Number of the run whose arguments are requested, counted from 1.
  private let task: Int?
  /// Words before `athermal` in the command that starts unfinished runs.
  private let launcher: [String]?

  init(_ words: [String]) throws {
    let arguments = try Arguments(
      words, options: ["--output", "--task", "--run"], plain: 1...1,
      usage: "athermal sweep SWEEP [--output FOLDER] [--task N | --run \"mpirun -n RANKS\"]")
    path = arguments.plain[0]
    folder =
      arguments.value("--output") ?? "runs/\(URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent)"
    task = try arguments.integer("--task", in: 1...Int.max)
    launcher = arguments.value("--run").map { $0.split(whereSeparator: \.isWhitespace).map(String.init) }
    guard task == nil || launcher == nil else {
      throw Failure.everywhere(
        .input, "--task and --run contradict each other: the one names a run, the other runs all that are left")
    }
  }

  func run(over communicator: Communicator) throws -> Int32 {
    guard communicator.size == 1 else {
      throw Failure.everywhere(
        .input,
        "sweep is one process, not \(communicator.size) ranks; what starts the ranks of each run is given with --run")
    }
    let sweep = try Sweep.load(
      path: path, of: Commands.runs.map { $0.name }, among: Commands.catalogue, over: communicator)
    let command = Commands.runs.first { $0.name == sweep.command }!
    let complaints = sweep.runs.flatMap { self.complaints(about: $0, of: command, over: communicator) }
    guard complaints.isEmpty else {
      // Report errors of the base config once, not per run.
      let different = complaints.indices.filter { !complaints[..<$0].contains(complaints[$0]) }.map { complaints[$0] }
      throw Failure.everywhere(.input, different.joined(separator: "\n"))
    }
    if let task { return try printArguments(of: task, sweep, command) }
    for run in sweep.runs { try writeConfig(of: run, command) }
    var code: Int32 = 0
    if let launcher { code = try runUnfinished(sweep, command, launcher) }
    try report(sweep)
    return code
  }

  // MARK: Folders

  private func place(_ run: SweepRun) -> String { "\(folder)/\(run.name)" }
  private func config(_ run: SweepRun) -> String { "\(place(run))/\(EarlierRun.sweepConfig)" }

  /// Returns the reasons why a run cannot use its folder: a run that was begun there with
  /// another config, or other contents.
  private func complaints(about run: SweepRun, of command: any RunCommand.Type, over communicator: Communicator)
    -> [String]
  {
    let place = place(run)
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: place, isDirectory: &isFolder) else {
      return run.configuration.missingInputFiles
    }
    guard isFolder.boolValue else { return ["\(place): is not a folder; name another one with --output"] }
    let remedy = "name another folder with --output, or remove this one"
    let there = EarlierRun(in: place)
    guard let earlier = there.config else {
      // The run begins from the start.
      return there.isRun(of: Self.text(run, command))
        ? run.configuration.missingInputFiles : ["\(place): is not a run of a sweep; \(remedy)"]
    }
    var differences = run.configuration.differences(from: earlier)
    // Contents of input files need to be compared only if their names differ.
    if !differences.isEmpty, let recorded = try? run.configuration.recordingInputFiles(over: communicator) {
      differences = recorded.differences(from: earlier)
    }
    var found = differences.map { "\(place): was started with another config; \(remedy): \($0)" }
    if let text = try? String(contentsOfFile: config(run), encoding: .utf8), let before = Self.command(in: text),
      before != command.name
    {
      found.append("\(place): was started by athermal \(before), not athermal \(command.name); \(remedy)")
    }
    return found
  }

  /// Returns the config of a run. Its first line names the command.
  private static func text(_ run: SweepRun, _ command: any RunCommand.Type) -> String {
    "# athermal \(command.name), of a sweep: \(run.title)\n" + run.resolved
  }

  private static func command(in text: String) -> String? {
    let words = text.prefix { !$0.isNewline }.split(separator: " ")
    return words.count > 2 && words[1] == "athermal" ? words[2].trimmingCharacters(in: [","]) : nil
  }

  private func writeConfig(of run: SweepRun, _ command: any RunCommand.Type) throws {
    let text = Self.text(run, command)
    if (try? String(contentsOfFile: config(run), encoding: .utf8)) == text { return }
    do {
      try Folder.make(place(run))
      try FinishedFile.write(Data(text.utf8), to: config(run))
    } catch let failure as Failure { throw Failure.everywhere(failure.kind, failure.message) }
  }

  // MARK: Running

  /// Returns the words after `athermal` that begin or resume a run.
  private func arguments(of run: SweepRun, _ command: any RunCommand.Type) -> [String] {
    let words = [command.name, config(run), "--output", place(run)]
    // A command without checkpoints begins again.
    return words
      + (command.canResume ? ["--resume", "auto"] : ["--set", "output.overwrite=true"])
  }

  /// Prints the arguments of a run, one word per line, so that a script can read names with spaces. It writes no files,
  /// since many tasks may call it at once.
  private func printArguments(
    of task: Int, _ sweep: Sweep, _ command: any RunCommand.Type
  ) throws -> Int32 {
    guard task <= sweep.runs.count else {
      throw Failure.everywhere(.input, "\(path) has \(sweep.runs.count) runs, and no run \(task)")
    }
    let run = sweep.runs[task - 1]
    guard (try? String(contentsOfFile: config(run), encoding: .utf8)) == Self.text(run, command) else {
      throw Failure.everywhere(
        .input,
        "\(config(run)) is missing or out of date; "
          + "run athermal sweep \(path) --output \(folder) once before its tasks")
    }
    print(arguments(of: run, command).joined(separator: "\n"))
    return 0
  }

  /// Runs all unfinished runs one after another, including those that failed. If a run is suspended in time, the
  /// sequence ends, since the next run would be suspended too.
  /// - Returns: the first exit code that is not zero, or 75 if the sequence was suspended.
  private func runUnfinished(
    _ sweep: Sweep, _ command: any RunCommand.Type, _ launcher: [String]
  ) throws -> Int32 {
    StopSignal.install()
    let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    var first: Int32 = 0
    for run in sweep.runs {
      let stage = RunState(of: place(run)).stage
      if stage == .finished || stage == .running { continue }
      say("run \(run.number) of \(sweep.runs.count), \(stage.rawValue): \(run.title)")
      let code = try ChildProcess.run(launcher + [program] + arguments(of: run, command))
      say("run \(run.number) of \(sweep.runs.count) ended with code \(code)")
      try writeStates(sweep)
      if StopSignal.hasCome || code == Failure.Kind.stopped.rawValue {
        StandardError.write("athermal: suspended; the same command resumes it\n")
        return Failure.Kind.stopped.rawValue
      }
      if first == 0 { first = code }
    }
    return first
  }

  /// Prints a line without buffering, so that it appears in order with the output of the runs, also in a file.
  private func say(_ text: String) {
    // Ignore failures: a lost terminal must not prevent the other runs.
    try? FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
  }

  // MARK: States

  private struct Row: Encodable {
    var run: Int
    var folder: String
    var set: [String: String]
    var state: RunState
  }

  @discardableResult private func writeStates(_ sweep: Sweep) throws -> [Row] {
    let rows = sweep.runs.map { run in
      Row(
        run: run.number, folder: run.name,
        set: Dictionary(uniqueKeysWithValues: run.settings.map { ($0.key, $0.value) }),
        state: RunState(of: place(run)))
    }
    do {
      try FinishedFile.write(try RunFolder.encoder(pretty: true).encode(rows), to: "\(folder)/status.json")
    } catch let failure as Failure { throw Failure.everywhere(failure.kind, failure.message) }
    return rows
  }

  private func report(_ sweep: Sweep) throws {
    let rows = try writeStates(sweep)
    var lines = [["run", "state", "progress", "last checkpoint", "folder"]]
    for row in rows {
      let code = row.state.stage == .failed ? " with code \(row.state.exitCode ?? 0)" : ""
      lines.append([
        "\(row.run)", row.state.stage.rawValue + code, row.state.progress ?? "", row.state.checkpoint ?? "", row.folder,
      ])
    }
    let widths = lines[0].indices.map { k in lines.map { $0[k].count }.max()! }
    for line in lines {
      let cells = zip(line, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }
      say(cells.joined(separator: "  ").trimmingCharacters(in: .whitespaces))
    }
    let counts = Dictionary(grouping: rows, by: \.state.stage.rawValue).mapValues(\.count).sorted { $0.key < $1.key }
    say(
      "\(rows.count) runs: " + counts.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        + "; also in \(folder)/status.json")
    if let finished = rows.first(where: { $0.state.stage == .finished }) {
      say(
        "results in the folders of the runs in \(folder); "
          + "pictures of one: Jobs/plots/run-figures \(folder)/\(finished.folder)")
    }
    let names = Set(sweep.runs.map(\.name))
    let others = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted().filter {
      !names.contains($0) && FileManager.default.fileExists(atPath: "\(folder)/\($0)/\(EarlierRun.sweepConfig)")
    }
    if !others.isEmpty { say("not of this sweep: " + others.joined(separator: ", ")) }
  }
}
