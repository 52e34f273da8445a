import Foundation
import Geometry
import MessagePassing
import Particles

/// Centres of the cavities: the particle closest to each node of a regular grid in fractions of
/// the edges, or every particle, or the middles of blocks, wherever particles are.
public enum Centres: Equatable, Sendable {
  /// Grid with about the given distance between nodes, in units of length.
  case grid(spacing: Double)
  case everyParticle
  /// Middles of the blocks of a grid with the given number of blocks along each edge.
  case blocks([Int])

  /// Returns the number of nodes along each edge of a cell, at least one; nil if every particle is a centre.
  public func counts(_ cell: Cell) -> SIMD3<Int>? {
    var counts = SIMD3<Int>(1, 1, 1)
    switch self {
    case .grid(let spacing):
      for k in 0..<cell.dimension { counts[k] = max(1, Int((cell.widths[k] / spacing).rounded())) }
    case .blocks(let blocks):
      for k in 0..<cell.dimension { counts[k] = blocks[k] }
    case .everyParticle: return nil
    }
    return counts
  }

  public func total(_ system: ParticleSystem) -> Int {
    counts(system.cell).map { $0.x * $0.y * $0.z } ?? system.totalCount
  }

  /// Returns the nodes of this rank, numbered from 0 row by row, last axis fastest. For a grid, they are a brick of
  /// nodes that is as large as that of any other rank, up to a row; otherwise the particles that the rank owns.
  func own(_ system: ParticleSystem) -> [(number: Int, place: FixedVector)] {
    let cell = system.cell
    guard let counts = counts(cell) else {
      return (0..<system.ownedCount).map { i in
        var place = system.fixedPosition(i)
        _ = cell.wrap(&place)
        return (Int(system.id(i)) - 1, place)
      }
    }
    let nodes = CellGrid(dimension: cell.dimension, counts: counts)
    let brick = Decomposition(grid: nodes, rankCount: system.communicator.size).bricks[system.communicator.rank]
    var own: [(number: Int, place: FixedVector)] = []
    own.reserveCapacity(brick.count)
    brick.forEachCell { node in
      var number = 0
      var place = Vector.zero
      for k in 0..<cell.dimension {
        number = number * counts[k] + node[k]
        place += (Double(node[k]) + 0.5) / Double(counts[k]) * cell.edges[k]
      }
      own.append((number, cell.fixed(place)))
    }
    // Neighbouring cavities follow each other, so that their particles are still in the cache.
    own.sort { $0.number < $1.number }
    return own
  }
}
