import Configuration
import ElasticLattice
import ElastoPlastic
import FourierGrid
import Geometry
import MessagePassing
import Storage

extension BlockNumbers {
  /// Returns the source of thresholds that the config describes. Datasets are read by slabs and checked. Collective.
  /// - Parameters:
  ///   - key: key of the config, for messages.
  ///   - isRenewal: whether a dataset has a row for each renewal: [k, …shape].
  ///   - planes: planes of this rank.
  func source(
    _ key: String, of lattice: Lattice, planes: Range<Int>, isRenewal: Bool, over communicator: Communicator
  ) throws -> ThresholdSource {
    guard case .dataset(let path, let dataset) = self else {
      return .distribution(try distribution(over: communicator))
    }
    let file = try HDF5File(path, .read, over: communicator)
    let shape = try Self.shape(of: dataset, in: file, key)
    let expected = isRenewal ? "[k, " + lattice.shape.map { "\($0)" }.joined(separator: ", ") + "]" : "\(lattice.shape)"
    guard
      isRenewal
        ? shape.count == lattice.dimension + 1 && Array(shape.dropFirst()) == lattice.shape && shape[0] >= 1
        : shape == lattice.shape
    else {
      throw Failure.everywhere(
        .input, "epm.\(key): \(path): the dataset \(dataset) has the shape \(shape); epm.shape asks for \(expected)")
    }
    let rows = isRenewal ? shape[0] : 1
    // All rows, with the thresholds of all renewals, are held in memory.
    try file.expectContent(of: dataset)
    let planeSize = lattice.planeSize
    let own = planes.count * planeSize
    let values = AlignedBuffer<Double>(capacity: rows * own)
    let rest = Array(lattice.shape.dropFirst())
    for row in 0..<rows {
      let prefix = isRenewal ? [row] : []
      let part = try file.read(
        Double.self, from: dataset, start: prefix + [planes.lowerBound] + rest.map { _ in 0 },
        count: prefix.map { _ in 1 } + [planes.count] + rest)
      for k in 0..<own { values[row * own + k] = part[k] }
      try communicator.coordinated {
        if let bad = part.firstIndex(where: { !($0 > 0 && $0.isFinite) }) {
          let site = planes.lowerBound * planeSize + bad
          let place = isRenewal ? "[\(row)]" + lattice.label(of: site) : lattice.label(of: site)
          throw Failure(
            .input,
            "epm.\(key): \(path): \(dataset)\(place) is \(part[bad]); thresholds must be finite and greater than 0")
        }
      }
    }
    try file.close()
    return .table(values, rows: rows)
  }

  /// Returns the distribution that the config describes. Collective.
  func distribution(over communicator: Communicator) throws -> Distribution {
    switch self {
    case .weibull(let shape, let mean): return .weibull(shape: shape, mean: mean)
    case .gaussian(let mean, let deviation): return .gaussian(mean: mean, deviation: deviation)
    case .exponential(let mean): return .exponential(mean: mean)
    case .samples(let values): return .samples(values)
    case .histogram(let edges, let weights): return .histogram(edges: edges, weights: weights)
    case .sampledDataset(let path, let dataset, let column, let skipNaN):
      let samples = try MeasuredNumbers.read(path, dataset, column: column, skipNaN: skipNaN, over: communicator)
      try MeasuredNumbers.expect(samples, of: dataset, in: path, "finite and greater than 0") { $0 > 0 && $0.isFinite }
      return .samples(samples)
    case .dataset: preconditionFailure("a dataset in the shape of the lattice is no distribution")
    }
  }

  static func shape(of dataset: String, in file: HDF5File, _ key: String) throws -> [Int] {
    guard try file.isDataset(dataset) else {
      throw Failure.everywhere(
        .input, "\(file.path): there is no dataset '\(dataset)'; athermal info lists what is there")
    }
    guard try file.typeName(of: dataset).contains(anyOf: ["float", "int"]) else {
      throw Failure.everywhere(.input, "\(file.path): the dataset '\(dataset)' does not hold numbers")
    }
    return try file.shape(of: dataset)
  }
}

extension String {
  fileprivate func contains(anyOf parts: [String]) -> Bool { parts.contains { contains($0) } }
}
