import MessagePassing
import Particles

/// A list of bonds in the order of their identifiers (i, then j), distributed over the ranks by blocks of i. It is the
/// form in which a file keeps the bonds that each rank found among its own particles.
public struct BondTable {
  /// Identifiers of the first and, in ``j``, of the second particle of each bond, as the bonds were given.
  public let i: [Int64]
  public let j: [Int64]
  /// Values of the bonds, ``width`` per bond.
  public let values: [Double]
  public let width: Int
  /// Number of bonds on lower ranks; ``totalCount`` is the number on all ranks.
  public let firstRow: Int
  public let totalCount: Int

  /// Sorts and distributes the bonds. Bonds with the same i must come from one rank; those with the same i
  /// and j keep their order. Collective.
  public init(
    i: [Int64], j: [Int64], values: [Double], width: Int, particleCount: Int, over communicator: Communicator
  ) throws {
    let (counts, order) = RowShares(particleCount, over: communicator).sendOrder(of: i.lazy.map { Int($0) - 1 })
    let exchange = try Exchange(communicator, sendCounts: counts)
    let arrivedI = try exchange.forward(order.map { i[$0] })
    let arrivedJ = try exchange.forward(order.map { j[$0] })
    let arrived = try exchange.forward(order.flatMap { values[($0 * width)..<(($0 + 1) * width)] }, width: width)
    let sorted = arrivedI.indices.sorted {
      (arrivedI[$0], arrivedJ[$0], $0) < (arrivedI[$1], arrivedJ[$1], $1)
    }
    self.i = sorted.map { arrivedI[$0] }
    self.j = sorted.map { arrivedJ[$0] }
    self.values = sorted.flatMap { arrived[($0 * width)..<(($0 + 1) * width)] }
    self.width = width
    firstRow = try communicator.exclusiveSum(sorted.count)
    totalCount = try communicator.reduce(sorted.count, .sum)
  }

  /// Returns column `k` of the values.
  public func column(_ k: Int) -> ResultArray<Double> { array(i.indices.map { values[$0 * width + k] }) }

  /// Returns some columns of the values, as one with vectors.
  public func columns(_ range: Range<Int>) -> ResultArray<Double> {
    array(i.indices.flatMap { row in range.map { values[row * width + $0] } }, [range.count])
  }

  /// Returns entries of the shape `row`, one for each bond of this rank, for a file.
  public func array<Element: HDF5Element>(_ entries: [Element], _ row: [Int] = []) -> ResultArray<Element> {
    ResultArray(rows: entries, firstRow: firstRow, shape: [totalCount] + row)
  }
}
