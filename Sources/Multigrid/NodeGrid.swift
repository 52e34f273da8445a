import Particles

/// One grid of the multigrid hierarchy: as many nodes as cells along each edge, node a at the
/// lower corner of cell a, periodic.
///
/// The cells of the box determine it, never the ranks. Each rank holds a box of nodes and
/// two layers of ghosts around it.
struct NodeGrid {
  let dimension: Int
  /// Number of nodes along each edge; 1 along the third in two dimensions.
  let counts: SIMD3<Int>
  /// Nodes that this rank holds.
  let box: CellBox
  /// Nodes of each rank; a single box, the whole grid, if it is replicated.
  let boxes: [CellBox]
  /// Whether every rank holds the whole grid.
  let isReplicated: Bool

  static let ghostLayers = 2

  /// The box of this rank with its ghost layers.
  var grown: CellBox {
    let layer = SIMD3<Int>(Self.ghostLayers, Self.ghostLayers, dimension == 3 ? Self.ghostLayers : 0)
    return CellBox(lower: box.lower &- layer, upper: box.upper &+ layer)
  }

  var nodeCount: Int { counts.x * counts.y * counts.z }

  static func shared(_ decomposition: Decomposition, rank: Int) -> NodeGrid {
    NodeGrid(
      dimension: decomposition.grid.dimension, counts: decomposition.grid.counts, box: decomposition.bricks[rank],
      boxes: decomposition.bricks, isReplicated: false)
  }

  /// Returns the grid with about twice the spacing, distributed like this one: a coarse node belongs to the rank of the
  /// first fine node at or behind it.
  func coarsened(rank: Int) -> NodeGrid {
    var coarse = counts
    for k in 0..<dimension where counts[k] > 3 { coarse[k] = (counts[k] + 1) / 2 }
    let shares = boxes.map { share -> CellBox in
      var lower = SIMD3<Int>(0, 0, 0)
      var upper = SIMD3<Int>(1, 1, 1)
      for k in 0..<3 {
        // ceil(A n / n') ≥ lower where A ≥ (lower − 1) n'/n, exclusively.
        lower[k] = Self.firstCoarse(atOrBehind: share.lower[k], fine: counts[k], coarse: coarse[k])
        upper[k] = Self.firstCoarse(atOrBehind: share.upper[k], fine: counts[k], coarse: coarse[k])
      }
      return CellBox(lower: lower, upper: upper)
    }
    return NodeGrid(
      dimension: dimension, counts: coarse, box: shares[isReplicated ? 0 : rank], boxes: shares,
      isReplicated: isReplicated)
  }

  /// Returns the smallest A with ⌈A n/n'⌉ ≥ a.
  private static func firstCoarse(atOrBehind a: Int, fine n: Int, coarse: Int) -> Int {
    a <= 0 ? 0 : ((a - 1) * coarse) / n + 1
  }

  /// Returns the same grid with all nodes on every rank.
  func replicated() -> NodeGrid {
    let whole = CellBox(lower: SIMD3(0, 0, 0), upper: counts)
    return NodeGrid(dimension: dimension, counts: counts, box: whole, boxes: [whole], isReplicated: true)
  }
}
