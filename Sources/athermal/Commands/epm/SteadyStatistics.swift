import ElastoPlastic
import Measurement
import MessagePassing

/// What the steady state of one or many realisations was like: avalanche sizes and residual strengths.
struct SteadyStatistics: Codable {
  private(set) var sizes: [Int: Int] = [:]
  private(set) var residualCounts = [Int64](repeating: 0, count: ResidualStrengths.edges.count + 1)

  mutating func add(size: Int) { sizes[size, default: 0] += 1 }

  mutating func add(residualCounts more: [Int64]) {
    for k in residualCounts.indices { residualCounts[k] += more[k] }
  }

  mutating func add(_ other: SteadyStatistics) {
    sizes.merge(other.sizes, uniquingKeysWith: +)
    add(residualCounts: other.residualCounts)
  }

  /// Of all ranks together; a rank that shares its realisations with others must be empty on all of them but one.
  /// Collective.
  func pooled(over world: Communicator) throws -> SteadyStatistics {
    var all = SteadyStatistics()
    let keys = try world.gather(sizes.keys.sorted())
    let counts = try world.gather(sizes.keys.sorted().map { sizes[$0]! })
    for (size, count) in zip(keys, counts) { all.sizes[size, default: 0] += count }
    var residual = residualCounts
    try world.reduce(&residual, .sum)
    all.residualCounts = residual
    return all
  }

  var sizeDistribution: TruncatedPowerLaw? { TruncatedPowerLaw(sizes: sizes) }

  /// - Parameter range: of x, in which P(x) ∝ x^θ is fitted.
  func residualStrength(_ range: [Double]) -> ResidualExponent? {
    ResidualExponent(counts: residualCounts, edges: ResidualStrengths.edges, from: range[0], to: range[1])
  }
}
