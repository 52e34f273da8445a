import Foundation
import MessagePassing
import Storage

/// Writes a configuration for other programs.
struct ExportCommand {
  private enum Format: String, CaseIterable {
    case lammps, xyz
    var ending: String { self == .lammps ? "data" : "xyz" }
  }

  private let path: String
  private let format: Format
  private let frame: Int?
  private let output: String

  init(_ words: [String]) throws {
    let arguments = try Arguments(
      words, options: ["--to", "--frame", "--output"], plain: 1...1,
      usage: "athermal export FILE --to lammps|xyz [--frame K] [--output FILE]")
    guard let format = arguments.value("--to").flatMap(Format.init) else {
      throw Failure.everywhere(.input, "export needs --to lammps or --to xyz")
    }
    path = arguments.plain[0]
    self.format = format
    frame = try arguments.integer("--frame", in: -1_000_000_000...1_000_000_000)
    output =
      arguments.value("--output")
      ?? URL(fileURLWithPath: arguments.plain[0]).deletingPathExtension().path + "." + format.ending
  }

  func run(over communicator: Communicator) throws -> Int32 {
    guard URL(fileURLWithPath: output).standardizedFileURL != URL(fileURLWithPath: path).standardizedFileURL else {
      throw Failure.everywhere(.input, "\(output) is the file to be exported; name another one with --output")
    }
    let snapshot = try ConfigurationReader.read(path: path, frame: frame, over: communicator)
    switch format {
    case .lammps: try LammpsDataWriter.write(snapshot, to: output, over: communicator)
    case .xyz: try ExtendedXYZWriter.write(snapshot, to: output, over: communicator)
    }
    if communicator.isRoot { print("\(snapshot.totalCount) particles in \(output)") }
    return 0
  }
}
