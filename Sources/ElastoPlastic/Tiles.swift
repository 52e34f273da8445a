import ElasticLattice
import FourierGrid
import Geometry

/// The tiles of the lattice that intersect the planes of this rank, and the bounds for the blocks of each tile.
struct Tiles {
  let tiling: Tiling
  /// Smallest distance to yield of the blocks of each tile that are no candidates.
  let floors: AlignedBuffer<Double>
  /// Largest stress that pending failures can have given to any block of each tile.
  let bounds: AlignedBuffer<Double>
  /// First tile of this rank along the first axis of the lattice, and the number of its tiles.
  private let firstPlane: Int
  private let planeCount: Int
  /// Distance from one row of tiles to the next; rows are padded to whole lanes.
  private let rowStride: Int
  private let planes: Range<Int>
  private let extents: (Int, Int, Int)

  /// Number of entries of ``floors`` and ``bounds``, including the padding of the rows.
  let count: Int

  init(_ lattice: Lattice, planes: Range<Int>) {
    tiling = Tiling(lattice)
    self.planes = planes
    extents = lattice.extents
    firstPlane = planes.lowerBound / tiling.edges.0
    planeCount = planes.isEmpty ? 0 : (planes.upperBound - 1) / tiling.edges.0 - firstPlane + 1
    rowStride = (tiling.counts.2 + Lanes.count - 1) / Lanes.count * Lanes.count
    count = planeCount * tiling.counts.1 * rowStride
    floors = AlignedBuffer(capacity: count)
    bounds = AlignedBuffer(capacity: count)
    reset()
  }

  /// Resets the floors as if there were no blocks, and the bounds as if there had been no failures.
  func reset() {
    for t in 0..<count {
      floors[t] = .infinity
      bounds[t] = 0
    }
  }

  /// Returns the plane of tiles that contains the own plane x, for ``row(of:plane:)``.
  @inline(__always) func plane(of x: Int) -> Int { (x / tiling.edges.0 - firstPlane) * tiling.counts.1 }

  /// Returns the first entry of the row of tiles that contains the blocks (x, y, …).
  @inline(__always) func row(of y: Int, plane: Int) -> Int { (plane + y / tiling.edges.1) * rowStride }

  /// Returns the own sites of a tile; nil for padding.
  func sites(of t: Int) -> (x: Range<Int>, y: Range<Int>, z: Range<Int>)? {
    let (row, column) = t.quotientAndRemainder(dividingBy: rowStride)
    let (a, b) = row.quotientAndRemainder(dividingBy: tiling.counts.1)
    guard column < tiling.counts.2 else { return nil }
    func clipped(_ tile: Int, _ edge: Int, _ range: Range<Int>) -> Range<Int> {
      max(range.lowerBound, tile * edge)..<min(range.upperBound, (tile + 1) * edge)
    }
    return (
      clipped(a + firstPlane, tiling.edges.0, planes), clipped(b, tiling.edges.1, 0..<extents.1),
      clipped(column, tiling.edges.2, 0..<extents.2)
    )
  }

  /// Raises the bounds of all tiles by the largest stress that a failure can cause outside of its window.
  func raise(by table: TileBounds, from place: (Int, Int, Int), _ amplitude: Double) {
    let source = (place.0 / tiling.edges.0, place.1 / tiling.edges.1, place.2 / tiling.edges.2)
    for a in 0..<planeCount {
      for b in 0..<tiling.counts.1 {
        addScaled(
          bounds.pointer + (a * tiling.counts.1 + b) * rowStride, table.row(a + firstPlane, b, from: source), amplitude,
          tiling.counts.2)
      }
    }
  }
}

@inline(never)
private func addScaled(
  _ sums: UnsafeMutablePointer<Double>, _ terms: UnsafePointer<Double>, _ factor: Double, _ count: Int
) {
  for k in 0..<count { sums[k] += factor * terms[k] }
}
