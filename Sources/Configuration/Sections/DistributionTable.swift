/// The source of numbers for blocks, as written in the configuration: a dataset with one
/// number per block, or a distribution.
public enum BlockNumbers: Sendable, Equatable {
  /// A dataset of an HDF5 file, in the shape of the lattice.
  case dataset(file: String, dataset: String)
  case weibull(shape: Double, mean: Double)
  case gaussian(mean: Double, deviation: Double)
  case exponential(mean: Double)
  /// A list from which each number is drawn with the same probability.
  case samples([Double])
  /// The numbers of a dataset of any shape, or of one of its columns. `skipNaN` omits NaN, which marks discarded
  /// cavities in the maps of `yieldmap`.
  case sampledDataset(file: String, dataset: String, column: Int?, skipNaN: Bool)
  case histogram(edges: [Double], weights: [Double])

  private enum Name: String, Word {
    case weibull, gaussian, exponential, samples, histogram

    /// The keys that belong to the distribution.
    var keys: [String] {
      switch self {
      case .weibull: ["shape", "mean"]
      case .gaussian: ["mean", "deviation"]
      case .exponential: ["mean"]
      case .samples: ["values", "file", "dataset", "column", "skip_nan"]
      case .histogram: ["edges", "weights"]
      }
    }
  }

  private static let keys = [
    "file", "dataset", "distribution", "shape", "mean", "deviation", "values", "edges", "weights", "column", "skip_nan",
  ]

  /// Reads the source. Reports a problem and returns nil unless there is exactly one.
  /// - Parameter example: text that completes the hint if the table names no source.
  init?(_ table: Table, folder: String, allowsDataset: Bool, example: String) {
    for key in Self.keys { table.know(key) }
    let hint = "write for example \(example)"
    let isDistribution = table.gives("distribution")
    if !isDistribution && !(allowsDataset && table.gives("file")) {
      let lacking = allowsDataset ? "neither 'file' nor 'distribution'" : "no 'distribution'"
      table.report("'\(table.name)' has \(lacking)", hint: hint)
      return nil
    }
    guard let numbers = isDistribution ? Self.distribution(table, folder, hint: hint) : Self.dataset(table, folder)
    else { return nil }
    self = numbers
  }

  private static func dataset(_ table: Table, _ folder: String) -> BlockNumbers? {
    forbidAll(of: table, but: ["file", "dataset"], with: "file")
    guard let file = table.path("file", folder),
      let dataset = table.text("dataset", hint: "add dataset = \"…\", the name of the dataset in the file")
    else { return nil }
    return .dataset(file: file, dataset: dataset)
  }

  private static func distribution(_ table: Table, _ folder: String, hint: String) -> BlockNumbers? {
    guard let name: Name = table.choice("distribution", hint: hint) else { return nil }
    forbidAll(of: table, but: name.keys, with: "distribution = \"\(name.rawValue)\"")
    switch name {
    case .weibull:
      let exponent = Bound<Double>(words: "between 0.1 and 1000") { $0 >= 0.1 && $0 <= 1000 }
      let shape = table.number("shape", exponent, hint: "add shape = …, the exponent k of the Weibull distribution")
      let mean = table.number("mean", .moderate, hint: "add mean = …")
      guard let shape, let mean else { return nil }
      return .weibull(shape: shape, mean: mean)
    case .gaussian:
      let mean = table.number("mean", .moderate, hint: "add mean = …, before numbers below 0 are drawn anew")
      let deviation = table.number("deviation", .notNegative, hint: "add deviation = …")
      guard let mean, let deviation else { return nil }
      return .gaussian(mean: mean, deviation: deviation)
    case .exponential:
      return table.number("mean", .moderate, hint: "add mean = …").map { .exponential(mean: $0) }
    case .samples:
      return table.gives("file") ? sampledDataset(table, folder) : samples(table)
    case .histogram:
      return histogram(table)
    }
  }

