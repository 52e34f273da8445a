import Geometry
import MessagePassing
import Particles

/// Sums and counts of quantities of the particles in the blocks of a grid that divides the edges of the box: thresholds
/// for a lattice model (Richard, Sec. V, with blocks of ξ = 5d), densities, stresses.
///
/// Each rank holds slabs of the grid. Particles are added in the order of their identifiers, so the sums have the same
/// bits on any number of ranks.
public struct BlockField {
  /// Number of blocks along each edge.
  public let shape: [Int]
  /// Slabs of blocks, along the first edge, that this rank owns.
  public let slabs: Range<Int>
  /// Number of quantities per block.
  public let width: Int
  /// Sums over the particles in each block of the slabs of this rank: block × quantity, last edge fastest.
  public let sums: [Double]
  /// Number of particles whose value is not NaN, in the order of ``sums``.
  public let counts: [Int]

  /// Returns the shape of a grid of blocks that are about `side` thick.
  public static func shape(of cell: Cell, side: Double) -> [Int] {
    (0..<cell.dimension).map { max(1, Int((cell.widths[$0] / side).rounded())) }
  }

  /// Sums the `width` numbers that `values(i, out)` writes for each owned particle i. NaN are left out. Collective.
  public init(
    _ system: ParticleSystem, shape: [Int], width: Int,
    values: (_ particle: Int, _ out: UnsafeMutablePointer<Double>) -> Void
  ) throws {
    let own = (0..<system.ownedCount).flatMap { i in
      [Double](unsafeUninitializedCapacity: width) { buffer, count in
        values(i, buffer.baseAddress!)
        count = width
      }
    }
    try self.init(system, shape: shape, own: own, width: width)
  }

  /// Sums columns whose rows are in the order of files. Collective.
  public init(_ system: ParticleSystem, shape: [Int], byIdentifier values: [Double], width: Int) throws {
    let own = try system.identifierBlocks().values(ofColumn: values, width: width)
    try self.init(system, shape: shape, own: own, width: width)
  }

  private init(_ system: ParticleSystem, shape: [Int], own: [Double], width: Int) throws {
    let cell = system.cell
    let slabSize = shape.dropFirst().reduce(1, *)
    let shares = RowShares(shape[0], over: system.communicator)

    // Send each particle to the rank that owns its block.
    let blocks = (0..<system.ownedCount).map { i in
      var position = system.fixedPosition(i)
      _ = cell.wrap(&position)
      let s = cell.fractions(position)
      var block = 0
      for k in 0..<cell.dimension { block = block * shape[k] + min(max(Int(s[k] * Double(shape[k])), 0), shape[k] - 1) }
      return block
    }
    let (sendCounts, order) = shares.sendOrder(of: blocks.lazy.map { $0 / slabSize })
    let exchange = try Exchange(system.communicator, sendCounts: sendCounts)
    let keys = try exchange.forward(order.flatMap { [Int64(blocks[$0]), system.id($0)] }, width: 2)
    let arrived = try exchange.forward(order.flatMap { own[($0 * width)..<(($0 + 1) * width)] }, width: width)

    let first = shares.own.lowerBound * slabSize
    var sums = [Double](repeating: 0, count: shares.own.count * slabSize * width)
    var counts = [Int](repeating: 0, count: sums.count)
    let byIdentifier = (0..<(keys.count / 2)).sorted { keys[2 * $0 + 1] < keys[2 * $1 + 1] }
    for n in byIdentifier {
      let block = Int(keys[2 * n]) - first
      for k in 0..<width where !arrived[n * width + k].isNaN {
        sums[block * width + k] += arrived[n * width + k]
        counts[block * width + k] += 1
      }
    }
    self.shape = shape
    slabs = shares.own
    self.width = width
    self.sums = sums
    self.counts = counts
  }

  /// Returns the means of a quantity in the blocks of this rank; NaN for a block in which no particle has a value.
  public func means(of quantity: Int) -> [Double] {
    stride(from: quantity, to: sums.count, by: width).map { counts[$0] == 0 ? .nan : sums[$0] / Double(counts[$0]) }
  }
}
