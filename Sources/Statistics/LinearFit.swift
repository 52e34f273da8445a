/// The line y = a + b x, fitted by least squares with equal weights.
public struct LinearFit: Codable, Equatable, Sendable {
  public let intercept: Double
  public let slope: Double
  /// Standard errors from the scatter about the line, as if the points were independent; NaN for two points.
  public let interceptError: Double
  public let slopeError: Double
  /// Number of points used.
  public let count: Int

  /// Fits the points whose x lies in a range.
  /// - Returns: nil if these are fewer than two different x, or if any of the numbers is not finite.
  public init?(_ points: [(x: Double, y: Double)], in range: ClosedRange<Double> = -.infinity ... .infinity) {
    let used = points.filter { range.contains($0.x) }
    guard used.count >= 2, used.allSatisfy({ $0.x.isFinite && $0.y.isFinite }) else { return nil }
    let n = Double(used.count)
    let mx = used.reduce(0) { $0 + $1.x } / n
    let my = used.reduce(0) { $0 + $1.y } / n
    let sxx = used.reduce(0) { $0 + ($1.x - mx) * ($1.x - mx) }
    guard sxx > 0 else { return nil }
    let b = used.reduce(0) { $0 + ($1.x - mx) * ($1.y - my) } / sxx
    let a = my - b * mx
    let residual = used.reduce(0) { sum, point in
      let off = point.y - a - b * point.x
      return sum + off * off
    }
    let variance = used.count > 2 ? residual / (n - 2) : .nan
    intercept = a
    slope = b
    slopeError = (variance / sxx).squareRoot()
    interceptError = (variance * (1 / n + mx * mx / sxx)).squareRoot()
    count = used.count
  }
}
