import Geometry

/// Source of the thresholds of blocks, at the start or each time that a block has yielded.
public enum ThresholdSource {
  case distribution(Distribution)
  /// Table of numbers for the blocks of this rank, `rows` for each block: [row][site]. The n-th draw of a
  /// block takes row n mod `rows`.
  case table(AlignedBuffer<Double>, rows: Int)

  /// Returns a threshold of a block.
  /// - Parameters:
  ///   - site: number of the block in the whole lattice; `local` counts from the first site of the rank.
  ///   - count: number of earlier draws of the block from this source.
  func threshold(_ stream: RandomStream, site: Int, local: Int, of ownCount: Int, count: Int, realisation: Int)
    -> Double
  {
    switch self {
    case .distribution(let distribution): distribution.draw(stream, item: site, step: realisation << 32 | count)
    case .table(let values, let rows): values[(count % rows) * ownCount + local]
    }
  }
}
