/// `initial` of `[meanfield]`: the stresses of the blocks to begin with.
public enum MeanfieldInitial: Sendable, Equatable {
  case delta(stress: Double)
  case gaussian(mean: Double, deviation: Double)
  case stationary(rate: Double)
  case measured(SignedNumbers)

  private enum Kind: String, Word {
    case delta, gaussian, stationary, file

    var keys: [String] {
      switch self {
      case .delta: ["stress"]
      case .gaussian: ["mean", "deviation"]
      case .stationary: ["rate"]
      case .file: SignedNumbers.keys
      }
    }
  }

  init?(_ parent: Table, folder: String) {
    let hint =
      "write for example initial = { kind = \"delta\", stress = 0.0 }; other kinds are gaussian (mean and deviation), "
      + "stationary (rate) and file (measured stresses)"
    parent.know("initial")
    guard parent.gives("initial") else {
      parent.report("[\(parent.name)] has no 'initial'", hint: hint)
      return nil
    }
    let table = parent.table("initial")
    let all = ["stress", "mean", "deviation", "rate"] + SignedNumbers.keys
    guard let kind: Kind = table.choice("kind", hint: hint) else {
      for key in all { table.know(key) }
      return nil
    }
    for key in all where !kind.keys.contains(key) {
      table.forbid(key, because: "has no effect on kind = \"\(kind.rawValue)\"", hint: "remove it")
    }
    let any = Bound<Double>(words: "between -1e9 and 1e9") { $0.magnitude <= 1e9 }
    switch kind {
    case .delta:
      guard let stress = table.number("stress", any, hint: "add stress = …, that of all blocks") else { return nil }
      self = .delta(stress: stress)
    case .gaussian:
      let mean = table.number("mean", any, default: 0)
      guard let deviation = table.number("deviation", .moderate, hint: "add deviation = …") else { return nil }
      self = .gaussian(mean: mean, deviation: deviation)
    case .stationary:
      guard let rate = table.number("rate", .positive, hint: "add rate = …, that of the flow") else { return nil }
      self = .stationary(rate: rate)
    case .file:
      guard let numbers = SignedNumbers(table, folder: folder) else { return nil }
      self = .measured(numbers)
    }
  }
}
