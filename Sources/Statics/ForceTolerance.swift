import Particles

/// When a configuration counts as being in mechanical equilibrium.
public enum ForceTolerance: Equatable, Sendable {
  /// As small as the resolution of positions allows: 4 quanta times the largest pair stiffness (Physics: the force floor).
  case floor
  /// The largest component of any force.
  case largestComponent(Double)

  /// The largest force component that is accepted. Collective.
  public func threshold(for system: ParticleSystem) throws -> Double {
    threshold(for: system, bonds: try system.bondStatistics())
  }

  /// The same, where the bonds have been measured already.
  func threshold(for system: ParticleSystem, bonds: BondStatistics) -> Double {
    let floor = ForceTolerance.floorFactor * system.cell.quantum * bonds.largestStiffness
    switch self {
    case .floor: return floor
    case .largestComponent(let value): return max(value, floor)
    }
  }

  /// A particle has some ten neighbours, each placed to half a quantum, and the largest of N forces counts.
  static let floorFactor = 4.0
}
