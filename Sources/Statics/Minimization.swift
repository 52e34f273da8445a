import MessagePassing
import Particles

/// Mechanical equilibrium as the user asked for it: overlaps relaxed, the chosen method, and Newton steps to the end.
public struct Minimization: Sendable {
  public enum Method: String, Sendable {
    case cg, fire, newton
  }

  public var method: Method
  public var tolerance: ForceTolerance
  public var maximumEvaluations: Int

  /// First-order methods hand over to Newton's when the largest force component is this fraction of the mean bond force.
  private let handOver = 1e-5

  public init(method: Method, tolerance: ForceTolerance, maximumEvaluations: Int) {
    self.method = method
    self.tolerance = tolerance
    self.maximumEvaluations = maximumEvaluations
  }

  /// Collective. The system is left with forces, energies and stress of its final position.
  public func run(_ system: ParticleSystem) throws -> MinimizationResult {
    let before = system.statistics
    try OverlapRelaxation().relax(system)
    var threshold = try tolerance.threshold(for: system)
    let used = { system.statistics.evaluations - before.evaluations + system.statistics.hessianProducts - before.hessianProducts }
    var result: MinimizationResult
    if method == .newton {
      result = try TruncatedNewton().minimize(
        system, tolerance: threshold, maximumEvaluations: maximumEvaluations - used())
    } else {
      let coarse = max(threshold, handOver * (try system.bondStatistics().meanForce))
      let first: any Minimizer = method == .cg ? ConjugateGradient() : Fire()
      result = try first.minimize(system, tolerance: coarse, maximumEvaluations: maximumEvaluations - used())
      // The bonds of the minimum, not of the start, set the floor.
      threshold = try tolerance.threshold(for: system)
      if result.reason != .evaluationLimit && threshold < coarse {
        result = try TruncatedNewton().minimize(
          system, tolerance: threshold, maximumEvaluations: maximumEvaluations - used())
      }
    }
    result.tolerance = threshold
    try system.evaluate(.forcesEnergyAndStress)
    result.forceMax = try system.largestComponent(system.forces, width: system.dimension)
    result.evaluations = system.statistics.evaluations - before.evaluations
    result.hessianProducts = system.statistics.hessianProducts - before.hessianProducts
    return result
  }
}
