/// Measured numbers of either sign: a histogram, a list, or a dataset of an HDF5 file.
public enum SignedNumbers: Sendable, Equatable {
  case histogram(edges: [Double], weights: [Double])
  case samples([Double], bins: Int)
  case dataset(file: String, dataset: String, column: Int?, skipNaN: Bool, bins: Int)

  static let keys = ["edges", "weights", "values", "file", "dataset", "column", "skip_nan", "histogram_bins"]

  /// Reads the numbers. Reports a problem and returns nil unless they are given in exactly one way.
  init?(_ table: Table, folder: String) {
    let forms = [
      "edges": ["edges", "weights"], "values": ["values", "histogram_bins"],
      "file": ["file", "dataset", "column", "skip_nan", "histogram_bins"],
    ]
    let given = ["edges", "values", "file"].filter { table.gives($0) }
    guard let form = given.first else {
      for key in Self.keys { table.know(key) }
      table.report("'\(table.name)' has no numbers", hint: "give edges and weights, or values, or file and dataset")
      return nil
    }
    for key in Self.keys where !forms[form]!.contains(key) {
      table.forbid(key, because: "has no effect with '\(form)'", hint: "remove it")
    }
    guard let numbers = Self.read(form, table, folder) else { return nil }
    self = numbers
  }

  private static func read(_ form: String, _ table: Table, _ folder: String) -> SignedNumbers? {
    let finite = Bound<Double>(words: "between -1e9 and 1e9") { $0.magnitude <= 1e9 }
    if form == "edges" {
      let edges = table.numbers("edges", finite, hint: "add edges = […]")
      let weights = table.numbers("weights", .notNegative, hint: "add weights = […], one for each bin")
      guard let edges, let weights else { return nil }
      guard edges.count == weights.count + 1, zip(edges, edges.dropFirst()).allSatisfy({ $0 < $1 }) else {
        table.report(
          "'\(table.name)' has \(edges.count) edges and \(weights.count) weights",
          hint: "a histogram has one edge more than weights, and its edges ascend", key: "edges")
        return nil
      }
      guard weights.contains(where: { $0 > 0 }) else {
        table.report(
          "'weights' in [\(table.name)] are all 0", hint: "at least one must be greater than 0", key: "weights")
        return nil
      }
      return .histogram(edges: edges, weights: weights)
    }
    let bins = table.integer("histogram_bins", .between(1, 10_000), default: 64)
    if form == "values" {
      guard let values = table.numbers("values", finite, hint: "add values = […]") else { return nil }
      guard values.count > 1 else {
        table.report(
          "'values' in [\(table.name)] holds \(values.count) numbers", hint: "a distribution needs two or more",
          key: "values")
        return nil
      }
      return .samples(values, bins: bins)
    }
    let file = table.path("file", folder)
    let dataset = table.text("dataset", hint: "add dataset = \"…\", the name of the dataset in the file")
    let column = table.optionalInteger("column", .atLeast(0))
    let skipNaN = table.boolean("skip_nan", default: false)
    guard let file, let dataset else { return nil }
    return .dataset(file: file, dataset: dataset, column: column, skipNaN: skipNaN, bins: bins)
  }
}
