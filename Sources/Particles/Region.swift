import Interactions

/// A part of the box that work is confined to while everything else stands still: whole cells whose particles move, and
/// a rim of cells around them, which feel it.
final class Region {
  /// By the place of a cell among those that this rank owns.
  var isMoving: [Bool]
  var isRim: [Bool] = []
  /// The owned cells that move or are in the rim, and where the particles of the rim stand.
  var listedCells: [Int32] = []
  var rimRuns: [Range<Int>] = []
  /// The neighbours of the particles that move and of those in the rim.
  let list = NeighbourList()
  /// Particles that move, and those of the rim with them, on all ranks together.
  var movingCount = 0
  var listedCount = 0

  init(isMoving: [Bool]) { self.isMoving = isMoving }
}
