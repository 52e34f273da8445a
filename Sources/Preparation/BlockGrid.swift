import Geometry
import MessagePassing
import Particles

/// The checkerboard of a sweep: equal blocks in fractions of the box edges, an even number along each edge, with an
/// origin that changes from sweep to sweep.
///
/// Between two blocks of one colour there is always another block. A block is at least as wide as the largest cutoff,
/// and no particle leaves its block while it is treated. So no trial move can notice another one made at the same time.
public struct BlockGrid: Equatable, Sendable {
  /// Number of blocks along each edge; 1 along the third in two dimensions.
  public let counts: SIMD3<Int>
  public let dimension: Int

  /// Creates the grid of the smallest blocks that are at least `width` wide, in units of length.
  /// - Throws: an input failure if there is no room for two of them along some edge.
  public init(cell: Cell, width: Double) throws {
    dimension = cell.dimension
    var counts = SIMD3<Int>(1, 1, 1)
    for k in 0..<cell.dimension {
      let pairs = Int(cell.widths[k] / (2 * width * (1 + 1e-9)))
      guard pairs >= 1 else {
        throw Failure.everywhere(
          .input,
          "the box is too small for its blocks: it is \(cell.widths[k].shown) wide across edge \(k + 1), and needs two "
            + "blocks of \(width) (prepare.block times the largest cutoff); use more particles or a smaller "
            + "prepare.block")
      }
      counts[k] = 2 * pairs
    }
    self.counts = counts
  }

  public var blockCount: Int { counts.x * counts.y * counts.z }
  /// Number of colours: 4 in two dimensions, 8 in three.
  public var colourCount: Int { 1 << dimension }

  /// Returns the colour of a block, 0 ..< ``colourCount``, from the parities of its coordinates. It is the same for a
  /// block and its periodic images.
  public func colour(of block: SIMD3<Int>) -> Int { (block.x & 1) | (block.y & 1) << 1 | (block.z & 1) << 2 }

  /// Returns the number of a block in the grid, which does not depend on the rank that owns it.
  public func number(of block: SIMD3<Int>) -> Int { block.x + counts.x * (block.y + counts.y * block.z) }
}
