/// What the engine has done since the system was made.
public struct EvaluationStatistics: Codable, Sendable {
  /// Force evaluations of the whole system.
  public var evaluations = 0
  /// Products with the Hessian of the whole system.
  public var hessianProducts = 0
  /// Particles whose forces, or rows of such products, were computed while the system was confined to a region.
  public var regionalRows = 0
  /// Re-neighbourings.
  public var rebuilds = 0
  /// Seconds spent in sums over all particles, messages included.
  public var sumSeconds = 0.0

  public init() {}

  /// Evaluations and products, those of regions by their share of so many particles.
  public func work(particles: Int) -> Int { evaluations + hessianProducts + regionalRows / particles }

  /// Times are not kept: they are no part of what a run computes, and each rank has its own.
  private enum CodingKeys: CodingKey { case evaluations, hessianProducts, regionalRows, rebuilds }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    evaluations = try container.decode(Int.self, forKey: .evaluations)
    hessianProducts = try container.decode(Int.self, forKey: .hessianProducts)
    rebuilds = try container.decode(Int.self, forKey: .rebuilds)
    // Checkpoints of versions that knew no regions.
    regionalRows = try container.decodeIfPresent(Int.self, forKey: .regionalRows) ?? 0
  }
}
