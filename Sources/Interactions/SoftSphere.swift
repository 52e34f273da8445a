import Geometry

/// Finite-range repulsion of spheres that touch at r = λ_ij = ½(λ_i + λ_j).
public protocol ContactLaw: Sendable {
  /// φ, dφ/dx and d²φ/dx² as functions of the overlap δ = 1 − x > 0, x = r/λ.
  func contact(_ overlap: Lanes) -> (Lanes, Lanes, Lanes)
  /// φ and four derivatives with respect to x.
  func derivatives(_ overlap: Double) -> (Double, Double, Double, Double, Double)
}

/// φ = ½ ε δ².
public struct HarmonicContact: ContactLaw {
  public init() {}
  @inline(__always) public func contact(_ overlap: Lanes) -> (Lanes, Lanes, Lanes) {
    (0.5 * overlap * overlap, Lanes(0) - overlap, Lanes(1))
  }
  public func derivatives(_ overlap: Double) -> (Double, Double, Double, Double, Double) {
    (0.5 * overlap * overlap, -overlap, 1, 0, 0)
  }
}

/// φ = (2/5) ε δ^(5/2).
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
  let sizes = MixedSizes(nonadditivity: 0)

  public init(law: Law) { self.law = law }

  public var parameter: ParticleParameter { .size }
  public func cutoff(_ a: Double, _ b: Double) -> Double { 0.5 * (a + b) }
  @inline(__always) public func row(_ parameter: Lanes) -> Lanes { parameter }

  /// At the cutoff itself x = 1 and the overlap is zero, so the lanes outside are finite before they are cleared.
  @inline(__always) public func interaction(
    _ row: Lanes, _ parameter: Lanes, _ squaredDistance: Lanes
  ) -> (energy: Lanes, first: Lanes) {
    let length = 0.5 * (row + parameter)
    let (inside, safe) = insideCutoff(squaredDistance, length * length)
    let distance = safe.squareRoot
    let reciprocal = Lanes(1) / (length * distance)
    let overlap = inside.select(1 - safe * reciprocal, else: Lanes(0))
    let (energy, slope, _) = law.contact(overlap)
    return (inside.select(energy, else: Lanes(0)), inside.select(slope * reciprocal, else: Lanes(0)))
  }

  @inline(__always) public func stiffness(
    _ row: Lanes, _ parameter: Lanes, _ squaredDistance: Lanes
  ) -> (first: Lanes, second: Lanes) {
    let length = 0.5 * (row + parameter)
    let (inside, safe) = insideCutoff(squaredDistance, length * length)
    let distance = safe.squareRoot
    let reciprocal = Lanes(1) / (length * distance)
    let overlap = inside.select(1 - safe * reciprocal, else: Lanes(0))
    let (_, slope, curvature) = law.contact(overlap)
    let first = slope * reciprocal
    // φ''/r² − φ'/r³ = (curvature/λ² − first)/r², and 1/(λ r)² = reciprocal².
    let second = curvature * (reciprocal * reciprocal) - first / safe
    return (inside.select(first, else: Lanes(0)), inside.select(second, else: Lanes(0)))
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
