/// Counts of the work that the engine has done since the system was made.
public struct EvaluationStatistics: Codable, Sendable {
  /// Number of force evaluations of the whole system.
  public var evaluations = 0
  /// Number of products of the Hessian of the whole system with a vector.
  public var hessianProducts = 0
  /// Number of particles whose forces, or rows of Hessian products, were computed while the
  /// system was confined to a region.
  public var regionalRows = 0
  /// Number of times that the neighbours were listed.
  public var rebuilds = 0
  /// Time spent in sums over all particles, in seconds, messages included.
  public var sumSeconds = 0.0

  public init() {}

  /// Returns the number of evaluations and products; those of regions count by their share of
  /// the given number of particles.
  public func work(particles: Int) -> Int { evaluations + hessianProducts + regionalRows / particles }

  /// Keys without the times, which are not saved: they are no part of what a run computes, and each rank has its own.
  private enum CodingKeys: CodingKey { case evaluations, hessianProducts, regionalRows, rebuilds }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    evaluations = try container.decode(Int.self, forKey: .evaluations)
    hessianProducts = try container.decode(Int.self, forKey: .hessianProducts)
    rebuilds = try container.decode(Int.self, forKey: .rebuilds)
    // Checkpoints of versions without regions lack this key.
    regionalRows = try container.decodeIfPresent(Int.self, forKey: .regionalRows) ?? 0
  }
}
