/// Assignment of cells to ranks: one brick of cells per rank, by recursive bisection.
///
/// It is a value, the same on all ranks and computed without messages. If there are more ranks than cells, as can
/// happen when a box gets narrower, the last ranks own nothing.
public struct Decomposition: Equatable, Sendable {
  public let grid: CellGrid
  /// The brick of each rank.
  public let bricks: [CellBox]
  private let cuts: [Cut]

  /// A node of the bisection: cells below `position` along `axis` are in `left`, the others in
  /// `right`. Leaves carry a rank.
  private struct Cut: Equatable, Sendable {
    var axis = 0
    var position = 0
    var left = -1
    var right = -1
    var rank = -1
  }

  public init(grid: CellGrid, rankCount: Int) {
    var bricks: [CellBox] = []
    var cuts: [Cut] = []

    func bisect(_ box: CellBox, _ ranks: Int) -> Int {
      let node = cuts.count
      cuts.append(Cut())
      if ranks == 1 {
        cuts[node].rank = bricks.count
        bricks.append(box)
        return node
      }
      let extent = box.extent
      let axis = (0..<3).max { (extent[$0], -$0) < (extent[$1], -$1) }!
      let length = extent[axis]
      let across = box.count / length
      let half = ranks / 2
      let position = min(max((length * half + ranks / 2) / ranks, 1), length - 1)
      // Each side needs at least as many cells as ranks.
      let leftRanks = max(ranks - (length - position) * across, min(half, position * across))
      var left = box
      var right = box
      left.upper[axis] = box.lower[axis] + position
      right.lower[axis] = box.lower[axis] + position
      cuts[node].axis = axis
      cuts[node].position = left.upper[axis]
      cuts[node].left = bisect(left, leftRanks)
      cuts[node].right = bisect(right, ranks - leftRanks)
      return node
    }

    _ = bisect(CellBox(lower: SIMD3(0, 0, 0), upper: grid.counts), min(rankCount, grid.cellCount))
    let nothing = CellBox(lower: SIMD3(0, 0, 0), upper: SIMD3(0, 0, 0))
    bricks += [CellBox](repeating: nothing, count: rankCount - bricks.count)
    self.grid = grid
    self.bricks = bricks
    self.cuts = cuts
  }

  /// Returns the rank that owns a cell of the grid.
  public func owner(of c: SIMD3<Int>) -> Int {
    var node = 0
    while cuts[node].rank < 0 { node = c[cuts[node].axis] < cuts[node].position ? cuts[node].left : cuts[node].right }
    return cuts[node].rank
  }
}
