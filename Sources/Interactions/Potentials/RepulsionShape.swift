import Geometry

/// Dimensionless profile of an inverse power law, smoothed to vanish at its cutoff, as a function of u = (r/λ)².
public protocol RepulsionShape: Sendable {
  /// Cutoff of r/λ.
  var cutoff: Double { get }
  /// Sum of the magnitudes of the terms of df/d(r/λ) at the cutoff.
  var slopeTerms: Double { get }
  /// Returns f and 2 df/du.
  func valueAndDoubleSlope(_ u: Lanes) -> (Lanes, Lanes)
  /// Returns f, for a caller that already has 1/u.
  func value(_ u: Lanes, inverse: Lanes) -> Lanes
  /// Returns 2 df/du and 4 d²f/du².
  func doubleSlopeAndCurvature(_ u: Lanes) -> (Lanes, Lanes)
  /// Returns f and its first four derivatives with respect to u.
  func derivatives(_ u: Double) -> (Double, Double, Double, Double, Double)
}

/// Returns the coefficients c₂ₗ that make u^(−β/2) + Σ c₂ₗ uˡ vanish at the cutoff with q
/// derivatives (Richard, eq. A3).
public func smoothingCoefficients(exponent beta: Int, smoothing q: Int, cutoff: Double) -> [Double] {
  func doubleFactorial(_ n: Int) -> Double { stride(from: n, to: 1, by: -2).reduce(1) { $0 * Double($1) } }
  return (0...q).map { l in
    let sign = l % 2 == 0 ? -1.0 : 1.0
    let ratio = stride(from: beta, through: beta + 2 * q, by: 2).reduce(1.0) { $0 * Double($1) } / Double(beta + 2 * l)
    var power = 1.0
    for _ in 0..<(beta + 2 * l) { power /= cutoff }
    return sign * ratio * power / (doubleFactorial(2 * q - 2 * l) * doubleFactorial(2 * l))
  }
}

/// Returns the sum of the magnitudes of the terms of the slope at the cutoff: −β x^(−β−1) and 2l c₂ₗ x^(2l−1).
private func slopeTerms(exponent: Int, _ coefficients: [Double], cutoff x: Double) -> Double {
  func power(_ n: Int) -> Double { (0..<abs(n)).reduce(1) { product, _ in n > 0 ? product * x : product / x } }
  return coefficients.enumerated().reduce(Double(exponent) * power(-exponent - 1)) { sum, term in
    sum + abs(Double(2 * term.offset) * term.element) * power(2 * term.offset - 1)
  }
}

/// Profile of the papers, β = 10, q = 3, with everything known at compile time.
public struct TenthPower: RepulsionShape {
  public let cutoff: Double
  let c: (Double, Double, Double, Double)

  public init(cutoff: Double) {
    self.cutoff = cutoff
    let k = smoothingCoefficients(exponent: 10, smoothing: 3, cutoff: cutoff)
    c = (k[0], k[1], k[2], k[3])
  }

  public var slopeTerms: Double {
    Interactions.slopeTerms(exponent: 10, [c.0, c.1, c.2, c.3], cutoff: cutoff)
  }

  @inline(__always) public func valueAndDoubleSlope(_ u: Lanes) -> (Lanes, Lanes) {
    let s = Lanes(1) / u
    let s2 = s * s
    let s5 = s2 * s2 * s
    let polynomial = Lanes(c.3).times(u, plus: Lanes(c.2)).times(u, plus: Lanes(c.1)).times(u, plus: Lanes(c.0))
    let slope = Lanes(6 * c.3).times(u, plus: Lanes(4 * c.2)).times(u, plus: Lanes(2 * c.1))
    return (s5 + polynomial, (s5 * s).times(Lanes(-10), plus: slope))
  }

  @inline(__always) public func value(_ u: Lanes, inverse s: Lanes) -> Lanes {
    let s2 = s * s
    let polynomial = Lanes(c.3).times(u, plus: Lanes(c.2)).times(u, plus: Lanes(c.1)).times(u, plus: Lanes(c.0))
    return (s2 * s2).times(s, plus: polynomial)
  }

