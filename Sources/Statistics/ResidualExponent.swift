import Foundation

/// Bins of the residual strength x = (Y − σ)/⟨Y⟩, ten per decade.
public enum ResidualStrengths {
  /// Edges of the bins, from 10⁻⁶ to 10. Histograms have one more bin at each end, for values beyond the edges.
  public static let edges: [Double] = (0...70).map { pow(10, Double($0) / 10 - 6) }
}

/// The law P(x) ∝ x^θ between two residual strengths, fitted to a histogram by maximum likelihood.
public struct ResidualExponent: Sendable, Codable, Equatable {
  public let exponent: Double
  /// Standard error of θ, from the curvature of the likelihood. It is a lower limit, since all blocks of all samples
  /// are treated as independent.
  public let exponentError: Double
  /// Limits of the fitted range of x, which are edges of bins.
  public let from: Double
  public let to: Double
  /// Number of blocks in the fitted range.
  public let count: Int

  /// Fits a histogram.
  /// - Parameters:
  ///   - counts: number of blocks in each bin, with one more bin below the first edge and one above the last.
  /// - Returns: nil for fewer than 100 blocks or three bins between the limits.
  public init?(counts: [Int64], edges: [Double], from: Double, to: Double) {
    precondition(counts.count == edges.count + 1)
    let slack = 1 + 1e-9
    let bins = (1..<edges.count).filter { edges[$0 - 1] * slack >= from && edges[$0] <= to * slack }
    guard bins.count >= 3 else { return nil }
    let low = edges[bins.first! - 1]
    let high = edges[bins.last!]
    let total = bins.reduce(0) { $0 + Int(counts[$1]) }
    guard total >= 100 else { return nil }
    // The probability of a bin is (b^t − a^t)/(high^t − low^t), t = θ + 1.
    func logLikelihood(_ t: Double) -> Double {
      func weight(_ a: Double, _ b: Double) -> Double {
        abs(t) < 1e-9 ? log(b / a) : (pow(b / high, t) - pow(a / high, t)) / t
      }
      let whole = log(weight(low, high))
      return bins.reduce(0) {
        counts[$1] > 0 ? $0 + Double(counts[$1]) * (log(weight(edges[$1 - 1], edges[$1])) - whole) : $0
      }
    }
    // The likelihood has one maximum, which is bracketed by golden sections.
    var (a, b) = (-3.0, 12.0)
    let ratio = (5.0.squareRoot() - 1) / 2
    while b - a > 1e-8 {
      let (c, d) = (b - ratio * (b - a), a + ratio * (b - a))
      if logLikelihood(c) > logLikelihood(d) { b = d } else { a = c }
    }
    let t = (a + b) / 2
    let step = 1e-3
    let curvature = (logLikelihood(t + step) - 2 * logLikelihood(t) + logLikelihood(t - step)) / (step * step)
    guard curvature < 0, t > -2.9, t < 11.9 else { return nil }
    exponent = t - 1
    exponentError = (-1 / curvature).squareRoot()
    self.from = low
    self.to = high
    count = total
  }
}
