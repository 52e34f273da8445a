import Foundation

/// Counts of positive numbers in bins of equal width on a logarithmic scale. The bins are always the same, so that
/// histograms of several samples can be added.
public struct LogarithmicHistogram: Sendable {
  public static let binsPerDecade = 20
  private static let lowestDecade = -20
  private static let decades = 40

  /// Edges of the bins; there is one more edge than bins.
  public static let edges: [Double] = (0...(decades * binsPerDecade)).map {
    pow(10, Double(lowestDecade) + Double($0) / Double(binsPerDecade))
  }

  /// Count of each bin. Numbers below the lowest edge count in the first bin, those above the highest edge in the last.
  public var counts: [Int64]

  public init() { counts = [Int64](repeating: 0, count: Self.decades * Self.binsPerDecade) }

  public init(counts: [Int64]) { self.counts = counts }

  public mutating func add(_ value: Double) {
    precondition(value.isFinite, "a coefficient is not a number")
    counts[Self.bin(of: value)] += 1
  }

  /// Returns the bin in which a finite number counts.
  public static func bin(of value: Double) -> Int {
    let place = value > 0 ? (log10(value) - Double(lowestDecade)) * Double(binsPerDecade) : 0
    return max(0, min(decades * binsPerDecade - 1, Int(max(place, 0))))
  }

  public var total: Int64 { counts.reduce(0, +) }

  public func adding(_ other: LogarithmicHistogram) -> LogarithmicHistogram {
    LogarithmicHistogram(counts: zip(counts, other.counts).map { $0 + $1 })
  }

  func removing(_ other: LogarithmicHistogram) -> LogarithmicHistogram {
    LogarithmicHistogram(counts: zip(counts, other.counts).map { $0 - $1 })
  }

  /// Density of each bin: numbers per unit of value, normalised to one.
  public var density: [Double] {
    let all = Double(total)
    return counts.indices.map { Double(counts[$0]) / (all * (Self.edges[$0 + 1] - Self.edges[$0])) }
  }
}
