/// Mean of one quantity in a stationary state of known length, with its error from the scatter of blocks in time. Only
/// the sums of the blocks are kept.
public struct BlockedMean: Codable, Sendable {
  /// Number of values that are expected.
  public let length: Int
  private var sums: [Double]
  private var counts: [Int]

  /// - Parameter length: number of values that will be added.
  public init(length: Int, blocks: Int = 10) {
    self.length = length
    sums = [Double](repeating: 0, count: blocks)
    counts = [Int](repeating: 0, count: blocks)
  }

  public private(set) var count = 0

  public mutating func add(_ value: Double) {
    let block = min(sums.count - 1, count * sums.count / max(1, length))
    sums[block] += value
    counts[block] += 1
    count += 1
  }

  /// NaN if there are no values.
  public var mean: Double { count == 0 ? .nan : sums.reduce(0, +) / Double(count) }

  /// Standard error of the mean, from the scatter of the means of the blocks; NaN with fewer than two blocks.
  public var error: Double {
    let means = zip(sums, counts).filter { $1 > 0 }.map { $0 / Double($1) }
    guard means.count > 1 else { return .nan }
    return TimeSeries(means).variance.squareRoot() / Double(means.count).squareRoot()
  }
}
