import Geometry

extension ParticleSystem {
  /// Returns the present configuration: this rank's owned particles, in storage order, with
  /// positions wrapped into the cell.
  public func snapshot() -> Snapshot {
    var table = ParticleTable()
    let d = dimension
    table.ids.reserveCapacity(ownedCount)
    table.species.reserveCapacity(ownedCount)
    table.diameters.reserveCapacity(ownedCount)
    table.positions.reserveCapacity(ownedCount * d)
    table.fixedPositions.reserveCapacity(ownedCount * d)
    table.images.reserveCapacity(ownedCount * d)
    for i in 0..<ownedCount {
      var position = fixedPosition(i)
      let image = cell.wrap(&position)
      let real = cell.position(position)
      table.ids.append(columns.ids[i])
      table.species.append(columns.species[i])
      table.diameters.append(columns.diameters[i])
      for k in 0..<d {
        table.positions.append(real[k])
        table.fixedPositions.append(position[k])
        table.images.append(columns.images[3 * i + k] + image[k])
      }
    }
    var snapshot = Snapshot(dimension: d, edges: cell.edges, totalCount: totalCount, particles: table)
    snapshot.strain = strain
    snapshot.strainGenerator = strainGenerator
    snapshot.speciesCount = speciesCount
    snapshot.hasSpecies = interaction.parameter == .species || speciesCount > 1
    snapshot.hasDiameters = interaction.parameter == .size
    snapshot.quantum = cell.quantum
    return snapshot
  }

  /// Returns identifiers and positions in quanta only, for measurements that return to this configuration.
  public func positionSnapshot() -> Snapshot {
    var table = ParticleTable()
    table.ids.reserveCapacity(ownedCount)
    table.fixedPositions.reserveCapacity(ownedCount * dimension)
    for i in 0..<ownedCount {
      let position = fixedPosition(i)
      table.ids.append(columns.ids[i])
      for k in 0..<dimension { table.fixedPositions.append(position[k]) }
    }
    var snapshot = Snapshot(dimension: dimension, edges: cell.edges, totalCount: totalCount, particles: table)
    snapshot.strain = strain
    snapshot.quantum = cell.quantum
    return snapshot
  }
}