  @inline(__always) public func doubleSlopeAndCurvature(_ u: Lanes) -> (Lanes, Lanes) {
    let s = Lanes(1) / u
    let s2 = s * s
    let s6 = s2 * s2 * s2
    let slope = Lanes(6 * c.3).times(u, plus: Lanes(4 * c.2)).times(u, plus: Lanes(2 * c.1))
    let curvature = Lanes(24 * c.3).times(u, plus: Lanes(8 * c.2))
    return (s6.times(Lanes(-10), plus: slope), (s6 * s).times(Lanes(120), plus: curvature))
  }

  public func derivatives(_ u: Double) -> (Double, Double, Double, Double, Double) {
    let s = 1 / u
    let s5 = s * s * s * s * s
    return (
      s5 + c.0 + u * (c.1 + u * (c.2 + u * c.3)), -5 * s5 * s + c.1 + u * (2 * c.2 + u * 3 * c.3),
      30 * s5 * s * s + 2 * c.2 + 6 * c.3 * u, -210 * s5 * s * s * s + 6 * c.3, 1680 * s5 * s * s * s * s
    )
  }
}

/// Profile with any even exponent and any smoothing order.
public struct EvenPower: RepulsionShape {
  public let cutoff: Double
  let half: Int
  let coefficients: [Double]

  public init(exponent: Int, smoothing: Int, cutoff: Double) {
    precondition(exponent % 2 == 0 && exponent > 0 && smoothing >= 0)
    self.cutoff = cutoff
    half = exponent / 2
    coefficients = smoothingCoefficients(exponent: exponent, smoothing: smoothing, cutoff: cutoff)
  }

  public var slopeTerms: Double { Interactions.slopeTerms(exponent: 2 * half, coefficients, cutoff: cutoff) }

  /// Returns `factor` times the derivative of the given order of the polynomial, by Horner's rule.
  @inline(__always) private func polynomial(_ u: Lanes, order: Int, times factor: Double) -> Lanes {
    var sum = Lanes(0)
    var l = coefficients.count - 1
    while l >= order {
      var coefficient = factor * coefficients[l]
      for k in 0..<order { coefficient *= Double(l - k) }
      sum = sum.times(u, plus: Lanes(coefficient))
      l -= 1
    }
    return sum
  }

  @inline(__always) private func power(_ s: Lanes) -> Lanes {
    var result = s
    for _ in 1..<half { result = result * s }
    return result
  }

  @inline(__always) public func valueAndDoubleSlope(_ u: Lanes) -> (Lanes, Lanes) {
    let s = Lanes(1) / u
    let p = power(s)
    return (
      p + polynomial(u, order: 0, times: 1),
      (p * s).times(Lanes(-2 * Double(half)), plus: polynomial(u, order: 1, times: 2))
    )
  }

  @inline(__always) public func value(_ u: Lanes, inverse: Lanes) -> Lanes {
    power(inverse) + polynomial(u, order: 0, times: 1)
  }

  @inline(__always) public func doubleSlopeAndCurvature(_ u: Lanes) -> (Lanes, Lanes) {
    let s = Lanes(1) / u
    let p = power(s) * s
    let n = Double(half)
    return (
      p.times(Lanes(-2 * n), plus: polynomial(u, order: 1, times: 2)),
      (p * s).times(Lanes(4 * n * (n + 1)), plus: polynomial(u, order: 2, times: 4))
    )
  }

  public func derivatives(_ u: Double) -> (Double, Double, Double, Double, Double) {
    var f = [0.0, 0.0, 0.0, 0.0, 0.0]
    var term = 1.0
    for _ in 0..<half { term /= u }
    for order in 0...4 {
      f[order] = term
      term *= -Double(half + order) / u
      for l in stride(from: order, to: coefficients.count, by: 1) {
        var t = coefficients[l]
        for k in 0..<order { t *= Double(l - k) }
        for _ in 0..<(l - order) { t *= u }
        f[order] += t
      }
    }
    return (f[0], f[1], f[2], f[3], f[4])
  }
}
