import Geometry

/// The mathematics of one pair of particles: no arrays, no ranks, no cells.
///
/// A particle enters with one number, its `parameter`: the size λ, or the species 0 or 1 (see ``ParticleParameter``).
/// Several pairs are computed side by side; beyond the cutoff, and at zero distance (a particle with itself, the
/// padding of the lists), every result is exactly zero.
///
/// What depends on the two particles alone can be kept with each listed pair as one number, its `scale`: for continuous
/// sizes that is half of the arithmetic (Docs/Performance.md).
public protocol PairPotential: Sendable {
  /// What is known of one particle before its neighbours are visited.
  associatedtype Row

  /// What the parameter of a particle is.
  var parameter: ParticleParameter { get }

  /// Whether φ'' jumps or vanishes with a root where a pair begins to interact: spheres in contact.
  static var isContact: Bool { get }

  /// The distance beyond which the pair does not interact.
  func cutoff(_ a: Double, _ b: Double) -> Double

  /// The sum of the magnitudes of the terms of φ' where a pair with this cutoff begins to interact: forces round at
  /// some 2⁻⁵³ of it, however small they are. 0 where φ' is no difference of terms.
  func slopeTerms(cutoff: Double) -> Double

  /// The same, for several pairs.
  func cutoff(_ a: Lanes, _ b: Lanes) -> Lanes

  func row(_ parameter: Lanes) -> Row

  /// Whether the lists keep a scale with each pair; else it is not read.
  static var hasScale: Bool { get }

  /// What is kept with a listed pair.
  func scale(_ a: Lanes, _ b: Lanes) -> Lanes

  /// φ and φ'/r at a squared distance.
  func interaction(
    _ row: Row, _ parameter: Lanes, _ scale: Lanes, _ squaredDistance: Lanes
  ) -> (energy: Lanes, first: Lanes)

  /// φ after − φ before, where the distance changes and the particles do not: what Monte Carlo moves ask for.
  func energyChange(
    _ row: Row, _ parameter: Lanes, _ other: Lanes, from before: Lanes, to after: Lanes
  ) -> Lanes

  /// φ'/r and φ''/r² − φ'/r³ at a squared distance: the two scalars of the pair's Hessian block.
  func stiffness(
    _ row: Row, _ parameter: Lanes, _ scale: Lanes, _ squaredDistance: Lanes
  ) -> (first: Lanes, second: Lanes)

  /// φ and four derivatives at a distance.
  func derivatives(_ distance: Double, _ a: Double, _ b: Double) -> PairDerivatives
}

/// What a particle brings into the pair potential.
public enum ParticleParameter: Sendable {
  case size
  case species
}

/// The particle's own parameter, for potentials that keep a scale with each pair and need no more of the row.
extension PairPotential where Row == Void {
  @inline(__always) public func row(_ parameter: Lanes) {}
}

extension PairPotential {
  public static var isContact: Bool { false }
  public func slopeTerms(cutoff: Double) -> Double { 0 }

  @inline(__always) public func energyChange(
    _ row: Row, _ parameter: Lanes, _ other: Lanes, from before: Lanes, to after: Lanes
  ) -> Lanes {
    let scale = scale(parameter, other)
    return interaction(row, other, scale, after).energy - interaction(row, other, scale, before).energy
  }
}

/// True in the lanes in which a pair interacts: closer than the cutoff, and not a particle with itself.
@inline(__always)
func isInside(_ squaredDistance: Lanes, _ squaredCutoff: Lanes) -> IntegerLanes {
  squaredDistance.isLess(than: squaredCutoff) & Lanes(0).isLess(than: squaredDistance)
}
