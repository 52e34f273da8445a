import Geometry

extension ParticleSystem {
  /// Maps all positions by the affine `map`, replaces the edges by `edges` and lists the neighbours again, so that
  /// later results depend on the positions alone and not on their history. Collective.
  ///
  /// Displacement trackers are mapped along, so that they hold the nonaffine part only.
  public func deform(by map: Tensor, edges: Tensor, strain: Double) throws {
    // Positions are wrapped before they are mapped, as a state file has them: so a run that continues and one that
    // starts again from the file have the same bits.
    settle()
    advance(by: map, edges: edges, strain: strain)
    try rebuild()
  }

  /// Maps all positions by the affine `map` and replaces the edges by `edges`. The lists remain: the next evaluation
  /// makes new ones if the motion in the deforming frame and the deformation since they were made require it.
  public func advance(by map: Tensor, edges: Tensor, strain: Double) {
    let change = map - Tensor.identity
    for i in 0..<ownedCount {
      // Only the change is rounded, so that a small strain is as exact far from the origin as near it.
      let position = fixedPosition(i)
      let moved = position &+ cell.fixed(change * cell.position(position))
      for k in 0..<dimension { columns.records[4 * i + k] = moved[k] }
    }
    follow(map, edges: edges, strain: strain)
  }

  /// Replaces the edges by `edges` when the particles have been moved by the affine `map`, whatever they have moved
  /// besides. The lists remain, as in ``advance(by:edges:strain:)``.
  public func follow(_ map: Tensor, edges: Tensor, strain newStrain: Double) {
    precondition(!isConfined, "the box of a region does not deform")
    sinceListing.deform(by: map, from: cell)
    cell.deform(to: edges)
    strain = newStrain
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
