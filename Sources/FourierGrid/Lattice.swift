/// A periodic square or cubic lattice of blocks. Its sites are numbered row by row with the last axis fastest.
///
/// Internally it always has three axes. In two dimensions the middle one has one site, so that the first axis is always
/// the one that is divided among the ranks, and the last one is contiguous in memory.
public struct Lattice: Sendable, Equatable {
  /// Number of sites along each axis, as given by the user: two or three numbers.
  public let shape: [Int]
  /// Number of sites along the three internal axes.
  public let extents: (Int, Int, Int)

  public init(shape: [Int]) {
    precondition((2...3).contains(shape.count) && shape.allSatisfy { $0 >= 1 })
    self.shape = shape
    extents = (shape[0], shape.count == 2 ? 1 : shape[1], shape[shape.count - 1])
  }

  public static func == (a: Lattice, b: Lattice) -> Bool { a.shape == b.shape }

  public var dimension: Int { shape.count }
  public var siteCount: Int { extents.0 * extents.1 * extents.2 }
  /// Number of sites with the same first coordinate.
  public var planeSize: Int { extents.1 * extents.2 }

  @inlinable public func coordinates(of site: Int) -> (Int, Int, Int) {
    let (row, z) = site.quotientAndRemainder(dividingBy: extents.2)
    let (x, y) = row.quotientAndRemainder(dividingBy: extents.1)
    return (x, y, z)
  }

  /// Returns the coordinates as the user counts them, for messages: "[3, 17]".
  public func label(of site: Int) -> String {
    let (x, y, z) = coordinates(of: site)
    return dimension == 2 ? "[\(x), \(z)]" : "[\(x), \(y), \(z)]"
  }
}
