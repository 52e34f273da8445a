import Foundation

/// The flow curve σ = σ_Y + A γ̇ⁿ of Herschel and Bulkley, fitted to measured stresses by weighted least squares.
public struct HerschelBulkley: Codable, Sendable {
  /// A point of a flow curve.
  public struct Point: Sendable {
    public var rate: Double
    public var stress: Double
    /// Standard error of the stress; NaN if it is not known.
    public var error: Double

    public init(rate: Double, stress: Double, error: Double) {
      self.rate = rate
      self.stress = stress
      self.error = error
    }
  }

  public let yieldStress: Double
  public let yieldStressError: Double
  public let prefactor: Double
  public let prefactorError: Double
  public let exponent: Double
  /// 0 for an exponent that was given.
  public let exponentError: Double
  /// Square of the deviations in units of the errors, per degree of freedom; nil where there is none, or without
  /// errors.
  public let reducedChiSquare: Double?

  private static let exponents = 0.05...2.0

  /// Fits a curve with a given exponent, or with the best one.
  ///
  /// Errors of the parameters follow from those of the stresses, and are larger by the root of χ² per degree of freedom
  /// where that is above 1. Without errors of the stresses, they follow from the deviations alone.
  /// - Returns: nil for fewer different rates than parameters, or a best exponent outside of 0.05 to 2.
  public init?(_ points: [Point], exponent fixed: Double? = nil) {
    let parameters = fixed == nil ? 3 : 2
    guard Set(points.map(\.rate)).count >= parameters, points.allSatisfy({ $0.rate > 0 && $0.stress.isFinite }) else {
      return nil
    }
    let hasErrors = points.allSatisfy { $0.error > 0 && $0.error.isFinite }
    let weights = points.map { hasErrors ? 1 / ($0.error * $0.error) : 1 }
    guard let n = fixed ?? Self.bestExponent(points, weights) else { return nil }
    let line = Self.line(points, weights, n)
    let freedom = points.count - parameters
    let ratio = freedom > 0 ? line.square / Double(freedom) : .nan
    let scale = hasErrors ? (ratio > 1 ? ratio : 1) : ratio
    let variances = Self.variances(points, weights, n, prefactor: line.slope, isFree: fixed == nil)
    yieldStress = line.intercept
    prefactor = line.slope
    exponent = n
    yieldStressError = (scale * variances[0]).squareRoot()
    prefactorError = (scale * variances[1]).squareRoot()
    exponentError = fixed == nil ? (scale * variances[2]).squareRoot() : 0
    reducedChiSquare = hasErrors && freedom > 0 ? ratio : nil
  }

  /// The best σ_Y and A for an exponent, and the weighted square of the deviations.
  private static func line(
    _ points: [Point], _ weights: [Double], _ n: Double
  ) -> (intercept: Double, slope: Double, square: Double) {
    let x = points.map { pow($0.rate, n) }
    let total = weights.reduce(0, +)
    let mx = zip(weights, x).reduce(0) { $0 + $1.0 * $1.1 } / total
    let my = zip(weights, points).reduce(0) { $0 + $1.0 * $1.1.stress } / total
    var (sxx, sxy) = (0.0, 0.0)
    for k in points.indices {
      sxx += weights[k] * (x[k] - mx) * (x[k] - mx)
      sxy += weights[k] * (x[k] - mx) * (points[k].stress - my)
    }
    let slope = sxy / sxx
    let intercept = my - slope * mx
    let square = points.indices.reduce(0) { sum, k in
      let off = points[k].stress - intercept - slope * x[k]
      return sum + weights[k] * off * off
    }
    return (intercept, slope, square)
  }

  /// Finds the exponent by a scan and golden sections.
  private static func bestExponent(_ points: [Point], _ weights: [Double]) -> Double? {
    let count = 100
    let step = (exponents.upperBound - exponents.lowerBound) / Double(count)
    let scan = (0...count).map { exponents.lowerBound + Double($0) * step }
    let squares = scan.map { line(points, weights, $0).square }
    let best = squares.indices.min { squares[$0] < squares[$1] }!
    guard best > 0, best < count else { return nil }
    var (a, b) = (scan[best - 1], scan[best + 1])
    let golden = (5.0.squareRoot() - 1) / 2
    for _ in 0..<60 {
      let (c, d) = (b - golden * (b - a), a + golden * (b - a))
      if line(points, weights, c).square < line(points, weights, d).square { b = d } else { a = c }
    }
    return (a + b) / 2
  }

  /// Diagonal of (JᵀWJ)⁻¹ with J = (1, γ̇ⁿ, A γ̇ⁿ ln γ̇).
  private static func variances(
    _ points: [Point], _ weights: [Double], _ n: Double, prefactor: Double, isFree: Bool
  ) -> [Double] {
    var m = [[Double]](repeating: [0, 0, 0], count: 3)
    for k in points.indices {
      let power = pow(points[k].rate, n)
      let row = [1, power, isFree ? prefactor * power * log(points[k].rate) : 0]
      for a in 0..<3 { for b in 0..<3 { m[a][b] += weights[k] * row[a] * row[b] } }
    }
    if !isFree { m[2][2] = 1 }
    func minor(_ a: Int, _ b: Int) -> Double { m[a][a] * m[b][b] - m[a][b] * m[b][a] }
    let determinant =
      m[0][0] * minor(1, 2) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
      + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
    return [minor(1, 2) / determinant, minor(0, 2) / determinant, minor(0, 1) / determinant]
  }
}
