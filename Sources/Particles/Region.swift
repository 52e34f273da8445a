import Interactions

/// A part of the box in which particles move while all others are fixed: whole cells, and a rim of cells around them
/// whose forces are computed too.
final class Region {
  /// Whether the particles of a cell move; indexed by the number of the cell among the owned ones.
  var isMoving: [Bool]
  /// Whether a cell is in the rim; indexed like ``isMoving``.
  var isRim: [Bool] = []
  /// Owned cells that move or are in the rim.
  var listedCells: [Int32] = []
  /// Ranges of the local numbers of the particles in the rim.
  var rimRuns: [Range<Int>] = []
  /// Neighbours of the particles that move and of those in the rim.
  let list = NeighbourList()
  /// Number of particles that move, over all ranks.
  var movingCount = 0
  /// Number of particles that move or are in the rim, over all ranks.
  var listedCount = 0

  init(isMoving: [Bool]) { self.isMoving = isMoving }
}
