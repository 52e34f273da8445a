import Foundation
import MessagePassing
import Storage

/// Writes particles, or tables of results, for other programs.
struct ExportCommand: Command {
  static let guide = CommandGuide(
    name: "export", arguments: arguments, summary: "convert particles and tables for other programs",
    text: "Writes particles as extended XYZ, LAMMPS data or a LAMMPS dump, or the tables of a result as CSV.",
    options: [
      ("--to FORMAT", "xyz, lammps (data), lammps-dump, or csv"),
      ("--frame K", "one frame, from 0, or from the end with -1, -2, …; by default the last"),
      (
        "--frames all|A:B|A:B:C",
        "several frames in one file (xyz, lammps-dump): A to B − 1, every C-th"
      ),
      (
        "--fields NAMES",
        "fields per particle to include, as in d2min,stress, or all (xyz, lammps-dump)"
      ),
      ("--output FILE", "by default the name of FILE with another extension"),
      ("--overwrite", "replaces an existing file"),
    ],
    examples: [
      "athermal export runs/a/trajectory.h5 --to lammps-dump --frames all --fields d2min",
      "athermal export runs/a/shear.h5 --to csv",
    ])

  private enum Format: String, CaseIterable {
    case xyz, lammps
    case lammpsDump = "lammps-dump"
    case csv

    var ending: String {
      switch self {
      case .xyz: "xyz"
      case .lammps: "data"
      case .lammpsDump: "lammpstrj"
      case .csv: "csv"
      }
    }

    var frames: FrameWriter.Format? { self == .xyz ? .extendedXYZ : self == .lammpsDump ? .lammpsDump : nil }
  }

  /// Range of frames of a trajectory; negative numbers count from its end.
  private struct FrameRange {
    var first: Int?
    var end: Int?
    var stride = 1

    init(_ text: String) throws {
      if text == "all" { return }
      let parts = text.split(separator: ":", omittingEmptySubsequences: false)
      let numbers = parts.map { $0.isEmpty ? nil : Int($0) }
      guard (2...3).contains(parts.count), zip(parts, numbers).allSatisfy({ $0.isEmpty || $1 != nil }),
        numbers.count < 3 || (numbers[2] ?? 1) > 0
      else {
        throw Failure.everywhere(
          .input,
          "--frames must be all, A:B or A:B:C with C of at least 1, as in 0:10 or ::5, not '\(text)'; "
            + "one frame is --frame K")
      }
      first = numbers[0]
      end = numbers[1]
      if numbers.count == 3 { stride = numbers[2] ?? 1 }
    }

    func frames(of count: Int) -> [Int] {
      func place(_ number: Int) -> Int { min(count, max(0, number < 0 ? count + number : number)) }
      let (begin, stop) = (place(first ?? 0), place(end ?? count))
      return begin < stop ? Array(Swift.stride(from: begin, to: stop, by: stride)) : []
    }
  }

  static let arguments =
    "FILE --to \(Format.allCases.map(\.rawValue).joined(separator: "|")) [--frame K | --frames all|A:B:C] "
    + "[--fields NAMES] [--output FILE] [--overwrite]"

  private let path: String
  private let format: Format
  private let frame: Int?
  private let frames: FrameRange?
  private let fields: [String]
  private let output: String
  private let overwrites: Bool

  init(_ words: [String]) throws {
    let arguments = try Arguments(
      words, options: ["--to", "--frame", "--frames", "--fields", "--output"], flags: ["--overwrite"], plain: 1...1,
      usage: "athermal export " + Self.arguments)
    guard let format = arguments.value("--to").flatMap(Format.init) else {
      let names = Format.allCases.map(\.rawValue)
      throw Failure.everywhere(
        .input, "export needs --to \(names.dropLast().joined(separator: ", ")) or \(names.last!)")
    }
    path = arguments.plain[0]
    self.format = format
    frame = try arguments.integer("--frame", in: -1_000_000_000...1_000_000_000)
    frames = try arguments.value("--frames").map(FrameRange.init)
    fields = (arguments.value("--fields") ?? "").split(separator: ",").map { String($0.replacing("-", with: "_")) }
    output =
      arguments.value("--output")
      ?? URL(fileURLWithPath: arguments.plain[0]).deletingPathExtension().path + "." + format.ending
    overwrites = arguments.has("--overwrite")
    guard frame == nil || frames == nil else {
      throw Failure.everywhere(.input, "--frame and --frames contradict each other; keep one of them")
    }
    for (option, isGiven) in [("--frames", frames != nil), ("--fields", !fields.isEmpty)]
    where isGiven && format.frames == nil {
      throw Failure.everywhere(.input, "\(option) goes with --to xyz and --to lammps-dump, not with \(format.rawValue)")
    }
    guard frame == nil || format != .csv else {
      throw Failure.everywhere(.input, "--frame does not go with --to csv, which writes tables")
    }
  }

