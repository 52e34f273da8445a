import Foundation

/// The tail of a distribution, P(C) ~ C^(−a) above a threshold, fitted by maximum likelihood to counts in bins.
public struct PowerLawTail: Sendable {
  /// Lower edge of the first bin of the tail.
  public let threshold: Double
  /// Exponent a.
  public let exponent: Double
  /// Standard error of the exponent: by the jackknife over the samples if there are at least five, otherwise as if all
  /// counts were independent.
  public let error: Double
  /// Number of values in the tail.
  public let count: Int64
  /// Fraction of all values that are in the tail.
  public let fraction: Double

  /// Fits the longest tail that holds at most `fraction` of the values of all samples together; nil if fewer than 50
  /// values are in it, or if all of them are in one bin.
  public init?(_ samples: [LogarithmicHistogram], fraction: Double) {
    let sum = samples.reduce(LogarithmicHistogram()) { $0.adding($1) }
    let total = sum.total
    guard total > 0 else { return nil }
    var first = sum.counts.count
    var tail: Int64 = 0
    while first > 0, Double(tail + sum.counts[first - 1]) <= fraction * Double(total) {
      first -= 1
      tail += sum.counts[first]
    }
    guard tail >= 50, let exponent = Self.exponent(sum, from: first) else { return nil }
    threshold = LogarithmicHistogram.edges[first]
    self.exponent = exponent
    count = tail
    self.fraction = Double(tail) / Double(total)
    // Jackknife: leave out one sample after another. The bonds of one sample are not independent, but the samples are.
    let partial = samples.indices.compactMap { left in
      Self.exponent(sum.removing(samples[left]), from: first)
    }
    if samples.count >= 5, partial.count == samples.count {
      let n = Double(samples.count)
      let mean = partial.reduce(0, +) / n
      error = ((n - 1) / n * partial.map { ($0 - mean) * ($0 - mean) }.reduce(0, +)).squareRoot()
    } else {
      error = (exponent - 1) / Double(tail).squareRoot()
    }
  }

  /// Returns the amplitude of P(C) = A C^(−a) for a given exponent, from the weight of the tail.
  public func amplitude(forExponent a: Double) -> Double { fraction * (a - 1) * pow(threshold, a - 1) }

  /// Returns the most likely exponent of the bins from `first` on.
  ///
  /// In bins of equal ratio q the tail is a geometric series: of the values that reach a bin, the fraction q^(1−a) lies
  /// beyond it. So the likelihood depends only on the mean number of the bin.
  private static func exponent(_ histogram: LogarithmicHistogram, from first: Int) -> Double? {
    var count: Int64 = 0
    var places: Int64 = 0
    for bin in first..<histogram.counts.count {
      count += histogram.counts[bin]
      places += histogram.counts[bin] * Int64(bin - first)
    }
    guard count > 0, places > 0 else { return nil }
    let goesOn = Double(places) / Double(places + count)
    return 1 - log(goesOn) * Double(LogarithmicHistogram.binsPerDecade) / log(10)
  }
}
