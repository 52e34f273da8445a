import Foundation
import MessagePassing

/// Moments, median, histogram and fits of many numbers that are spread over the ranks. The results have the same bits
/// however the numbers are spread. Numbers that are NaN are left out.
public struct SampleDescription: Sendable {
  /// The Weibull distribution p(x) = (k/λ)(x/λ)^(k−1) exp(−(x/λ)^k), fitted by maximum
  /// likelihood to the positive numbers.
  public struct Weibull: Sendable {
    /// Shape k.
    public let shape: Double
    /// Scale λ.
    public let scale: Double
    /// Mean of ln p over the positive numbers.
    public let logLikelihood: Double
  }

  public let count: Int
  /// Number of values that are zero or negative. The Weibull fit excludes them.
  public let notPositive: Int
  public let mean: Double
  /// Variance Σ(x − mean)²/(n − 1).
  public let variance: Double
  public let median: Double
  public let minimum: Double
  public let maximum: Double
  /// Weibull fit; nil if fewer than two different numbers are positive.
  public let weibull: Weibull?
  /// Mean of ln p for the Gaussian with the same mean and variance.
  public let gaussianLogLikelihood: Double
  /// Histogram with bins of equal width from the smallest number to the largest. The densities
  /// times the width add up to 1.
  public let histogram: (edges: [Double], density: [Double])

  /// Describes the numbers of all ranks together. If there are none, the moments are NaN and the
  /// histogram is empty. Collective.
  /// - Parameter bins: number of bins of the histogram; nil for the square root of the count,
  ///   but at least 10 and at most 60.
  public init(of all: [Double], bins: Int? = nil, over communicator: Communicator) throws {
    let values = all.filter { !$0.isNaN }
    let count = try communicator.reduce(values.count, .sum)
    self.count = count
    minimum = count == 0 ? .nan : try communicator.reduce(values.min() ?? .infinity, .minimum)
    maximum = count == 0 ? .nan : try communicator.reduce(values.max() ?? -.infinity, .maximum)
    func total(_ terms: (Double) -> Double) throws -> Double {
      let sums = ExactSums(count: 1)
      for x in values { sums.add(terms(x), to: 0) }
      return try sums.reduce(over: communicator)[0]
    }
    let n = Double(count)
    let mean = try total { $0 } / n
    self.mean = mean
    let square = try total { ($0 - mean) * ($0 - mean) }
    variance = count > 1 ? square / (n - 1) : .nan
    gaussianLogLikelihood = -0.5 * (log(2 * Double.pi * square / n) + 1)
    median = try Self.median(values, count, communicator)
    let positive = values.filter { $0 > 0 }
    let positiveCount = try communicator.reduce(positive.count, .sum)
    notPositive = count - positiveCount
    weibull = try Self.weibull(positive, positiveCount, communicator)
    histogram = try Self.histogram(
      values, count, bins ?? max(10, min(60, Int(Double(count).squareRoot()))), minimum, maximum, communicator)
  }

  // MARK: Median

  /// Returns an integer for each number, in the same order as the numbers.
  private static func key(_ x: Double) -> Int64 {
    let bits = Int64(bitPattern: x.bitPattern)
    return bits >= 0 ? bits : Int64.min &- bits
  }

  private static func number(_ key: Int64) -> Double {
    Double(bitPattern: UInt64(bitPattern: key >= 0 ? key : Int64.min &- key))
  }

  /// Returns the median, found by bisection on the bits of the numbers, so that no number
  /// has to be sent to another rank.
  private static func median(_ values: [Double], _ count: Int, _ communicator: Communicator) throws -> Double {
    guard count > 0 else { return .nan }
    let keys = values.map(key)
    func ranked(_ rank: Int) throws -> Double {
      var low = Int64.min
      var high = Int64.max
      while low < high {
        let middle = (low & high) &+ ((low ^ high) >> 1)
        if try communicator.reduce(keys.count { $0 <= middle }, .sum) > rank { high = middle } else { low = middle + 1 }
      }
      return number(low)
    }
    let lower = try ranked((count - 1) / 2)
    return count % 2 == 1 ? lower : 0.5 * (lower + (try ranked(count / 2)))
  }

  // MARK: Weibull

  /// Fits a Weibull distribution by Newton's method for 1/k + ⟨ln x⟩ = Σ xᵏ ln x / Σ xᵏ, which has one solution.
  private static func weibull(_ values: [Double], _ count: Int, _ communicator: Communicator) throws -> Weibull? {
    guard count > 1 else { return nil }
    let logarithms = values.map { log($0) }
    // Powers of x/x_max cannot overflow.
    let largest = try communicator.reduce(logarithms.max() ?? -.infinity, .maximum)
    let smallest = try communicator.reduce(logarithms.min() ?? .infinity, .minimum)
    guard largest > smallest else { return nil }
    let sums = ExactSums(count: 3)
    for l in logarithms { sums.add(l - largest, to: 0) }
    let meanLogarithm = try sums.reduce(over: communicator)[0] / Double(count)
    var k = 1.0
    var power = 0.0
    for _ in 0..<100 {
      for l in logarithms {
        let y = l - largest
        let p = exp(k * y)
        sums.add(p, to: 0)
        sums.add(p * y, to: 1)
        sums.add(p * y * y, to: 2)
      }
      let s = try sums.reduce(over: communicator)
      power = s[0]
      let ratio = s[1] / s[0]
      let value = 1 / k + meanLogarithm - ratio
      let slope = -1 / (k * k) - (s[2] / s[0] - ratio * ratio)
      let next = max(0.1 * k, k - value / slope)
      let isDone = abs(next - k) <= 1e-12 * k
      if isDone { break }
      k = next
    }
    let relativeScale = log(power / Double(count)) / k
    let logLikelihood = log(k) - (largest + relativeScale) + (k - 1) * (meanLogarithm - relativeScale) - 1
    return Weibull(shape: k, scale: exp(largest + relativeScale), logLikelihood: logLikelihood)
  }

  // MARK: Histogram

  private static func histogram(
    _ values: [Double], _ count: Int, _ bins: Int, _ minimum: Double, _ maximum: Double, _ communicator: Communicator
  ) throws -> ([Double], [Double]) {
    guard count > 0, maximum > minimum, (maximum - minimum).isFinite else { return ([], []) }
    let width = (maximum - minimum) / Double(bins)
    var counts = [Int](repeating: 0, count: bins)
    for x in values { counts[min(bins - 1, Int((x - minimum) / width))] += 1 }
    try communicator.reduce(&counts, .sum)
    return ((0...bins).map { minimum + Double($0) * width }, counts.map { Double($0) / (Double(count) * width) })
  }
}
