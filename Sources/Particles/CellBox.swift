/// A box of cells, half-open: lower ≤ c < upper on each axis.
public struct CellBox: Equatable, Sendable {
  public var lower: SIMD3<Int>
  public var upper: SIMD3<Int>

  public init(lower: SIMD3<Int>, upper: SIMD3<Int>) {
    self.lower = lower
    self.upper = upper
  }

  public var extent: SIMD3<Int> { upper &- lower }
  public var isEmpty: Bool { extent.x <= 0 || extent.y <= 0 || extent.z <= 0 }
  public var count: Int { isEmpty ? 0 : extent.x * extent.y * extent.z }

  public func contains(_ c: SIMD3<Int>) -> Bool {
    c.x >= lower.x && c.y >= lower.y && c.z >= lower.z && c.x < upper.x && c.y < upper.y && c.z < upper.z
  }

  public func intersection(_ other: CellBox) -> CellBox {
    CellBox(
      lower: pointwiseMax(lower, other.lower), upper: pointwiseMin(upper, other.upper))
  }

  public func shifted(by offset: SIMD3<Int>) -> CellBox { CellBox(lower: lower &+ offset, upper: upper &+ offset) }

  /// Returns the box grown by one layer of cells on all sides of the first `dimension` axes.
  public func grown(dimension: Int) -> CellBox {
    let layer = SIMD3<Int>(1, 1, dimension == 3 ? 1 : 0)
    return CellBox(lower: lower &- layer, upper: upper &+ layer)
  }

  /// Returns the number of a cell within the box; the last axis is slowest.
  @inlinable public func index(of c: SIMD3<Int>) -> Int {
    let e = extent
    return (c.x - lower.x) + e.x * ((c.y - lower.y) + e.y * (c.z - lower.z))
  }

  /// Visits the cells in the order of ``index(of:)``.
  public func forEachCell(_ visit: (SIMD3<Int>) throws -> Void) rethrows {
    guard !isEmpty else { return }
    for z in lower.z..<upper.z {
      for y in lower.y..<upper.y {
        for x in lower.x..<upper.x { try visit(SIMD3<Int>(x, y, z)) }
      }
    }
  }
}
