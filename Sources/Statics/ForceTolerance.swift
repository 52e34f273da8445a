import Particles

/// The largest force component with which a configuration counts as being in mechanical equilibrium.
///
/// No tolerance is below the floor, the force that a displacement by some quanta makes on the stiffest bond. Where
/// bonds lose their stiffness, as contacts do that open, the floor stays above zero: no bond counts as softer than
/// ``smallestStiffness``. Without it, a packing that unjams would be asked for forces that vanish with its overlaps.
/// Nor is it below what forces round to where they are differences of larger terms, as those of inverse power laws near
/// their cutoff.
public enum ForceTolerance: Equatable, Sendable {
  /// As small as the resolution of positions allows: 4 quanta times the largest pair stiffness.
  case floor
  /// The largest component of any force.
  case largestComponent(Double)
  /// The largest component in units of the mean bond force ⟨|φ'|⟩.
  case relative(Double)

  /// The largest force component that is accepted. Collective.
  public func threshold(for system: ParticleSystem) throws -> Double {
    threshold(for: system, bonds: try system.bondStatistics())
  }

  /// The same, where the bonds have been measured already.
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

  /// A particle has some ten neighbours, each placed to half a quantum, and the largest of N forces counts.
  static let floorFactor = 4.0

  /// Of what the terms of a weak pair force round to: their sum over some ten neighbours, in the largest of N
  /// particles, and smaller diameters than the largest.
  static let roundingFactor = 16.0

  /// The stiffness below which no bond counts, in units of ε over the square of the largest cutoff. A Hertzian contact
  /// is as soft as that at an overlap of 4e-9; at the floor that belongs to it overlaps are some 5e-13.
  static let smallestStiffness = 1e-4
}
