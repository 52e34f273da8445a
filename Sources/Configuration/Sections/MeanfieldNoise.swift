/// `noise` of `[meanfield]`: the stress changes that events elsewhere make.
public enum MeanfieldNoise: Sendable, Equatable {
  case gaussian
  case levy(exponent: Double, lowerCutoff: Double, cutoff: Double)
  case measured(SignedNumbers)

  private enum Kind: String, Word { case gaussian, levy, file }

  init?(_ parent: Table, folder: String) {
    let table = parent.table("noise")
    let levyKeys = ["exponent", "cutoff", "lower_cutoff"]
    let kind: Kind = table.choice("kind", default: .gaussian)
    let mine = kind == .levy ? levyKeys : kind == .file ? SignedNumbers.keys : []
    for key in levyKeys + SignedNumbers.keys where !mine.contains(key) {
      table.forbid(key, because: "has no effect on kind = \"\(kind.rawValue)\"", hint: "remove it")
    }
    switch kind {
    case .gaussian: self = .gaussian
    case .levy:
      let bound = Bound<Double>(words: "greater than 0 and less than 2") { $0 > 0 && $0 < 2 }
      let exponent = table.number("exponent", bound, hint: "add exponent = …, μ of the density |δ|^(−1−μ) of kicks")
      let cutoff = table.number("cutoff", .moderate, hint: "add cutoff = …, the largest kick")
      let lower = table.number("lower_cutoff", .notNegative, default: 0)
      guard let exponent, let cutoff else { return nil }
      guard lower < cutoff else {
        table.report(
          "'lower_cutoff' in [\(table.name)] is \(lower) and 'cutoff' is \(cutoff)", hint: "it must be less",
          key: "lower_cutoff")
        return nil
      }
      self = .levy(exponent: exponent, lowerCutoff: lower, cutoff: cutoff)
    case .file:
      guard let numbers = SignedNumbers(table, folder: folder) else { return nil }
      self = .measured(numbers)
    }
  }
}
