import Geometry
import Interactions

/// What solvers need beside forces: the Hessian as blocks, fields in single precision, and the cells that hold the
/// particles.
extension ParticleSystem {
  /// Fills `blocks` at the positions of the last evaluation; it serves until the neighbours are listed anew.
  public func assemble(_ content: PairBlocks.Content, into blocks: PairBlocks) {
    interaction.assembleBlocks(arrays, workingList, content, blocks)
  }

  /// result = Σ_j K_ij (v_i − v_j) for assembled blocks; ghosts are gathered here. Collective.
  public func multiply(_ blocks: PairBlocks, _ field: ParticleField, into result: ParticleField) throws {
    result.buffer.reserve((ownedCount + 1) * dimension)
    try gather(field)
    blocks.multiply(field.values, into: result.values)
    if let region { statistics.regionalRows += region.listedCount } else { statistics.hessianProducts += 1 }
  }

  /// The stiffness of each owned particle's surroundings under affine motion (``AffineStiffness``), for the pairs of
  /// `blocks` that have been assembled as stiff bonds at these positions.
  public func affineStiffness(of blocks: PairBlocks, into result: AlignedBuffer<Float>) {
    result.reserve((ownedCount + 1) * AffineStiffness.count(dimension: dimension))
    interaction.affineStiffness(arrays, blocks, result.pointer)
  }

  /// Gives the ghosts the values of their owners, for `stride` singles per particle, an even number. Collective.
  public func gather(_ singles: AlignedBuffer<Float>, stride: Int) throws {
    precondition(stride % 2 == 0, "a halo moves whole words")
    let count = ownedCount + ghostCount
    singles.reserve((count + 1) * stride, keeping: ownedCount * stride)
    try singles.pointer.withMemoryRebound(to: Int64.self, capacity: count * stride / 2) {
      try halo.gather($0, width: stride / 2, ownedCount: ownedCount)
    }
  }

  /// The global grid of cells, who owns which of them, and this rank's part.
  public var cells: Decomposition { decomposition }
  public var ownedCells: CellBox { decomposition.bricks[communicator.rank] }

  /// The owned particles of the k-th owned cell, in the order of ids.
  @inline(__always) public func particles(ofCell k: Int) -> Range<Int> { Int(cellStarts[k])..<Int(cellStarts[k + 1]) }

  /// How many times the neighbours were listed: what is tied to the order of particles holds as long as it stays the
  /// same.
  public var listing: Int { statistics.rebuilds }
}
