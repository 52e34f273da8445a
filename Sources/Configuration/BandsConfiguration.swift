import Foundation
import MessagePassing

/// `[bands]`: which runs a shear band is measured in, and how.
public struct BandsSection: Sendable, Equatable {
  public enum Source: String, Word {
    /// Yield counts of blocks, or windows with D²min above the threshold.
    case plasticCount = "plastic-count"
    /// D²min of each window; of `shear` runs alone.
    case d2min
  }

  /// Folders of `epm` or `shear` runs; a folder of several realisations stands for all of them.
  public var runs: [String]
  public var source: Source
  /// In bins of the files: rows of blocks, or slices about d thick.
  public var bin: Int
  /// The strain at which bands are compared; nil for the last of each run.
  public var strain: Double?
  /// The strains between which the width is fitted by a power law of the strain; nil for all after the nucleation.
  public var fit: [Double]?

  init?(_ table: Table, folder: String) {
    let runs = table.value(
      "runs", expected: "an array of folders", hint: "write for example runs = [\"runs/a\", \"runs/b\"]",
      toml: { "[" + $0.map(\.tomlQuoted).joined(separator: ", ") + "]" },
      mayHold: { $0.text?.isEmpty == false },
      convert: { value -> [String]? in
        guard case .array(let elements) = value.content, !elements.isEmpty else { return nil }
        let texts = elements.compactMap { if case .string(let text) = $0.content, !text.isEmpty { text } else { nil } }
        guard texts.count == elements.count else { return nil }
        return texts.map {
          $0.hasPrefix("/") || folder.isEmpty ? $0 : folder.hasSuffix("/") ? folder + $0 : "\(folder)/\($0)"
        }
      })
    source = table.choice("source", default: .plasticCount)
    bin =
      table.value(
        "bin", default: 1, expected: "a whole number of bins, at least 1",
        hint: "profiles come in bins of d, or of one row of blocks",
        toml: { "\($0)" },
        convert: { value in value.finiteNumber.flatMap { $0 >= 1 && $0 <= 1e6 ? Int(exactly: $0) : nil } }) ?? 1
    table.know("strain", "fit")
    if table.gives("strain") {
      guard let strain = table.number("strain", .positive, hint: "") else { return nil }
      self.strain = strain
    }
    if table.gives("fit") {
      guard let fit = table.numbers("fit", .notNegative, hint: "write for example fit = [0.2, 2.0]") else { return nil }
      guard fit.count == 2, fit[0] < fit[1] else {
        table.report(
          "'fit' in [bands] must be two ascending strains", hint: "write for example fit = [0.2, 2.0]", key: "fit")
        return nil
      }
      self.fit = fit
    }
    guard let runs else { return nil }
    if let twice = Dictionary(grouping: runs, by: \.self).first(where: { $0.value.count > 1 })?.key {
      table.report(
        "'runs' in [bands] names \(twice) twice", hint: "name each folder once; means are over independent runs",
        key: "runs")
    }
    self.runs = runs
  }
}

/// What a `bands` run measures.
public struct BandsConfiguration: RunText {
  public let bands: BandsSection
  public let output: LatticeOutputSection
  public let inputText: String
  public let resolved: String
  public let places: KeyPlaces
  public var mayOverwrite: Bool { output.overwrite }
  public var inputFolders: (key: String, paths: [String]) { ("bands.runs", bands.runs) }

  private static let sections = ["bands", "output"]

  /// The configuration in the file at `path`, which rank 0 alone reads. Collective.
  public static func load(
    path: String, overrides: [String] = [], over communicator: Communicator
  ) throws -> BandsConfiguration {
    let (text, folder) = try RunConfiguration.text(at: path, over: communicator)
    return try communicator.coordinated {
      try parse(text: text, path: path, folder: folder) { Override.list(overrides, $0) }
    }
  }

  static func parse(
    text: String, path: String, folder: String, overrides: (Reading) -> [Override] = { _ in [] }
  ) throws -> BandsConfiguration {
    try Reading.faultless(path: path) { BandsConfiguration(text, path, folder, overrides($0), $0) }
  }

  init?(_ text: String, _ path: String, _ folder: String, _ overrides: [Override], _ reading: Reading) {
    guard let root = RunConfiguration.tables(text, overrides, reading) else { return nil }
    for (name, entry) in root where !Self.sections.contains(name) {
      reading.reportStranger(name, entry, known: Self.sections, "table [\(name)] has no effect on bands")
    }
    defer { reading.reportUnknownKeys() }
    let bands = BandsSection(reading.table("bands", of: root), folder: folder)
    output = LatticeOutputSection(reading.table("output", of: root))
    places = KeyPlaces(root, path: path)
    guard let bands else { return nil }
    self.bands = bands
    inputText = text
    resolved = "# Every key of this run.\n\n" + reading.resolved
  }
}
