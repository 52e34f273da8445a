import Foundation

/// The Hébraud-Lequeux model at vanishing shear rate, for a coupling 0 < α < ½: ⟨σ⟩ = σ_Y + A √γ̇ + O(γ̇).
///
/// All quantities are reduced: stresses in σ_c, times in τ, rates in σ_c/(G₀τ). The parameter is u = σ_c G₀τ/d, where
/// τD → d γ̇. Equations are those of Puosi, Olivier and Martens, Appendix A, with (24) corrected.
public struct QuasistaticLimit: Sendable, Equatable {
  /// The coupling α = tanh(u/2)/u (equation 14).
  public let alpha: Double
  /// The Péclet number of the local stress, σ_c G₀ γ̇/D.
  public let u: Double

  /// Solves (14) for u.
  /// - Precondition: 0 < α < ½; elsewhere there is no yield stress.
  public init(alpha: Double) {
    precondition(alpha > 0 && alpha < 0.5, "a yield stress exists for 0 < α < ½")
    self.alpha = alpha
    if alpha < 0.25 {
      u = Self.root(of: { -tanh($0 / 2) / $0 }, at: -alpha, between: 0.9 / alpha, and: 1 / alpha)
    } else {
      // ½ − α is exact near ½, and the left side is a series there: u keeps its relative accuracy.
      let gap = 0.5 - alpha
      u = Self.root(of: { Self.gap($0) }, at: gap, between: (24 * gap).squareRoot() * 0.9, and: 1 / alpha)
    }
  }

  /// Takes the state of a given u > 0.
  public init(u: Double) {
    precondition(u > 0 && u.isFinite)
    self.u = u
    alpha = tanh(u / 2) / u
  }

  /// Finds the state whose yield stress is `yieldStress` = σ_Y/σ_c, which lies between 0 and ½.
  public init(yieldStress: Double) {
    precondition(yieldStress > 0 && yieldStress < 0.5, "yield stresses lie between 0 and ½ of the local one")
    // ½ coth(u/2) ≥ ½, so that u > 1/(½ − σ_Y) − …; and σ_Y < u/12.
    let largest = max(1 / (0.5 - yieldStress) * 1.0001, 1)
    self.init(u: Self.root(of: { Self.yieldStress($0) }, at: yieldStress, between: 12 * yieldStress, and: largest * 2))
  }

  /// Finds the state whose prefactor is `prefactor` = A/√(G₀σ_cτ) > 0.
  public init(prefactor: Double) {
    precondition(prefactor > 0 && prefactor.isFinite)
    // A falls with u, from u^(−3/2) to 1/(2√u).
    let (small, large) = (pow(prefactor, -2.0 / 3), 1 / (4 * prefactor * prefactor))
    self.init(
      u: Self.root(
        of: { -Self.prefactor($0) }, at: -prefactor, between: min(small, large) / 4, and: 4 * max(small, large)))
  }

  /// The dynamic yield stress σ_Y/σ_c = ½ coth(u/2) − 1/u (equation 15).
  public var yieldStress: Double { Self.yieldStress(u) }

  /// The prefactor A/√(G₀σ_cτ) of the square root of the rate.
  public var prefactor: Double { Self.prefactor(u) }

  /// The first coefficient of the diffusion, d = 1/u: τD = d γ̇ + d̃ γ̇^(3/2).
  public var diffusion: Double { 1 / u }

  /// The second coefficient of the diffusion, d̃ = −u^(−3/2) (sinh u + u)/(sinh u − u) (equation 22).
  public var diffusionCorrection: Double { -Self.sumOverDifference(u) / (u * u.squareRoot()) }

  // MARK: Functions of u, by series where differences of large terms would lose digits

