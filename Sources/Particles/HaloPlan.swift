/// The cells that one rank sends to and receives from others, so that it has all cells around each owned cell.
///
/// A ghost cell is named by its unwrapped coordinates, which may lie outside the grid: the coordinates of
/// the owner's cell plus `shift` whole boxes. Both sides enumerate the cells of a transfer in the same
/// order, so no list is ever sent.
public struct HaloPlan: Equatable, Sendable {
  /// Cells that one owner sends to one receiver under one shift.
  public struct Transfer: Equatable, Sendable {
    /// Rank of the other side; this rank itself for periodic images of its own cells.
    public let peer: Int
    /// Number of whole boxes, along each edge, between the owner's cell and the ghost.
    public let shift: SIMD3<Int>
    /// Ghost cells in the unwrapped coordinates of the receiver.
    public let ghosts: CellBox
  }

  public let decomposition: Decomposition
  /// Transfers from this rank to others, ordered by peer, then shift.
  public let sends: [Transfer]
  /// Transfers to this rank from others, ordered by peer, then shift.
  public let receives: [Transfer]

  public init(decomposition: Decomposition, rank: Int) {
    self.decomposition = decomposition
    let grid = decomposition.grid
    let own = decomposition.bricks[rank]
    var sends: [Transfer] = []
    var receives: [Transfer] = []
    let thirdAxis = grid.dimension == 3 ? -1...1 : 0...0
    for (peer, brick) in decomposition.bricks.enumerated() where !own.isEmpty && !brick.isEmpty {
      for z in thirdAxis {
        for y in -1...1 {
          for x in -1...1 {
            let shift = SIMD3<Int>(x, y, z)
            if peer == rank && shift == SIMD3<Int>(0, 0, 0) { continue }
            let offset = shift &* grid.counts
            let taken = own.grown(dimension: grid.dimension).intersection(brick.shifted(by: offset))
            if !taken.isEmpty { receives.append(Transfer(peer: peer, shift: shift, ghosts: taken)) }
            let given = brick.grown(dimension: grid.dimension).intersection(own.shifted(by: offset))
            if !given.isEmpty { sends.append(Transfer(peer: peer, shift: shift, ghosts: given)) }
          }
        }
      }
    }
    self.sends = sends
    self.receives = receives
  }
}