  private static func sampledDataset(_ table: Table, _ folder: String) -> BlockNumbers? {
    if table.gives("values") { forbid(table, ["values"], with: "file") }
    let file = table.path("file", folder)
    let dataset = table.text("dataset", hint: "add dataset = \"…\", the name of the dataset in the file")
    let column = table.optionalInteger("column", .atLeast(0))
    let skipNaN = table.boolean("skip_nan", default: false)
    guard let file, let dataset else { return nil }
    return .sampledDataset(file: file, dataset: dataset, column: column, skipNaN: skipNaN)
  }

  private static func samples(_ table: Table) -> BlockNumbers? {
    forbid(table, ["dataset", "column", "skip_nan"], with: "values")
    guard let values = table.numbers("values", .moderate, hint: "add values = […], or file and dataset") else {
      return nil
    }
    guard !values.isEmpty else {
      table.report(
        "'values' in [\(table.name)] is empty", hint: "there must be something to draw from", key: "values")
      return nil
    }
    return .samples(values)
  }

  private static func histogram(_ table: Table) -> BlockNumbers? {
    let edges = table.numbers("edges", .notNegative, hint: "add edges = […], one more than there are weights")
    let weights = table.numbers("weights", .notNegative, hint: "add weights = […], one for each bin")
    guard let edges, let weights else { return nil }
    guard edges.count == weights.count + 1, !weights.isEmpty else {
      table.report(
        "'\(table.name)' has \(edges.count) edges and \(weights.count) weights",
        hint: "a histogram has one edge more than weights", key: "edges")
      return nil
    }
    guard zip(edges, edges.dropFirst()).allSatisfy({ $0 < $1 }) else {
      table.report(
        "'edges' in [\(table.name)] do not ascend", hint: "write them from the lowest to the highest", key: "edges")
      return nil
    }
    guard weights.contains(where: { $0 > 0 }) else {
      table.report(
        "'weights' in [\(table.name)] are all 0", hint: "at least one must be greater than 0", key: "weights")
      return nil
    }
    return .histogram(edges: edges, weights: weights)
  }

  private static func forbidAll(of table: Table, but own: [String], with other: String) {
    forbid(table, keys.filter { $0 != "distribution" && !own.contains($0) }, with: other)
  }

  private static func forbid(_ table: Table, _ keys: [String], with other: String) {
    for key in keys { table.forbid(key, because: "has no effect with \(other)", hint: "remove it") }
  }
}

extension Table {
  /// Reads the required path of an HDF5 file, joined to the folder of the configuration if it is relative.
  func path(_ key: String, _ folder: String) -> String? {
    value(
      key, expected: "the path of an HDF5 file", hint: "put it in quotes", toml: { $0.tomlQuoted },
      convert: { value in
        guard case .string(let path) = value.content, !path.isEmpty else { return nil }
        return Document.joined(path, to: folder)
      })
  }

  /// Reads a required string, which must not be empty.
  func text(_ key: String, hint: String) -> String? {
    value(
      key, expected: "a string", hint: gives(key) ? "put it in quotes" : hint, toml: { $0.tomlQuoted },
      convert: { if case .string(let text) = $0.content, !text.isEmpty { text } else { nil } })
  }

  /// Reads a required array of finite numbers.
  func numbers(_ key: String, _ bound: Bound<Double>, hint: String) -> [Double]? {
    value(
      key, expected: "an array of finite numbers, each \(bound.words)", hint: hint,
      toml: { "[" + $0.map { "\($0)" }.joined(separator: ", ") + "]" },
      mayHold: { $0.finiteNumber.map(bound.holds) ?? false },
      convert: { value -> [Double]? in
        guard case .array(let elements) = value.content else { return nil }
        let numbers = elements.compactMap(\.finiteNumber)
        return numbers.count == elements.count && numbers.allSatisfy(bound.holds) ? numbers : nil
      })
  }
}
