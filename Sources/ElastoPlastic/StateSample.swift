import Foundation
import Geometry
import MessagePassing

/// The state at one moment: means, profiles of yield counts, distribution of residual strengths. It has the same bits
/// on any number of ranks.
public struct StateSample: Sendable {
  public let meanStress: Double
  /// Variance of the stress over the blocks.
  public let stressVariance: Double
  public let meanThreshold: Double
  /// Number of blocks that have yielded at least once.
  public let yielded: Int
  /// Profiles along each axis of the lattice as the user counts them: yield counts summed
  /// over each row (plane) across it.
  public let profiles: [[Int64]]
  /// Number of blocks in each bin of the residual strength, including those below the first edge and above the last.
  public let residualCounts: [Int64]

  /// Samples the state, after settling the stresses. Collective.
  public init(_ model: ElastoPlasticModel, edges: [Double]) throws {
    let blocks = model.blocks
    let communicator = model.communicator
    try blocks.settle()
    let sums = ExactSums(count: 3)
    for i in 0..<blocks.ownCount {
      sums.add(blocks.stress[i], to: 0)
      sums.add(blocks.stress[i] * blocks.stress[i], to: 1)
      sums.add(blocks.thresholds[i], to: 2)
    }
    let n = Double(model.lattice.siteCount)
    let totals = try sums.reduce(over: communicator)
    meanStress = totals[0] / n
    stressVariance = max(0, totals[1] / n - meanStress * meanStress)
    meanThreshold = totals[2] / n

    let (n0, n1, n2) = model.lattice.extents
    var counts = [Int64](repeating: 0, count: n0 + n1 + n2)
    var residual = [Int64](repeating: 0, count: edges.count + 1)
    var yielded = 0
    let firstEdge = log10(edges[0])
    let perDecade = Double(edges.count - 1) / (log10(edges[edges.count - 1]) - firstEdge)
    for i in 0..<blocks.ownCount {
      let (x, y, z) = model.lattice.coordinates(of: blocks.firstSite + i)
      let count = Int64(model.yieldCounts[i])
      counts[x] += count
      counts[n0 + y] += count
      counts[n0 + n1 + z] += count
      if count > 0 { yielded += 1 }
      let distance = blocks.thresholds[i] - (blocks.bothSigns ? abs(blocks.stress[i]) : blocks.stress[i])
      let position = (log10(max(distance, 1e-300) / meanThreshold) - firstEdge) * perDecade
      residual[position < 0 ? 0 : min(edges.count, Int(position) + 1)] += 1
    }
    try communicator.reduce(&counts, .sum)
    try communicator.reduce(&residual, .sum)
    self.yielded = try communicator.reduce(yielded, .sum)
    residualCounts = residual
    let first = Array(counts[..<n0])
    let last = Array(counts[(n0 + n1)...])
    profiles = model.lattice.dimension == 2 ? [first, last] : [first, Array(counts[n0..<(n0 + n1)]), last]
  }
}
