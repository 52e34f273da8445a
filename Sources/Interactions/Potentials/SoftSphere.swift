import Geometry

/// Finite-range repulsion of spheres that touch at r = λ_ij = ½(λ_i + λ_j).
public protocol ContactLaw: Sendable {
  /// Returns φ, dφ/dx and d²φ/dx² as functions of the overlap δ = 1 − x > 0, x = r/λ.
  func contact(_ overlap: Lanes) -> (Lanes, Lanes, Lanes)
  /// Returns φ and four derivatives with respect to x.
  func derivatives(_ overlap: Double) -> (Double, Double, Double, Double, Double)
}

/// Harmonic contact, φ = ½ ε δ².
public struct HarmonicContact: ContactLaw {
  public init() {}
  @inline(__always) public func contact(_ overlap: Lanes) -> (Lanes, Lanes, Lanes) {
    (0.5 * overlap * overlap, Lanes(0) - overlap, Lanes(1))
  }
  public func derivatives(_ overlap: Double) -> (Double, Double, Double, Double, Double) {
    (0.5 * overlap * overlap, -overlap, 1, 0, 0)
  }
}

/// Hertzian contact, φ = (2/5) ε δ^(5/2).
public struct HertzContact: ContactLaw {
  public init() {}
  @inline(__always) public func contact(_ overlap: Lanes) -> (Lanes, Lanes, Lanes) {
    let root = overlap.squareRoot
    let cubed = overlap * root
    return (0.4 * overlap * cubed, Lanes(0) - cubed, 1.5 * root)
  }
  public func derivatives(_ overlap: Double) -> (Double, Double, Double, Double, Double) {
    let root = overlap.squareRoot()
    return (0.4 * overlap * overlap * root, -overlap * root, 1.5 * root, -0.75 / root, -0.375 / (root * overlap))
  }
}

/// Soft spheres of additive diameters under a contact law; energies in units of ε.
public struct SoftSphere<Law: ContactLaw>: PairPotential {
  let law: Law

  public init(law: Law) { self.law = law }

  public var parameter: ParticleParameter { .size }
  public static var isContact: Bool { true }
  public func cutoff(_ a: Double, _ b: Double) -> Double { 0.5 * (a + b) }
  @inline(__always) public func cutoff(_ a: Lanes, _ b: Lanes) -> Lanes { 0.5 * (a + b) }
  public static var hasScale: Bool { true }

  /// Returns the scale λ_ij⁻².
  @inline(__always) public func scale(_ a: Lanes, _ b: Lanes) -> Lanes {
    let sum = a + b
    return Lanes(4) / (sum * sum)
  }

  /// Returns x = r/λ, the overlap 1 − x, and the lanes with positive overlap.
  @inline(__always) private func contact(
    _ scale: Lanes, _ squaredDistance: Lanes
  ) -> (inside: IntegerLanes, x: Lanes, overlap: Lanes) {
    let u = squaredDistance * scale
    let inside = isInside(u, Lanes(1))
    let x = u.squareRoot
    return (inside, x, inside.select(1 - x, else: Lanes(0)))
  }

  @inline(__always) public func interaction(
    _ row: Void, _ parameter: Lanes, _ scale: Lanes, _ squaredDistance: Lanes
  ) -> (energy: Lanes, first: Lanes) {
    let c = contact(scale, squaredDistance)
    let (energy, slope, _) = law.contact(c.overlap)
    // φ'/r = (dφ/dx)/(λ r) = (dφ/dx) λ⁻²/x
    return (c.inside.select(energy, else: Lanes(0)), c.inside.select(slope * scale / c.x, else: Lanes(0)))
  }

  @inline(__always) public func stiffness(
    _ row: Void, _ parameter: Lanes, _ scale: Lanes, _ squaredDistance: Lanes
  ) -> (first: Lanes, second: Lanes) {
    let c = contact(scale, squaredDistance)
    let (_, slope, curvature) = law.contact(c.overlap)
    let first = slope * scale / c.x
    // φ''/r² − φ'/r³ = (d²φ/dx² λ⁻² − φ'/r)/r²
    let second = (curvature * scale - first) / squaredDistance
    return (c.inside.select(first, else: Lanes(0)), c.inside.select(second, else: Lanes(0)))
  }

  public func derivatives(_ distance: Double, _ a: Double, _ b: Double) -> PairDerivatives {
    let length = 0.5 * (a + b)
    guard distance < length else { return .zero }
    let d = law.derivatives(1 - distance / length)
    let s = 1 / length
    return PairDerivatives(
      energy: d.0, first: d.1 * s, second: d.2 * s * s, third: d.3 * s * s * s, fourth: d.4 * s * s * s * s)
  }
}
