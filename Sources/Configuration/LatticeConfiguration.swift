import Foundation
import MessagePassing

/// What an `epm` run computes.
public struct LatticeConfiguration: ResumableRunText {
  public let epm: EpmSection
  public let output: LatticeOutputSection
  public let checkpoint: CheckpointSection
  public let inputText: String
  public var resolved: String
  public let places: KeyPlaces
  public var mayOverwrite: Bool { output.overwrite }

  private static let sections = ["epm", "output", "checkpoint"]

  /// The configuration in the file at `path`, which rank 0 alone reads. Collective.
  /// - Throws: an input failure with all that is wrong, one `file:line:column: message; hint` per line.
  public static func load(
    path: String, overrides: [String] = [], over communicator: Communicator
  ) throws -> LatticeConfiguration {
    let (text, folder) = try RunConfiguration.text(at: path, over: communicator)
    return try communicator.coordinated {
      try parse(text: text, path: path, folder: folder) { Override.list(overrides, $0) }
    }
  }

  /// The names of the tables of a configuration, whatever its kind; none where it is not TOML. Collective.
  public static func tables(at path: String, over communicator: Communicator) throws -> Set<String> {
    let (text, _) = try RunConfiguration.text(at: path, over: communicator)
    return Set((RunConfiguration.tables(text, [], Reading()) ?? [:]).keys)
  }

  static func parse(
    text: String, path: String, folder: String, overrides: (Reading) -> [Override] = { _ in [] }
  ) throws -> LatticeConfiguration {
    try Reading.faultless(path: path) { LatticeConfiguration(text, path, folder, overrides($0), $0) }
  }

  init?(_ text: String, _ path: String, _ folder: String, _ overrides: [Override], _ reading: Reading) {
    guard let root = RunConfiguration.tables(text, overrides, reading) else { return nil }
    for (name, entry) in root where !Self.sections.contains(name) {
      reading.reportStranger(name, entry, known: Self.sections, "table [\(name)] has no effect on epm")
    }
    defer { reading.reportUnknownKeys() }
    let epm = EpmSection(reading.table("epm", of: root), folder: folder)
    output = LatticeOutputSection(reading.table("output", of: root))
    checkpoint = CheckpointSection(reading.table("checkpoint", of: root))
    places = KeyPlaces(root, path: path)
    guard let epm else { return nil }
    self.epm = epm
    inputText = text
    resolved = "# Every key of this run.\n\n" + reading.resolved
  }
}

/// `[output]` of an `epm` run.
public struct LatticeOutputSection: Sendable, Equatable {
  /// Whether the fields are kept at each sample.
  public var frames: Bool
  /// Whether the last fields are also written for ParaView.
  public var vtk: Bool
  /// Whether a run folder that exists may be written over.
  public var overwrite: Bool

  init(_ table: Table) {
    frames = table.boolean("frames", default: false)
    vtk = table.boolean("vtk", default: false)
    overwrite = table.boolean("overwrite", default: false)
  }
}
