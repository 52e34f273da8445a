import Foundation

/// The exponent of the tail of a distribution, P(C) ~ C^(−a) above a threshold, by maximum likelihood for counts in
/// bins.
public struct PowerLawTail: Sendable {
  /// Lower edge of the first bin that counts.
  public let threshold: Double
  /// a
  public let exponent: Double
  /// Standard error: over the samples (jackknife) where there are several, else that of independent counts.
  public let error: Double
  /// Numbers in the tail.
  public let count: Int64
  /// The fraction of all numbers that lie in the tail.
  public let fraction: Double

  /// The tail of the sum of the samples that holds about `fraction` of all numbers; nil where fewer than 50 are in it.
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
    // Leaving out one sample after another: bonds of one sample are not independent, samples are.
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

  /// The amplitude of P(C) = A C^(−a) for a given exponent, from the weight of the tail.
  public func amplitude(forExponent a: Double) -> Double { fraction * (a - 1) * pow(threshold, a - 1) }

  /// In bins of equal ratio q the tail is geometric: of what reaches a bin, the part q^(1−a) goes on to the next. So
  /// the likelihood depends on the mean place alone.
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
