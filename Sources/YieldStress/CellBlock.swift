import Geometry

/// A block of a grid that divides the edges of a cell into equal parts: a parallelogram or parallelepiped. The blocks
/// of a grid fill the cell without overlap.
public struct CellBlock: Equatable, Sendable {
  private let dimension: Int
  /// Edge vectors as rows.
  private let edges: Tensor
  /// Matrix that maps a displacement from the centre to fractions of the edges.
  private let fractions: Tensor
  /// Distance of the faces from the centre, in fractions of each edge.
  private var limits: Vector

  /// - Parameter counts: number of blocks along each edge.
  public init(of cell: Cell, counts: [Int]) {
    dimension = cell.dimension
    var edges = Tensor.identity
    for k in 0..<cell.dimension { edges[k] = (1 / Double(counts[k])) * cell.edges[k] }
    self.edges = edges
    fractions = edges.transposed.inverse
    limits = Vector(repeating: 0.5)
  }

  /// Returns whether a particle at x from the centre is inside. A particle on a face belongs to one of two blocks.
  @inline(__always) func contains(_ x: Vector) -> Bool {
    let s = fractions * x
    return -limits.x <= s.x && s.x < limits.x && -limits.y <= s.y && s.y < limits.y && -limits.z <= s.z
      && s.z < limits.z
  }

  /// Half the longest diagonal.
  var reach: Double {
    let half = (0..<dimension).map { limits[$0] * edges[$0] }
    let corners = half.dropFirst().reduce([half[0]]) { corners, edge in corners.flatMap { [$0 + edge, $0 - edge] } }
    return corners.map(\.length).max()!
  }

  var volume: Double { (0..<dimension).reduce(abs(edges.determinant)) { $0 * 2 * limits[$1] } }

  /// Returns the block with all faces moved outwards by a distance.
  func grown(by shell: Double) -> CellBlock {
    var block = self
    for k in 0..<dimension { block.limits[k] += shell * fractions[k].length }
    return block
  }
}
