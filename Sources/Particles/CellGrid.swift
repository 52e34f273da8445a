import Foundation
import Geometry

/// The global grid of cells in fractions of the box edges. The box, the range of the lists and the number of particles
/// determine it, never the ranks.
///
/// Every neighbour of a particle lies in its own cell or in one of the cells around it.
public struct CellGrid: Equatable, Sendable {
  public let dimension: Int
  /// Number of cells along each edge; 1 along the third in two dimensions.
  public let counts: SIMD3<Int>

  /// Creates a grid of cells whose faces are at least `range` apart, with about four particles per cell or more.
  public init(cell: Cell, range: Double, particleCount: Int) {
    dimension = cell.dimension
    let widths = cell.widths
    var counts = SIMD3<Int>(1, 1, 1)
    var most = Double(max(1, particleCount))
    // Far below four particles per cell, more cells cost memory and save nothing.
    let perCell = cell.volume / Double(max(1, particleCount)) * 4
    let spacing = max(range, dimension == 2 ? perCell.squareRoot() : cubeRoot(perCell))
    for k in 0..<dimension {
      // The margin keeps a pair at exactly the range inside the stencil when fractions round. A box that is far longer
      // than wide must not have more cells than particles.
      counts[k] = max(1, Int(min(widths[k] / (spacing * (1 + 1e-9)), most)))
      most = max(1, most / Double(counts[k]))
    }
    self.counts = counts
  }

  public init(dimension: Int, counts: SIMD3<Int>) {
    self.dimension = dimension
    self.counts = counts
  }

  public var cellCount: Int { counts.x * counts.y * counts.z }

  /// Returns the cell of a wrapped position, given by its fractions.
  @inlinable public func cell(ofFractions s: Vector) -> SIMD3<Int> {
    var c = SIMD3<Int>(0, 0, 0)
    for k in 0..<dimension { c[k] = min(max(Int(s[k] * Double(counts[k])), 0), counts[k] - 1) }
    return c
  }
}

func cubeRoot(_ x: Double) -> Double { cbrt(x) }
