import Geometry
import MessagePassing

/// The number of blocks along each edge.
extension CoMovingBlocks {
  /// Largest relative difference between the side of a block and the one that was asked for.
  private static let tolerance = 0.1

  /// Returns the shape of the grid whose blocks have the sides closest to `side`, in units of length.
  ///
  /// The length of an edge is what it would be without tilt, its component along its own axis, which simple shear does
  /// not change; so a run that starts from a sheared state has the same blocks.
  /// - Throws: an input failure, the same on all ranks, if `side` exceeds an edge by more than a tenth, or if no whole
  ///   number of blocks along an edge has a side within a tenth of `side`.
  public static func shape(of cell: Cell, side: Double) throws -> [Int] {
    let edges = untiltedEdges(of: cell)
    guard side.isFinite, side > 0 else {
      throw Failure.everywhere(.input, "blocks of side \(side) make no grid; a side is a positive length")
    }
    let counts = edges.map { closestCount($0, side) }
    guard !zip(edges, counts).allSatisfy({ fits($0, $1, side) }) else { return counts }
    let box = edges.map(\.shown).joined(separator: " × ")
    let (below, above) = nearestSides(edges, side)
    let nearest = [below, above].compactMap { $0?.shown }
    let problem =
      side > (edges.min() ?? 0)
      ? "blocks of side \(side.shown) are larger than the box, \(box)"
      : "no whole number of blocks with a side within 10 % of \(side.shown) fills the box, \(box)"
    let remedy = nearest.isEmpty ? "" : "; the nearest sides that fit are \(nearest.joined(separator: " and "))"
    throw Failure.everywhere(.input, problem + remedy)
  }

  private static func untiltedEdges(of cell: Cell) -> [Double] {
    let d = cell.dimension
    let diagonal = (0..<d).map { abs(cell.edges[$0, $0]) }
    // The edges of a rotated cell lie along no axis.
    let isSheared = abs(diagonal.reduce(1, *) - cell.volume) < 1e-6 * cell.volume
    return isSheared ? diagonal : (0..<d).map { cell.edges[$0].length }
  }

  /// Returns the number of blocks whose side is the closest to `side`.
  private static func closestCount(_ edge: Double, _ side: Double) -> Int {
    let fewer = max(1, Int(min(edge / side, 0x1p40)))
    return abs(edge / Double(fewer) - side) <= abs(edge / Double(fewer + 1) - side) ? fewer : fewer + 1
  }

  private static func fits(_ edge: Double, _ count: Int, _ side: Double) -> Bool {
    abs(edge / Double(count) - side) <= tolerance * side
  }

  /// Returns the closest sides below and above `side`, each a whole part of an edge, that fit all edges.
  private static func nearestSides(_ edges: [Double], _ side: Double) -> (below: Double?, above: Double?) {
    func nearest(_ candidates: [Double], _ isCloser: (Double, Double) -> Bool) -> Double? {
      candidates.filter { candidate in edges.allSatisfy { fits($0, closestCount($0, candidate), candidate) } }
        .min(by: isCloser)
    }
    // Sides below a fifth of an edge always fit it, so that a few more blocks along an edge reach one that fits all.
    let below = edges.flatMap { edge in
      let most = Int(min(edge / side, 0x1p20))
      return (most + 1...most + 20).map { edge / Double($0) }
    }
    let above = edges.flatMap { edge in
      let most = Int(min(edge / side, 0x1p20))
      return most == 0 ? [] : (max(1, most - 20)...most).map { edge / Double($0) }
    }
    return (nearest(below, >), nearest(above, <))
  }
}
