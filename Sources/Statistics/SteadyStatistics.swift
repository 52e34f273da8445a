import MessagePassing

/// Avalanche sizes and residual strengths in the steady state of one or many realisations.
public struct SteadyStatistics: Codable {
  public private(set) var sizes: [Int: Int] = [:]
  public private(set) var residualCounts = [Int64](repeating: 0, count: ResidualStrengths.edges.count + 1)

  public init() {}

  public mutating func add(size: Int) { sizes[size, default: 0] += 1 }

  public mutating func add(residualCounts more: [Int64]) {
    for k in residualCounts.indices { residualCounts[k] += more[k] }
  }

  public mutating func add(_ other: SteadyStatistics) {
    sizes.merge(other.sizes, uniquingKeysWith: +)
    add(residualCounts: other.residualCounts)
  }

  /// Returns the sum of the statistics of all ranks. If several ranks share a realisation, all of them but
  /// one must be empty. Collective.
  public func pooled(over world: Communicator) throws -> SteadyStatistics {
    var all = SteadyStatistics()
    let keys = try world.gather(sizes.keys.sorted())
    let counts = try world.gather(sizes.keys.sorted().map { sizes[$0]! })
    for (size, count) in zip(keys, counts) { all.sizes[size, default: 0] += count }
    var residual = residualCounts
    try world.reduce(&residual, .sum)
    all.residualCounts = residual
    return all
  }

  public var sizeDistribution: TruncatedPowerLaw? { TruncatedPowerLaw(sizes: sizes) }

  /// Fits P(x) ∝ x^θ.
  /// - Parameter range: lower and upper limit of x.
  public func residualStrength(_ range: [Double]) -> ResidualExponent? {
    ResidualExponent(counts: residualCounts, edges: ResidualStrengths.edges, from: range[0], to: range[1])
  }
}
