import Configuration
import Foundation
import MeanField
import MessagePassing

extension MeanFieldModel {
  /// Number of amounts by which a distribution of stress drops is represented.
  private static let dropClasses = 32

  /// Makes the model that the config describes, for one of its couplings. Files are read. Collective.
  init(_ section: MeanfieldSection, alpha: Double, over communicator: Communicator) throws {
    let unit = MeanfieldUnits(section).stress
    self.init(
      alpha: alpha, noise: try KickNoise(section.noise, unit: unit, over: communicator),
      yielding: {
        switch section.yielding {
        case .constant: .constant
        case .progressive(let exponent): .progressive(exponent: exponent)
        }
      }(),
      relaxation: try StressRelease(section.release, unit: unit, classes: Self.dropClasses, over: communicator))
    if let numbers = section.thresholds {
      let values = try numbers.distribution(over: communicator).classes(section.thresholdClasses)
      thresholds = values.map { Threshold(value: $0 / unit, weight: 1 / Double(values.count)) }
    }
  }
}

extension KickNoise {
  fileprivate init(_ noise: MeanfieldNoise, unit: Double, over communicator: Communicator) throws {
    switch noise {
    case .gaussian: self = .gaussian
    case .levy(let exponent, let lower, let upper):
      self = .levy(exponent: exponent, lower: lower / unit, upper: upper / unit)
    case .measured(let numbers):
      let (edges, weights) = try numbers.histogram(over: communicator)
      self = .histogram(edges: edges.map { $0 / unit }, weights: weights)
    }
  }
}

extension StressRelease {
  fileprivate init(_ release: MeanfieldRelease, unit: Double, classes: Int, over communicator: Communicator) throws {
    switch release {
    case .complete: self = .complete
    case .fraction(let fraction): self = .fraction(fraction)
    case .drop(let drop): self = .drops([(drop / unit, 1)])
    case .distribution(let numbers):
      let values = try numbers.distribution(over: communicator).classes(classes)
      self = .drops(values.map { ($0 / unit, 1 / Double(values.count)) })
    }
  }
}

extension InitialStresses {
  /// Makes the initial stresses that the config describes. Collective.
  init(_ initial: MeanfieldInitial, _ units: MeanfieldUnits, over communicator: Communicator) throws {
    switch initial {
    case .delta(let stress): self = .delta(stress / units.stress)
    case .gaussian(let mean, let deviation):
      self = .gaussian(mean: mean / units.stress, deviation: deviation / units.stress)
    case .stationary(let rate): self = .stationary(rate: rate / units.rate)
    case .measured(let numbers):
      let (edges, weights) = try numbers.histogram(over: communicator)
      self = .histogram(edges: edges.map { $0 / units.stress }, weights: weights)
    }
  }
}

extension SignedNumbers {
  /// Returns a histogram of the numbers. Files are read. Collective.
  func histogram(over communicator: Communicator) throws -> (edges: [Double], weights: [Double]) {
    switch self {
    case .histogram(let edges, let weights): return (edges, weights)
    case .samples(let values, let bins): return try Self.histogram(values, bins, of: "values")
    case .dataset(let file, let dataset, let column, let skipNaN, let bins):
      let values = try MeasuredNumbers.read(file, dataset, column: column, skipNaN: skipNaN, over: communicator)
      try MeasuredNumbers.expect(values, of: dataset, in: file, "finite") { $0.isFinite }
      return try Self.histogram(values, bins, of: "\(file): \(dataset)")
    }
  }

  private static func histogram(_ values: [Double], _ bins: Int, of name: String) throws -> ([Double], [Double]) {
    let (low, high) = (values.min()!, values.max()!)
    guard high > low else {
      throw Failure.everywhere(.input, "\(name): all numbers are \(low); a distribution needs two different ones")
    }
    let width = (high - low) / Double(bins)
    var weights = [Double](repeating: 0, count: bins)
    for value in values { weights[min(bins - 1, Int((value - low) / width))] += 1 }
    return ((0...bins).map { low + Double($0) * width }, weights)
  }
}
