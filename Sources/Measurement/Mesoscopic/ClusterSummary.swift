import Foundation
import Statistics

/// Means over the clusters of active blocks of a run, with errors from the scatter between segments of the run.
public struct ClusterSummary: Sendable {
  // Places of the sums.
  static let (samples, clusters, blocks, spanning, births, pairs) = (0, 1, 2, 3, 4, 5)
  static let quantities = 6

  private let sums: SegmentSums
  /// Sizes that occurred, in blocks, ascending, with the number of clusters of each.
  public let sizes: [(size: Int, count: Int64)]

  init(sums: SegmentSums, sizes: [(size: Int, count: Int64)]) {
    self.sums = sums
    self.sizes = sizes
  }

  /// Number of samples.
  public var sampleCount: Int { Int(sums.total[Self.samples]) }
  /// Number of samples in which births were counted.
  public var pairCount: Int { Int(sums.total[Self.pairs]) }
  /// Number of clusters in all samples together.
  public var clusterCount: Int { Int(sums.total[Self.clusters]) }
  /// Number of clusters that span an edge of the box, in all samples together.
  public var spanningCount: Int { Int(sums.total[Self.spanning]) }
  /// Number of clusters that were born.
  public var birthCount: Int { Int(sums.total[Self.births]) }

  /// Mean number of clusters in a sample.
  public var clustersPerSample: Estimate { sums.estimate { $0[Self.clusters] / $0[Self.samples] } }
  /// Mean number of active blocks in a sample.
  public var activePerSample: Estimate { sums.estimate { $0[Self.blocks] / $0[Self.samples] } }
  /// Mean number of clusters that are born from one sample to the next.
  public var birthsPerSample: Estimate { sums.estimate { $0[Self.births] / $0[Self.pairs] } }
  /// Mean number of blocks in a cluster.
  public var meanSize: Estimate { sums.estimate { $0[Self.blocks] / $0[Self.clusters] } }

  /// Returns the length ⟨l_pl⟩ = ⟨A_pl⟩^(1/d), with the mean area (volume in 3D) of the clusters.
  /// - Parameter blockVolume: area (volume) of a block.
  public func length(blockVolume: Double, dimension: Int) -> Estimate {
    sums.estimate { pow($0[Self.blocks] / $0[Self.clusters] * blockVolume, 1 / Double(dimension)) }
  }
}
