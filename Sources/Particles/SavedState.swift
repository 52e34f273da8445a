import Geometry

/// A saved configuration that can be restored with the same bits. Its columns travel with the particles.
public final class SavedState {
  let cell: Cell
  let strain: Double
  /// Bit patterns of three coordinates in quanta and three image numbers per particle.
  let places: ParticleField
  /// Displacement trackers that existed at the time of saving, and their values then.
  let tracked: [(tracker: ParticleSystem.WeakField, values: ParticleField)]

  init(cell: Cell, strain: Double, places: ParticleField, tracked: [(ParticleSystem.WeakField, ParticleField)]) {
    self.cell = cell
    self.strain = strain
    self.places = places
    self.tracked = tracked.map { (tracker: $0.0, values: $0.1) }
  }
}

extension ParticleSystem {
  public func save() -> SavedState {
    let places = makeField(width: 6)
    for i in 0..<ownedCount {
      for k in 0..<3 {
        places.values[6 * i + k] = Double(bitPattern: UInt64(bitPattern: columns.records[4 * i + k]))
        places.values[6 * i + 3 + k] = Double(bitPattern: UInt64(bitPattern: Int64(columns.images[3 * i + k])))
      }
    }
    trackers.removeAll { $0.field == nil }
    let tracked = trackers.map { weak in
      let copy = makeField(width: dimension)
      for i in 0..<ownedCount {
        let u = displacement(weak.field!, of: i)
        for k in 0..<dimension { copy.values[i * dimension + k] = u[k] }
      }
      return (weak, copy)
    }
    return SavedState(cell: cell, strain: strain, places: places, tracked: tracked)
  }

  /// Restores a saved state. Forces must be evaluated next. Collective.
  public func restore(_ saved: SavedState) throws {
    for i in 0..<ownedCount {
      for k in 0..<3 {
        let coordinate = Int64(bitPattern: saved.places.values[6 * i + k].bitPattern)
        columns.records[4 * i + k] = coordinate
        columns.reference[3 * i + k] = coordinate
        columns.images[3 * i + k] = Int32(Int64(bitPattern: saved.places.values[6 * i + 3 + k].bitPattern))
      }
      for (weak, values) in saved.tracked {
        guard let tracker = weak.field else { continue }
        for k in 0..<dimension { tracker.values[i * dimension + k] = values.values[i * dimension + k] }
      }
    }
    cell = saved.cell
    sinceListing = ListedFrame()
    strain = saved.strain
    try rebuild()
  }
}
