import Geometry

/// Where the thresholds of blocks come from, at the start or each time that a block has yielded.
public enum ThresholdSource {
  case distribution(Distribution)
  /// Given numbers for the blocks of this rank, `rows` for each: [row][site]. The n-th draw of a block takes row n mod
  /// rows.
  case table(AlignedBuffer<Double>, rows: Int)

  /// The threshold of a block.
  /// - Parameters:
  ///   - site: of the whole lattice; `local` counts from the first site of the rank.
  ///   - count: how often the block has drawn from here before.
  func threshold(_ stream: RandomStream, site: Int, local: Int, of ownCount: Int, count: Int, realisation: Int)
    -> Double
  {
    switch self {
    case .distribution(let distribution): distribution.draw(stream, item: site, step: realisation << 32 | count)
    case .table(let values, let rows): values[(count % rows) * ownCount + local]
    }
  }
}
