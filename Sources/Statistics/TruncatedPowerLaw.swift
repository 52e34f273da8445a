import Foundation

/// The law P(S) ∝ S^−τ exp(−S/S_c) for integers S ≥ 1, fitted to a sample by maximum likelihood.
///
/// It is an exponential family in (ln S, S): the likelihood has one maximum, which Newton's method finds. The errors
/// follow from the Fisher information, for independent avalanches.
public struct TruncatedPowerLaw: Sendable, Codable, Equatable {
  public let exponent: Double
  public let exponentError: Double
  /// Cut-off S_c.
  public let cutoff: Double
  public let cutoffError: Double
  /// Number of avalanches used.
  public let count: Int
  public let meanSize: Double

  /// Fits the sizes of avalanches.
  /// - Parameter sizes: number of avalanches of each size.
  /// - Returns: nil for fewer than 50 avalanches, or if the likelihood has no maximum at a finite, positive cut-off.
  public init?(sizes: [Int: Int]) {
    let total = sizes.values.reduce(0, +)
    guard total >= 50, sizes.count >= 3 else { return nil }
    let n = Double(total)
    // Sum in order of size, so that the sums have the same bits in every run.
    let ordered = sizes.sorted { $0.key < $1.key }
    let meanLog = ordered.reduce(0.0) { $0 + Double($1.value) * log(Double($1.key)) } / n
    let mean = ordered.reduce(0.0) { $0 + Double($1.value) * Double($1.key) } / n
    let largest = Double(ordered.last!.key)
    var (tau, rate) = (1.0, 1 / (largest / 3 + 1))
    for _ in 0..<200 {
      let m = Self.moments(tau, rate)
      // Gradient of the mean log-likelihood; its Hessian is minus the covariance.
      let (a, b) = (m.log - meanLog, m.size - mean)
      let determinant = m.logLog * m.sizeSize - m.logSize * m.logSize
      guard determinant > 0, determinant.isFinite else { return nil }
      var stepTau = (a * m.sizeSize - b * m.logSize) / determinant
      var stepRate = (b * m.logLog - a * m.logSize) / determinant
      // Stay where the distribution can be normalised.
      var damping = 1.0
      while rate + damping * stepRate <= rate / 4 || abs(damping * stepTau) > 0.5 {
        damping /= 2
        if damping < 1e-9 { return nil }
      }
      stepTau *= damping
      stepRate *= damping
      tau += stepTau
      rate += stepRate
      guard rate > 1e-9 else { return nil }
      if abs(stepTau) < 1e-10, abs(stepRate) < 1e-10 * rate {
        exponent = tau
        exponentError = (m.sizeSize / determinant / n).squareRoot()
        cutoff = 1 / rate
        cutoffError = (m.logLog / determinant / n).squareRoot() / (rate * rate)
        count = total
        meanSize = mean
        return
      }
    }
    return nil
  }

  private struct Moments {
    var log = 0.0, size = 0.0, logLog = 0.0, logSize = 0.0, sizeSize = 0.0
  }

  /// Returns the means and covariances of ln S and S. Small sizes are summed one by one, larger ones in cells, each of
  /// which is represented by its midpoint.
  private static func moments(_ tau: Double, _ rate: Double) -> Moments {
    var (z, l, s, ll, ls, ss) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    func add(_ size: Double, _ weight: Double) {
      let x = Foundation.log(size)
      let w = weight * exp(-tau * x - rate * size)
      z += w
      l += w * x
      s += w * size
      ll += w * x * x
      ls += w * x * size
      ss += w * size * size
    }
    for k in 1...2000 { add(Double(k), 1) }
    // Cells [start, end) by the midpoint rule, whose error is (width/size)²/24 ~ 1e-6 of a cell.
    var start = 2000.5
    while start * rate < 60, start < 1e12 {
      let end = start * 1.005 + 0
      add((start + end) / 2, end - start)
      start = end
    }
    return Moments(
      log: l / z, size: s / z, logLog: ll / z - l / z * l / z, logSize: ls / z - l / z * s / z,
      sizeSize: ss / z - s / z * s / z)
  }
}
