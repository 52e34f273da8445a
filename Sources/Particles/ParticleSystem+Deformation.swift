import Geometry

extension ParticleSystem {
  /// Maps all positions by the affine `map` and replaces the edges by `edges`. Collective.
  ///
  /// Neighbours are listed again, so that later results depend on the positions alone and not on their history.
  /// Displacement trackers are mapped along, so that they hold the nonaffine part only.
  public func deform(by map: Tensor, edges: Tensor, strain newStrain: Double) throws {
    // Positions are wrapped before they are mapped, as a state file has them: so a run that continues and one that
    // starts again from the file have the same bits.
    accumulateDisplacements()
    wrapPositions()
    let change = map - Tensor.identity
    let live = trackers.compactMap(\.field)
    for i in 0..<ownedCount {
      let position = fixedPosition(i)
      // Only the change is rounded, so that a small strain is as exact far from the origin as near it.
      let moved = position &+ cell.fixed(change * cell.position(position))
      for field in live {
        let u = map * displacement(field, of: i)
        for k in 0..<dimension { field.values[i * dimension + k] = u[k] }
      }
      for k in 0..<dimension {
        columns.records[4 * i + k] = moved[k]
        columns.reference[3 * i + k] = moved[k]
      }
    }
    cell.deform(to: edges)
    strain = newStrain
    try rebuild()
  }

  /// Subtracts edge `flow` from edge `gradient` as often as needed to bring its tilt within ±1/2: the same
  /// configuration in another basis. Lists, cells and images are those of the new basis. Collective.
  /// - Returns: the number of times that the edge was subtracted.
  public func reduceTilt(of gradient: Int, along flow: Int) throws -> Int64 {
    let excess = cell.excessTilt(of: gradient, along: flow)
    guard excess != 0 else { return 0 }
    cell.addEdge(flow, times: -excess, to: gradient)
    // x + m_f a_f + m_g a_g = x + (m_f + n m_g) a_f + m_g (a_g − n a_f)
    for i in 0..<ownedCount { columns.images[3 * i + flow] += Int32(excess) * columns.images[3 * i + gradient] }
    try rebuild()
    return excess
  }
}
