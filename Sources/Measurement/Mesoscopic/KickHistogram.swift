import MessagePassing
import Statistics

/// Counts of numbers of either sign in bins that are logarithmic in their magnitude.
public struct KickHistogram: Sendable, Equatable {
  /// Edges of the bins of positive numbers, and of the magnitudes of negative ones.
  public static var edges: [Double] { LogarithmicHistogram.edges }

  /// Counts in the bins of positive numbers.
  public private(set) var positive: [Int64]
  /// Counts in the bins of negative numbers, by magnitude.
  public private(set) var negative: [Int64]
  /// Count of exact zeros.
  public private(set) var zeros: Int64 = 0

  public init() {
    positive = LogarithmicHistogram().counts
    negative = positive
  }

  public mutating func add(_ value: Double) {
    if value == 0 {
      zeros += 1
    } else {
      let bin = LogarithmicHistogram.bin(of: abs(value))
      if value > 0 { positive[bin] += 1 } else { negative[bin] += 1 }
    }
  }

  /// All counts: positive, negative, zeros.
  var counts: [Int64] { positive + negative + [zeros] }

  init(counts: [Int64]) {
    let bins = Self.edges.count - 1
    positive = Array(counts[..<bins])
    negative = Array(counts[bins..<(2 * bins)])
    zeros = counts[2 * bins]
  }

  /// Returns the counts of all ranks together. Collective.
  func pooled(over communicator: Communicator) throws -> KickHistogram {
    var all = counts
    try communicator.reduce(&all, .sum)
    return KickHistogram(counts: all)
  }
}
