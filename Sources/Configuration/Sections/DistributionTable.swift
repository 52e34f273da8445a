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

  private enum Name: String, Word { case weibull, gaussian, exponential, samples, histogram }

  /// Reads the source. Reports a problem and returns nil unless there is exactly one.
  /// - Parameter example: text that completes the hint if the table names no source.
  init?(_ table: Table, folder: String, allowsDataset: Bool, example: String) {
    table.know(
      "file", "dataset", "distribution", "shape", "mean", "deviation", "values", "edges", "weights", "column",
      "skip_nan")
    guard table.gives("distribution") else {
      guard allowsDataset else {
        table.report("'\(table.name)' has no 'distribution'", hint: "write for example \(example)")
        return nil
      }
      guard table.gives("file") else {
        table.report("'\(table.name)' has neither 'file' nor 'distribution'", hint: "write for example \(example)")
        return nil
      }
      Self.forbid(
        table, ["shape", "mean", "deviation", "values", "edges", "weights", "column", "skip_nan"], with: "file")
      guard let file = Self.path(table, folder),
        let dataset = table.text("dataset", hint: "add dataset = \"…\", the name of the dataset in the file")
      else { return nil }
      self = .dataset(file: file, dataset: dataset)
      return
    }
    guard let name: Name = table.choice("distribution", hint: "write for example \(example)") else { return nil }
    let own: [String] =
      switch name {
      case .weibull: ["shape", "mean"]
      case .gaussian: ["mean", "deviation"]
      case .exponential: ["mean"]
      case .samples: ["values", "file", "dataset", "column", "skip_nan"]
      case .histogram: ["edges", "weights"]
      }
    let all = ["file", "dataset", "shape", "mean", "deviation", "values", "edges", "weights", "column", "skip_nan"]
    Self.forbid(table, all.filter { !own.contains($0) }, with: "distribution = \"\(name.rawValue)\"")
    switch name {
    case .weibull:
      let exponent = Bound<Double>(words: "between 0.1 and 1000") { $0 >= 0.1 && $0 <= 1000 }
      let shape = table.number("shape", exponent, hint: "add shape = …, the exponent k of the Weibull distribution")
      let mean = table.number("mean", .moderate, hint: "add mean = …")
      guard let shape, let mean else { return nil }
      self = .weibull(shape: shape, mean: mean)
    case .gaussian:
      let mean = table.number("mean", .moderate, hint: "add mean = …, before numbers below 0 are drawn anew")
      let deviation = table.number("deviation", .notNegative, hint: "add deviation = …")
      guard let mean, let deviation else { return nil }
      self = .gaussian(mean: mean, deviation: deviation)
    case .exponential:
      guard let mean = table.number("mean", .moderate, hint: "add mean = …") else { return nil }
      self = .exponential(mean: mean)
    case .samples:
      if table.gives("file") {
        if table.gives("values") { Self.forbid(table, ["values"], with: "file") }
        let file = Self.path(table, folder)
        let dataset = table.text("dataset", hint: "add dataset = \"…\", the name of the dataset in the file")
        let column = table.optionalInteger("column", .atLeast(0))
        let skipNaN = table.boolean("skip_nan", default: false)
        guard let file, let dataset else { return nil }
        self = .sampledDataset(file: file, dataset: dataset, column: column, skipNaN: skipNaN)
      } else {
        Self.forbid(table, ["dataset", "column", "skip_nan"], with: "values")
        guard let values = table.numbers("values", .moderate, hint: "add values = […], or file and dataset") else {
          return nil
        }
        guard !values.isEmpty else {
          table.report(
            "'values' in [\(table.name)] is empty", hint: "there must be something to draw from", key: "values")
          return nil
        }
        self = .samples(values)
      }
    case .histogram:
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
      self = .histogram(edges: edges, weights: weights)
    }
  }

  private static func forbid(_ table: Table, _ keys: [String], with other: String) {
    for key in keys { table.forbid(key, because: "has no effect with \(other)", hint: "remove it") }
  }

  private static func path(_ table: Table, _ folder: String) -> String? {
    table.value(
      "file", expected: "the path of an HDF5 file", hint: "put it in quotes", toml: { $0.tomlQuoted },
      convert: { value in
        guard case .string(let path) = value.content, !path.isEmpty else { return nil }
        return Document.joined(path, to: folder)
      })
  }
}

extension Table {
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
