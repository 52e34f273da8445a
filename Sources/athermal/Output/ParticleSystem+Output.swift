import Interactions
import MessagePassing
import Particles
import Storage

/// Columns and bonds that several commands write.
extension ParticleSystem {
  func energyColumn() -> ParticleColumn { ParticleColumn("energy", (0..<ownedCount).map(energy(of:))) }

  func forceColumn() -> ParticleColumn {
    ParticleColumn("force", (0..<(ownedCount * dimension)).map { forces[$0] }, width: dimension)
  }

  /// Returns the share of each particle of V σ. The sum over the particles, divided by the volume,
  /// is the stress of the system.
  func stressColumn() -> ParticleColumn {
    ParticleColumn(
      "stress", (0..<ownedCount).flatMap { stressShare(of: $0).block(dimension).flatMap { $0 } },
      width: dimension * dimension)
  }

  /// Visits each bond of the configuration once, on one of the ranks, with the identifiers of its particles, i < j.
  /// Collective.
  func forEachBond(
    of bonds: BondNetwork, _ visit: (_ particle: Int, _ end: Int, _ i: Int64, _ j: Int64) -> Void
  ) throws {
    let ids = try ghostedIdentifiers()
    for particle in 0..<ownedCount {
      let own = id(particle)
      for end in bonds.ends(of: particle) {
        let other = Int64(ids.values[Int(bonds.partner[end])])
        if own < other { visit(particle, end, own, other) }
      }
    }
  }
}