  /// Returns ½ − tanh(u/2)/u.
  private static func gap(_ u: Double) -> Double {
    guard u < 0.7 else { return 0.5 - tanh(u / 2) / u }
    // tanh(x)/x = Σ 2^(2k) (2^(2k) − 1) B_2k x^(2k−2)/(2k)!, with x = u/2, without the first term, ½ after halving.
    let square = u * u / 4
    let coefficients: [Double] = [
      1.0 / 3, -2.0 / 15, 17.0 / 315, -62.0 / 2835, 1382.0 / 155_925, -21844.0 / 6_081_075, 929_569.0 / 638_512_875,
      -6_404_582.0 / 10_854_718_875, 443_861_162.0 / 1_856_156_927_625, -18_888_466_084.0 / 194_896_477_400_625,
    ]
    return coefficients.reversed().reduce(0) { ($0 + $1 / 2) * square }
  }

  /// Returns ½ coth(u/2) − 1/u.
  private static func yieldStress(_ u: Double) -> Double {
    u < 2 ? cotangentSeries(u) : 0.5 / tanh(u / 2) - 1 / u
  }

  /// Coefficients B_2k/(2k)! of ½ coth(u/2) − 1/u = Σ_{k ≥ 1} B_2k u^(2k−1)/(2k)!, which are 2(−1)^(k+1) ζ(2k)/(2π)^2k.
  private static let cotangent: [Double] = (1...24).map { k in
    let pi2 = Double.pi * .pi
    let closed = [pi2 / 6, pi2 * pi2 / 90, pi2 * pi2 * pi2 / 945, pi2 * pi2 * pi2 * pi2 / 9450]
    let zeta = k <= 4 ? closed[k - 1] : (1...60).reversed().reduce(0.0) { $0 + pow(Double($1), -2 * Double(k)) }
    return 2 * (k % 2 == 1 ? 1 : -1) * zeta / pow(2 * .pi, 2 * Double(k))
  }

  private static func cotangentSeries(_ u: Double) -> Double {
    u * cotangent.reversed().reduce(0) { $0 * u * u + $1 }
  }

  /// Returns (sinh u + u)/(sinh u − u).
  private static func sumOverDifference(_ u: Double) -> Double {
    if u > 20 { return (1 + 2 * u * exp(-u)) / (1 - 2 * u * exp(-u)) }
    return (sinh(u) + u) / sineExcess(u)
  }

  /// Returns sinh u − u.
  private static func sineExcess(_ u: Double) -> Double {
    guard u < 2 else { return sinh(u) - u }
    var (term, sum) = (u, 0.0)
    for k in 1...14 {
      term *= u * u / Double(2 * k * (2 * k + 1))
      sum += term
    }
    return sum
  }

  /// Returns [u cosh u + 2 sinh u + 3u − 3u² coth(u/2)] / [2 u^(3/2) (sinh u − u)].
  private static func prefactor(_ u: Double) -> Double {
    let power = 2 * u * u.squareRoot()
    if u > 20 {
      // Both sides times 2 exp(−u).
      let e = exp(-u)
      let coth = (1 + e) / (1 - e)
      return (u * (1 + e * e) + 2 * (1 - e * e) + 2 * e * (3 * u - 3 * u * u * coth))
        / (power * (1 - e * e - 2 * u * e))
    }
    guard u < 2 else {
      return (u * cosh(u) + 2 * sinh(u) + 3 * u - 3 * u * u / tanh(u / 2)) / (power * sineExcess(u))
    }
    // u cosh u + 2 sinh u = Σ u^(2k+1) (2k + 3)/(2k + 1)!, 3u² coth(u/2) = 6u + 6u² Σ B_2k u^(2k−1)/(2k)!. The terms
    // of u cancel; so do those of u³, ½ + ⅓ ... − ½, up to u³/3.
    var (term, sum) = (u, 0.0)
    for k in 1...20 {
      term *= u * u / Double(2 * k * (2 * k + 1))
      sum += term * Double(2 * k + 3) - 6 * cotangent[k - 1] * pow(u, Double(2 * k + 1))
    }
    return sum / (power * sineExcess(u))
  }

  /// Returns where an increasing function takes a value, by Newton-like steps that stay inside the bracket.
  private static func root(of f: (Double) -> Double, at value: Double, between a: Double, and b: Double) -> Double {
    var (low, high) = (a, b)
    while f(low) > value { low /= 2 }
    while f(high) < value { high *= 2 }
    return ScalarRoot.find(between: low, and: high, tolerance: 0) { (f($0) - value) / value.magnitude }
  }
}
