import Geometry

/// The mathematics of one pair of particles: no arrays, no ranks, no cells.
///
/// A particle is described by one number, its `parameter`: the size λ, or the species 0 or 1 (see
/// ``ParticleParameter``). Several pairs are computed side by side. Beyond the cutoff, and at zero distance (a particle
/// with itself, the padding of the lists), every result is exactly zero.
///
/// A quantity that depends on the two particles alone can be stored with each listed pair as one number, its `scale`.
/// For continuous sizes that is half of the arithmetic (Docs/Performance.md).
public protocol PairPotential: Sendable {
  /// Data of one particle, prepared before its neighbours are visited.
  associatedtype Row

  /// Meaning of the parameter of a particle.
  var parameter: ParticleParameter { get }

  /// Whether φ'' jumps, or vanishes like a root, where a pair begins to interact, as for spheres in contact.
  static var isContact: Bool { get }

  /// Returns the distance beyond which the pair does not interact.
  func cutoff(_ a: Double, _ b: Double) -> Double

  /// Returns the sum of the magnitudes of the terms of φ' where a pair with this cutoff begins to interact, or 0 if φ'
  /// is no difference of terms. The rounding error of forces is about 2⁻⁵³ of it, however small the forces are.
  func slopeTerms(cutoff: Double) -> Double

  /// Returns the cutoffs of several pairs.
  func cutoff(_ a: Lanes, _ b: Lanes) -> Lanes

  func row(_ parameter: Lanes) -> Row

  /// Whether the lists store a scale with each pair; otherwise it is not read.
  static var hasScale: Bool { get }

  /// Returns the scale to store with a listed pair.
  func scale(_ a: Lanes, _ b: Lanes) -> Lanes

  /// Returns φ and φ'/r at a squared distance.
  func interaction(
    _ row: Row, _ parameter: Lanes, _ scale: Lanes, _ squaredDistance: Lanes
  ) -> (energy: Lanes, first: Lanes)

  /// Returns φ(after) − φ(before) for a change of the distance between the same particles, for Monte Carlo moves.
  func energyChange(
    _ row: Row, _ parameter: Lanes, _ other: Lanes, from before: Lanes, to after: Lanes
  ) -> Lanes

  /// Returns φ'/r and φ''/r² − φ'/r³ at a squared distance: the two scalars of the pair's Hessian block.
  func stiffness(
    _ row: Row, _ parameter: Lanes, _ scale: Lanes, _ squaredDistance: Lanes
  ) -> (first: Lanes, second: Lanes)

  /// Returns φ and four derivatives at a distance.
  func derivatives(_ distance: Double, _ a: Double, _ b: Double) -> PairDerivatives
}

/// Meaning of the parameter of a particle in the pair potential.
public enum ParticleParameter: Sendable {
  case size
  case species
}

/// Rows without data, for potentials that store a scale with each pair and need nothing else of the row.
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

/// Returns true in the lanes in which a pair interacts: closer than the cutoff, and not a particle with itself.
@inline(__always)
func isInside(_ squaredDistance: Lanes, _ squaredCutoff: Lanes) -> IntegerLanes {
  squaredDistance.isLess(than: squaredCutoff) & Lanes(0).isLess(than: squaredDistance)
}
