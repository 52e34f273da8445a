import Geometry

/// Rule for the interaction length λ_ij of a pair of particles.
public protocol SizeRule: Sendable {
  var parameter: ParticleParameter { get }
  func length(_ a: Double, _ b: Double) -> Double
  /// Returns the lengths of several pairs.
  func length(_ a: Lanes, _ b: Lanes) -> Lanes
}

/// Lengths λ_ij = ½ (λ_i + λ_j)(1 − n_a |λ_i − λ_j|) of a polydisperse mixture (Richard, eq. A4); additive for n_a = 0.
public struct MixedSizes: SizeRule {
  public let nonadditivity: Double

  public init(nonadditivity: Double) { self.nonadditivity = nonadditivity }

  public var parameter: ParticleParameter { .size }

  public func length(_ a: Double, _ b: Double) -> Double { 0.5 * (a + b) * (1 - nonadditivity * abs(a - b)) }

  @inline(__always) public func length(_ a: Lanes, _ b: Lanes) -> Lanes {
    0.5 * (a + b) * (1 - nonadditivity * (a - b).magnitude)
  }
}

/// Lengths for each pair of two species.
public struct TwoSpeciesSizes: SizeRule {
  public let aa: Double
  public let ab: Double
  public let bb: Double

  public init(aa: Double, ab: Double, bb: Double) {
    self.aa = aa
    self.ab = ab
    self.bb = bb
  }

  public var parameter: ParticleParameter { .species }

  public func length(_ a: Double, _ b: Double) -> Double { a + b == 0 ? aa : a + b == 2 ? bb : ab }

  @inline(__always) public func length(_ a: Lanes, _ b: Lanes) -> Lanes {
    let sum = a + b
    return sum.isLess(than: Lanes(0.5)).select(
      Lanes(aa), else: Lanes(1.5).isLess(than: sum).select(Lanes(bb), else: Lanes(ab)))
  }
}