  func run(over communicator: Communicator) throws -> Int32 {
    if format == .csv { return try writeTables(over: communicator) }
    try communicator.coordinated { if communicator.isRoot { try check(output) } }
    func say(_ text: String) { if communicator.isRoot { print(text) } }
    guard let writing = format.frames else {
      let snapshot = try ConfigurationReader.read(path: path, frame: frame, over: communicator)
      try LammpsDataWriter.write(snapshot, to: output, over: communicator)
      say("\(snapshot.totalCount) particles in \(output)")
      return 0
    }
    guard try communicator.coordinated({ try ConfigurationReader.format(of: path) }) == .h5md else {
      guard frames == nil, fields.isEmpty else {
        throw Failure.everywhere(
          .input, "\(path): is not H5MD; --frames and --fields are of trajectory.h5 and state.h5")
      }
      let snapshot = try ConfigurationReader.read(path: path, frame: frame, over: communicator)
      let writer = FrameWriter(writing, to: output, over: communicator)
      try writer.append(snapshot, step: 0)
      try writer.finish()
      say("\(snapshot.totalCount) particles in \(output)")
      return 0
    }
    let contents = try TrajectoryContents(path, over: communicator)
    let chosen = try chosenFields(contents)
    let numbers = try frameNumbers(contents)
    let writer = FrameWriter(writing, to: output, over: communicator)
    var particles = 0
    for number in numbers {
      let snapshot = try ConfigurationReader.read(path: path, frame: number, over: communicator)
      try writer.append(snapshot, step: try contents.step(of: number), fields: try contents.read(chosen, frame: number))
      particles = snapshot.totalCount
    }
    try contents.close()
    try writer.finish()
    let with = chosen.isEmpty ? "" : " with " + chosen.joined(separator: ", ")
    say((numbers.count == 1 ? "" : "\(numbers.count) frames of ") + "\(particles) particles\(with) in \(output)")
    return 0
  }

  private func chosenFields(_ contents: TrajectoryContents) throws -> [String] {
    if fields == ["all"] { return contents.fields }
    if let stranger = fields.first(where: { !contents.fields.contains($0) }) {
      let known =
        contents.fields.isEmpty
        ? "it has none; set output.fields in the config to write some"
        : "it has \(contents.fields.joined(separator: ", "))"
      throw Failure.everywhere(.input, "\(path): has no field '\(stranger)'; \(known)")
    }
    if let twice = fields.first(where: { name in fields.count { $0 == name } > 1 }) {
      throw Failure.everywhere(.input, "--fields names \(twice) twice")
    }
    return fields
  }

  private func frameNumbers(_ contents: TrajectoryContents) throws -> [Int] {
    guard let frames else {
      let number = (frame ?? -1) < 0 ? contents.frameCount + (frame ?? -1) : frame!
      guard (0..<contents.frameCount).contains(number) else {
        throw Failure.everywhere(.input, "\(path): has \(contents.frameCount) frames; there is no frame \(frame ?? 0)")
      }
      return [number]
    }
    let numbers = frames.frames(of: contents.frameCount)
    guard !numbers.isEmpty else {
      throw Failure.everywhere(
        .input, "\(path): has \(contents.frameCount) frames, and none of them is selected by --frames")
    }
    return numbers
  }

  /// Verifies that no existing file is overwritten unless the user allows it, and in no case the file that is read.
  private func check(_ output: String) throws {
    func identity(_ path: String) -> (UInt64, UInt64)? {
      var status = stat()
      return stat(path, &status) == 0 ? (UInt64(status.st_dev), UInt64(status.st_ino)) : nil
    }
    guard let there = identity(output) else { return }
    if let own = identity(path), own == there {
      throw Failure(.input, "\(output) is the file to be exported; name another one with --output")
    }
    var status = stat()
    guard stat(output, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw Failure(.input, "\(output): is not a regular file; name another one with --output")
    }
    guard overwrites else {
      throw Failure(
        .input, "\(output): exists already; replace it with --overwrite, or name another file with --output")
    }
  }

  /// Writes tables. Only the root does the work.
  private func writeTables(over communicator: Communicator) throws -> Int32 {
    try communicator.coordinated {
      guard communicator.isRoot else { return }
      let export = try TableExport(path)
      guard !export.tables.isEmpty else { throw Failure(.input, "\(path): holds no tables") }
      let stem = output.hasSuffix(".csv") ? String(output.dropLast(4)) : output
      let files = export.tables.map { "\(stem)-\($0.name).csv" }
      for file in files { try check(file) }
      for (table, file) in zip(export.tables, files) {
        try export.write(table, to: file)
        print("\(table.rows) rows in \(file)")
      }
      if !export.others.isEmpty { print("not tables, and left out: " + export.others.joined(separator: ", ")) }
    }
    return 0
  }
}
