/// `[bands]`: the runs in which shear bands are measured, and the method.
public struct BandsSection: Sendable, Equatable {
  public enum Source: String, Word {
    /// Yield counts of blocks, or the number of windows with D²min above the threshold.
    case plasticCount = "plastic-count"
    /// D²min of each window; only in `shear` runs.
    case d2min
  }

  /// Folders of `epm` or `shear` runs. A folder of several realisations stands for all of them.
  public var runs: [String]
  public var source: Source
  /// Width of a bin, in bins of the files: rows of blocks, or slices about d thick.
  public var bin: Int
  /// Strain at which bands are compared; nil for the last strain of each run.
  public var strain: Double?
  /// Strains between which a power law of the strain is fitted to the width; nil for all strains after nucleation.
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
        return texts.map { Document.joined($0, to: folder) }
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
