import Geometry
import Interactions

/// Operations for solvers: the Hessian as blocks, fields in single precision, and the cells that hold the particles.
extension ParticleSystem {
  /// Assembles `blocks` at the positions of the last evaluation; they stay valid until the neighbours are listed again.
  public func assemble(_ content: PairBlocks.Content, into blocks: PairBlocks) {
    interaction.pairBlocks.assemble(arrays, activeList, content, blocks)
  }

  /// Computes result = Σ_j K_ij (v_i − v_j) for assembled blocks; ghosts are gathered here. Collective.
  public func multiply(_ blocks: PairBlocks, _ field: ParticleField, into result: ParticleField) throws {
    result.buffer.reserve((ownedCount + 1) * dimension)
    try gather(field)
    blocks.multiply(field.values, into: result.values)
    if let region { statistics.regionalRows += region.listedCount } else { statistics.hessianProducts += 1 }
  }

  /// Computes the stiffness of each owned particle's surroundings under affine motion (``AffineStiffness``), for the
  /// pairs of `blocks`, which must have been assembled as stiff bonds at these positions.
  public func affineStiffness(of blocks: PairBlocks, into result: AlignedBuffer<Float>) {
    result.reserve((ownedCount + 1) * AffineStiffness.count(dimension: dimension))
    interaction.pairBlocks.affineStiffness(arrays, blocks, result.pointer)
  }

  /// Gives the ghosts the values of their owners, `stride` singles per particle, an even number. Collective.
  public func gather(_ singles: AlignedBuffer<Float>, stride: Int) throws {
    precondition(stride % 2 == 0, "a halo moves whole words")
    let count = ownedCount + ghostCount
    singles.reserve((count + 1) * stride, keeping: ownedCount * stride)
    try singles.pointer.withMemoryRebound(to: Int64.self, capacity: count * stride / 2) {
      try halo.gather($0, width: stride / 2, ownedCount: ownedCount)
    }
  }

  /// Global grid of cells and their owners.
  public var cells: Decomposition { decomposition }
  /// This rank's brick of cells.
  public var ownedCells: CellBox { decomposition.bricks[communicator.rank] }

  /// Returns the local numbers of the particles of the k-th owned cell, in the order of ids.
  @inline(__always) public func particles(ofCell k: Int) -> Range<Int> { Int(cellStarts[k])..<Int(cellStarts[k + 1]) }

  /// Number of times that the neighbours were listed. Data tied to the order of particles stays
  /// valid while it is unchanged.
  public var listing: Int { statistics.rebuilds }
}
