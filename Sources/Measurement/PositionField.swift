import Geometry
import Particles

/// Positions of the past in quanta, that travel with their particles: their bits in a field.
struct PositionField {
  private let field: ParticleField

  /// Keeps the present positions.
  init(_ system: ParticleSystem) {
    let d = system.dimension
    field = system.makeField(width: d)
    for i in 0..<system.ownedCount {
      let position = system.fixedPosition(i)
      for k in 0..<d { field.values[i * d + k] = Double(bitPattern: UInt64(bitPattern: position[k])) }
    }
  }

  /// Returns the positions as a configuration of this rank's particles, in storage order.
  func snapshot(_ system: ParticleSystem, edges: Tensor, quantum: Double, strain: Double) -> Snapshot {
    let d = system.dimension
    var table = ParticleTable()
    table.ids = (0..<system.ownedCount).map(system.id)
    table.fixedPositions.reserveCapacity(system.ownedCount * d)
    for k in 0..<(system.ownedCount * d) {
      table.fixedPositions.append(Int64(bitPattern: field.values[k].bitPattern))
    }
    var snapshot = Snapshot(dimension: d, edges: edges, totalCount: system.totalCount, particles: table)
    snapshot.strain = strain
    snapshot.quantum = quantum
    return snapshot
  }

  /// Gives the particles of a system the positions of a saved configuration. Collective.
  init(_ system: ParticleSystem, resuming saved: Snapshot) throws {
    let order = try system.identifierBlocks()
    let positions = try order.values(ofColumn: saved.particles.fixedPositions, width: system.dimension)
    field = system.makeField(width: system.dimension)
    for k in positions.indices { field.values[k] = Double(bitPattern: UInt64(bitPattern: positions[k])) }
  }
}
