import Foundation

/// The power law y = A x^α, fitted by least squares of ln y against ln x.
public struct PowerLawFit: Sendable, Codable, Equatable {
  public let exponent: Double
  /// Standard error of the exponent. For one curve, it follows from the scatter about the line, as if the points were
  /// independent. For an ensemble, it is the standard error of the mean of the exponents of its curves.
  public let exponentError: Double
  /// Prefactor A; for an ensemble, the geometric mean of those of its curves.
  public let amplitude: Double
  /// Number of points; for an ensemble, number of curves.
  public let count: Int

  /// Fits one curve.
  /// - Returns: nil if fewer than three points have x, y > 0, or if all x are the same.
  public init?(_ points: [(x: Double, y: Double)]) {
    let good = points.filter { $0.x > 0 && $0.y > 0 && $0.x.isFinite && $0.y.isFinite }
    guard good.count >= 3 else { return nil }
    let n = Double(good.count)
    let xs = good.map { log($0.x) }
    let ys = good.map { log($0.y) }
    let (mx, my) = (xs.reduce(0, +) / n, ys.reduce(0, +) / n)
    let sxx = xs.reduce(0) { $0 + ($1 - mx) * ($1 - mx) }
    let sxy = zip(xs, ys).reduce(0) { $0 + ($1.0 - mx) * ($1.1 - my) }
    guard sxx > 1e-12 else { return nil }
    let slope = sxy / sxx
    let residual = zip(xs, ys).reduce(0) { sum, point in
      let off = point.1 - my - slope * (point.0 - mx)
      return sum + off * off
    }
    exponent = slope
    exponentError = (residual / (n - 2) / sxx).squareRoot()
    amplitude = exp(my - slope * mx)
    count = good.count
  }

  /// Averages the exponents of several curves; nil for fewer than two curves.
  public init?(ensemble: [PowerLawFit]) {
    guard ensemble.count >= 2 else { return nil }
    let n = Double(ensemble.count)
    let mean = ensemble.reduce(0) { $0 + $1.exponent } / n
    exponent = mean
    exponentError = (ensemble.reduce(0) { $0 + ($1.exponent - mean) * ($1.exponent - mean) } / (n - 1) / n).squareRoot()
    amplitude = exp(ensemble.reduce(0) { $0 + log($1.amplitude) } / n)
    count = ensemble.count
  }
}
