import FourierGrid
import Geometry

/// Division of the lattice into tiles.
public struct Tiling: Sendable {
  /// Number of sites along the edges of a tile.
  public let edges: (Int, Int, Int)
  /// Number of tiles along the axes; the last tile of each row may be thinner.
  public let counts: (Int, Int, Int)

  public init(_ lattice: Lattice) {
    edges = lattice.dimension == 2 ? (8, 1, 8) : (4, 4, 4)
    func count(_ n: Int, _ edge: Int) -> Int { (n + edge - 1) / edge }
    counts = (count(lattice.extents.0, edges.0), count(lattice.extents.1, edges.1), count(lattice.extents.2, edges.2))
  }
}

/// Rigorous bounds of the kernel outside of the window: for each pair of tiles, the largest stress that a unit failure
/// in one of them can cause in a block of the other. They depend only on the difference of the tiles' numbers.
public final class TileBounds {
  /// Bounds as [2 counts.0 − 1][2 counts.1 − 1][2 counts.2 − 1]; the central entry is for the tile itself.
  public let bounds: AlignedBuffer<Double>
  public let extents: (Int, Int, Int)
  private let tiling: Tiling

  /// Computes the bounds from the kernel.
  /// - Parameter isSigned: whether to bound max g, or 0 if that is negative, instead of max |g|.
  public init(_ kernel: RealSpaceKernel, _ tiling: Tiling, isSigned: Bool) {
    self.tiling = tiling
    let (n0, n1, n2) = kernel.lattice.extents
    let (c0, c1, c2) = tiling.counts
    extents = (2 * c0 - 1, 2 * c1 - 1, 2 * c2 - 1)
    // Take the largest over a range of distances, one axis after the other, and at least 0.
    func fold(_ r: Int, _ n: Int) -> Int {
      let m = ((r % n) + n) % n
      return min(m, n - m)
    }
    let (s0, s1) = kernel.farStrides
    let (h0, h1) = (n0 / 2 + 1, n1 / 2 + 1)
    var last = [Double](repeating: 0, count: h0 * h1 * c2)
    for x in 0..<h0 {
      for y in 0..<h1 {
        for t in 0..<c2 {
          var largest = 0.0
          for r in (t * tiling.edges.2 - tiling.edges.2 + 1)...(t * tiling.edges.2 + tiling.edges.2 - 1) {
            let g = kernel.far[x * s0 + y * s1 + fold(r, n2)]
            largest = max(largest, isSigned ? g : abs(g))
          }
          last[(x * h1 + y) * c2 + t] = largest
        }
      }
    }
    var middle = [Double](repeating: 0, count: h0 * c1 * c2)
    for x in 0..<h0 {
      for u in 0..<c1 {
        for r in (u * tiling.edges.1 - tiling.edges.1 + 1)...(u * tiling.edges.1 + tiling.edges.1 - 1) {
          for t in 0..<c2 {
            let k = (x * c1 + u) * c2 + t
            middle[k] = max(middle[k], last[(x * h1 + fold(r, n1)) * c2 + t])
          }
        }
      }
    }
    var first = [Double](repeating: 0, count: c0 * c1 * c2)
    for v in 0..<c0 {
      for r in (v * tiling.edges.0 - tiling.edges.0 + 1)...(v * tiling.edges.0 + tiling.edges.0 - 1) {
        let x = fold(r, n0)
        for k in 0..<(c1 * c2) { first[v * c1 * c2 + k] = max(first[v * c1 * c2 + k], middle[x * c1 * c2 + k]) }
      }
    }
    bounds = AlignedBuffer(capacity: extents.0 * extents.1 * extents.2)
    for a in 0..<extents.0 {
      for b in 0..<extents.1 {
        for c in 0..<extents.2 {
          bounds[(a * extents.1 + b) * extents.2 + c] =
            first[(abs(a - c0 + 1) * c1 + abs(b - c1 + 1)) * c2 + abs(c - c2 + 1)]
        }
      }
    }
  }

  /// Returns the bounds for the tiles (first, second, 0…) and a source block in the tile `source`: one number
  /// per tile along the last axis.
  @inline(__always)
  public func row(_ first: Int, _ second: Int, from source: (Int, Int, Int)) -> UnsafePointer<Double> {
    let (c0, c1, c2) = tiling.counts
    return UnsafePointer(bounds.pointer)
      + ((first - source.0 + c0 - 1) * extents.1 + second - source.1 + c1 - 1) * extents.2 - source.2 + c2 - 1
  }
}
