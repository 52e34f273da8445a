import Particles

/// The largest force component at which a configuration counts as being in mechanical equilibrium.
///
/// No tolerance is below the floor: the force that a displacement by a few quanta causes on the stiffest bond. If
/// bonds lose their stiffness, as contacts do when they open, the floor stays above zero, since no bond counts as
/// softer than ``smallestStiffness``. Otherwise a packing that unjams would need forces that vanish with its
/// overlaps. The floor is also not below the rounding of forces that are differences of larger terms, as those of
/// inverse power laws near their cutoff.
public enum ForceTolerance: Equatable, Sendable {
  /// The resolution of positions: 4 quanta times the largest pair stiffness.
  case floor
  /// The largest component of any force, in ε/λ.
  case largestComponent(Double)
  /// The largest component of any force in units of the mean bond force ⟨|φ'|⟩.
  case relative(Double)

  /// Returns the largest force component that is accepted. Collective.
  public func threshold(for system: ParticleSystem) throws -> Double {
    threshold(for: system, bonds: try system.bondStatistics())
  }

  /// Returns the largest force component that is accepted, from bonds that have been measured already.
  func threshold(for system: ParticleSystem, bonds: BondStatistics) -> Double {
    let softest = Self.smallestStiffness / (system.largestCutoff * system.largestCutoff)
    let resolution = Self.floorFactor * system.cell.quantum * max(bonds.largestStiffness, softest)
    let rounding = Self.roundingFactor * 0x1p-53 * system.interaction.slopeTerms(system.largestCutoff)
    let floor = max(resolution, rounding)
    switch self {
    case .floor: return floor
    case .largestComponent(let value): return max(value, floor)
    case .relative(let value): return max(value * bonds.meanForce, floor)
    }
  }

  /// Force floor in units of quantum times stiffness: a particle has some ten neighbours, each placed to half a
  /// quantum, and the largest of N forces counts.
  static let floorFactor = 4.0

  /// Rounding floor in units of the rounding of the terms of a weak pair force. It covers the sum over some ten
  /// neighbours, the largest of N particles, and diameters smaller than the largest.
  static let roundingFactor = 16.0

  /// Smallest stiffness that any bond counts with, in units of ε over the square of the largest cutoff. A Hertzian
  /// contact is as soft as that at an overlap of 4e-9; at the corresponding floor overlaps are about 5e-13.
  static let smallestStiffness = 1e-4
}
