import Foundation

/// The stationary state of the Hébraud-Lequeux model at a finite rate, exact: piecewise exponentials, joined at the
/// thresholds ±1 and at 0, with one scalar root for the diffusion.
///
/// All quantities are reduced: stresses in σ_c, times in τ, rates in σ_c/(G₀τ), diffusion in σ_c²/τ. The equation is
/// γ̇ P′ = D P″ − θ(|σ| − 1) P + Γ δ(σ), with D = αΓ; any α > 0.
public struct ExactStationaryState: Sendable {
  public let alpha: Double
  public let rate: Double
  /// The diffusion D = αΓ.
  public let diffusion: Double
  /// The yielding rate Γ.
  public let activity: Double
  /// The mean stress ⟨σ⟩.
  public let stress: Double

  private let pieces: Pieces

  /// Solves for the state.
  /// - Precondition: `alpha` and `rate` are positive and finite.
  public init(alpha: Double, rate: Double) {
    precondition(alpha > 0 && rate > 0 && alpha.isFinite && rate.isFinite)
    self.alpha = alpha
    self.rate = rate
    // Γ ≤ 1, so that D ≤ α; and Γ does not vanish with D.
    var low = min(alpha, rate / QuasistaticEstimate.u(alpha)) / 4
    while alpha * Pieces(rate: rate, diffusion: low).activity < low { low /= 4 }
    let logarithm = ScalarRoot.find(between: log(low), and: log(alpha), tolerance: 0) {
      let diffusion = exp($0)
      return alpha * Pieces(rate: rate, diffusion: diffusion).activity / diffusion - 1
    }
    // The logarithm resolves D to some 1e-15; one secant step removes what is left of it.
    let estimate = exp(logarithm)
    let excess = { (d: Double) in alpha * Pieces(rate: rate, diffusion: d).activity / d - 1 }
    let (here, near) = (excess(estimate), excess(estimate * (1 + 1e-6)))
    let slope = (near - here) / (estimate * 1e-6)
    let change = slope < 0 ? here / slope : 0
    diffusion = change.magnitude < 1e-12 * estimate ? estimate - change : estimate
    pieces = Pieces(rate: rate, diffusion: diffusion)
    activity = diffusion / alpha
    stress = pieces.stress
  }

  /// Returns the density P(σ), normalised to 1.
  public func density(at stress: Double) -> Double { pieces.density(at: stress) }
}

/// A first guess of the Péclet number at low rates.
private enum QuasistaticEstimate {
  static func u(_ alpha: Double) -> Double { alpha < 0.4999 ? QuasistaticLimit(alpha: alpha).u : 0.05 }
}

/// The solution for a given diffusion, before D = αΓ is demanded. Written with the functions φ_k(z) = Σ z^j/(j + k)!,
/// in which no differences of large numbers occur at any rate.
private struct Pieces {
  let rate: Double
  let diffusion: Double
  /// Péclet number γ̇/D.
  private let v: Double
  /// Decay lengths of the density beyond +1 and −1; their product is D, their difference γ̇.
  private let ahead: Double
  private let behind: Double
  /// Density at −1, and that times exp(v), in units of the density at +1.
  private let left: Double
  private let leftGrown: Double
  private let norm: Double
  let activity: Double
  let stress: Double

  init(rate: Double, diffusion: Double) {
    self.rate = rate
    self.diffusion = diffusion
    v = rate / diffusion
    let root = (rate * rate + 4 * diffusion).squareRoot()
    ahead = (root + rate) / 2
    behind = 2 * diffusion / (root + rate)
    let f = Phi(-v)
    let decay = exp(-v)
    leftGrown = (decay + f.one / behind) / (1 + f.one / ahead)
    left = leftGrown * decay
    let right = f.one + f.two / behind + ahead
    // On the left the same functions of +v, times exp(−v), which stay finite.
    let first = f.one - f.two
    norm = right + leftGrown * (f.one + first / ahead) + left * behind
    // ∫ beyond the thresholds.
    activity = (ahead + left * behind) / norm
    stress = Self.mean(rate, v, ahead, behind, f, left, leftGrown) / norm
  }

  /// Returns ∫ σ P(σ) dσ, in units of the density at +1.
  private static func mean(
    _ rate: Double, _ v: Double, _ ahead: Double, _ behind: Double, _ f: Phi, _ left: Double, _ leftGrown: Double
  ) -> Double {
    guard v < 1 else {
      let first = f.one - f.two
      let right = f.two + f.three / behind + ahead + ahead * ahead
      // ∫ z exp(−vz) and ∫ z (exp(−vz) − exp(−v))/v over 0 < z < 1.
      return right - leftGrown * (first + (first - exp(-v) / 2) / v / ahead) - left * (behind + behind * behind)
    }
    // The two sides nearly cancel: take their difference term by term. R(v, ℓ) = φ₂(−v) + φ₃(−v) ℓ/D + ℓ + ℓ² is the
    // right side; the left one is `left` times R with v → −v and the other length.
    let g = Phi(v)
    let odd = Phi.oddParts(v)
    let difference = -2 * odd.two - 2 * odd.three / behind + g.three * v + rate * (1 + ahead + behind)
    // 1 − left, from its numerator.
    let numerator = -expm1(-2 * v) - f.one * (v + expm1(-v) / behind)
    let deficit = numerator / (1 + f.one / ahead)
    return difference + deficit * (g.two + g.three / ahead + behind + behind * behind)
  }

  func density(at x: Double) -> Double {
    let value =
      if x >= 1 {
        exp(-(x - 1) / ahead)
      } else if x >= 0 {
        exp(-v * (1 - x)) + (1 - x) * Phi(-v * (1 - x)).one / behind
      } else if x > -1 {
        exp(v * x) * (leftGrown + leftGrown * (1 + x) * Phi(-v * (1 + x)).one / ahead)
      } else {
        left * exp((x + 1) / behind)
      }
    return value / norm
  }
}

/// The functions φ_k(z) = Σ_j z^j/(j + k)! for k = 1, 2, 3: φ₁ = (exp z − 1)/z, φ_(k+1) = (φ_k − 1/k!)/z.
private struct Phi {
  let one: Double
  let two: Double
  let three: Double

  init(_ z: Double) {
    guard z.magnitude < 1 else {
      one = expm1(z) / z
      two = (one - 1) / z
      three = (two - 0.5) / z
      return
    }
    var sums = (0.0, 0.0, 0.0)
    // From the last term, z^19/22!, back: φ₃ first, then φ_k = 1/k! + z φ_(k+1).
    var term = 1.0
    var three = 0.0
    var terms: [Double] = []
    terms.reserveCapacity(20)
    term = 1.0 / 6
    for j in 0..<20 {
      terms.append(term)
      term *= z / Double(j + 4)
    }
    for t in terms.reversed() { three += t }
    sums.2 = three
    sums.1 = 0.5 + z * three
    sums.0 = 1 + z * sums.1
    (one, two, self.three) = sums
  }

  /// Returns the odd parts of φ₂ and φ₃, Σ over odd j of v^j/(j + k)!, for 0 < v < 1.
  static func oddParts(_ v: Double) -> (two: Double, three: Double) {
    var (two, three) = (0.0, 0.0)
    var power = v
    var factorial = 6.0  // (j + 2)!
    for j in stride(from: 1, through: 19, by: 2) {
      two += power / factorial
      three += power / (factorial * Double(j + 3))
      power *= v * v
      factorial *= Double((j + 3) * (j + 4))
    }
    return (two, three)
  }
}
