/// What the engine has done since the system was made.
public struct EvaluationStatistics: Codable, Sendable {
  /// Force evaluations.
  public var evaluations = 0
  /// Products with the Hessian.
  public var hessianProducts = 0
  /// Re-neighbourings.
  public var rebuilds = 0
  /// Seconds spent in sums over all particles, messages included.
  public var sumSeconds = 0.0

  /// Times are not kept: they are no part of what a run computes, and each rank has its own.
  private enum CodingKeys: CodingKey { case evaluations, hessianProducts, rebuilds }
}
