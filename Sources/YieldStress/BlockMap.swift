import Geometry
import MessagePassing
import Particles

/// Means of a map of particles over the blocks of a grid in fractions of the edges: thresholds for a lattice model
/// (Richard, Sec. V, with blocks of ξ = 5d).
public struct BlockMap {
  /// Blocks along each edge.
  public let shape: [Int]
  /// The slabs of blocks, along the first edge, of this rank.
  public let slabs: Range<Int>
  /// Block × column, last edge fastest, of the slabs of this rank; NaN where no particle has a value.
  private let means: [Double]
  private let width: Int

  /// Collective.
  /// - Parameters:
  ///   - values: `width` numbers per particle, in rows by identifier as ``ParticleYieldMap`` has them.
  ///   - side: of the blocks, about.
  public init(_ system: ParticleSystem, _ values: [Double], width: Int, side: Double) throws {
    let communicator = system.communicator
    let cell = system.cell
    let shape = (0..<cell.dimension).map { max(1, Int((cell.widths[$0] / side).rounded())) }
    let rows = try IdentifierBlocks(
      ids: (0..<system.ownedCount).map(system.id), totalCount: system.totalCount, over: communicator)
    let own = try rows.values(ofColumn: values, width: width)
    let slabSize = shape.dropFirst().reduce(1, *)
    let shares = RowShares(shape[0], over: communicator)

    // Each particle goes to the rank that has its block.
    let blocks = (0..<system.ownedCount).map { i in
      var position = system.fixedPosition(i)
      _ = cell.wrap(&position)
      let s = cell.fractions(position)
      var block = 0
      for k in 0..<cell.dimension { block = block * shape[k] + min(max(Int(s[k] * Double(shape[k])), 0), shape[k] - 1) }
      return block
    }
    let (counts, order) = shares.sendOrder(of: blocks.lazy.map { $0 / slabSize })
    let exchange = try Exchange(communicator, sendCounts: counts)
    let keys = try exchange.forward(order.flatMap { [Int64(blocks[$0]), system.id($0)] }, width: 2)
    let arrived = try exchange.forward(order.flatMap { own[($0 * width)..<(($0 + 1) * width)] }, width: width)

    slabs = shares.own
    let blockCount = slabs.count * slabSize
    let first = slabs.lowerBound * slabSize
    var sums = [Double](repeating: 0, count: blockCount * width)
    var numbers = [Int](repeating: 0, count: blockCount * width)
    // In the order of identifiers: the same bits on any number of ranks.
    let byIdentifier = (0..<(keys.count / 2)).sorted { keys[2 * $0 + 1] < keys[2 * $1 + 1] }
    for n in byIdentifier {
      let block = Int(keys[2 * n]) - first
      for k in 0..<width where !arrived[n * width + k].isNaN {
        sums[block * width + k] += arrived[n * width + k]
        numbers[block * width + k] += 1
      }
    }
    means = sums.indices.map { numbers[$0] == 0 ? .nan : sums[$0] / Double(numbers[$0]) }
    self.shape = shape
    self.width = width
  }

  /// One column, of the slabs of this rank.
  public func column(_ k: Int) -> [Double] { stride(from: k, to: means.count, by: width).map { means[$0] } }
}
