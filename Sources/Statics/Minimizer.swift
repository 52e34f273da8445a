import Checkpoints
import MessagePassing
import Particles

/// A way downhill. The system comes with forces not yet computed and leaves with the forces of its last position.
public protocol Minimizer {
  /// Moves the particles until the largest force component is at most `tolerance`, or says why it stopped. Collective.
  ///
  /// - Parameters:
  ///   - maximumEvaluations: limits force evaluations and Hessian products together.
  ///   - safePoint: where the minimiser can be put aside, with what it has to remember besides the system.
  ///   - saved: a checkpoint that was made at one of its safe points, whose system `system` continues; nil for a fresh
  ///     start.
  func minimize(
    _ system: ParticleSystem, tolerance: Double, maximumEvaluations: Int, safePoint: SafePoint,
    resuming saved: Checkpoint?
  ) throws -> MinimizationResult
}

extension Minimizer {
  /// From a fresh start to the end.
  public func minimize(
    _ system: ParticleSystem, tolerance: Double, maximumEvaluations: Int
  ) throws -> MinimizationResult {
    try minimize(
      system, tolerance: tolerance, maximumEvaluations: maximumEvaluations, safePoint: .none, resuming: nil)
  }
}

/// The largest displacement of a particle in one step of any minimiser, in units of the mean particle spacing: small
/// enough to end in the minimum that the overdamped motion would reach.
let largestStepInSpacings = 0.05

/// - Throws: a physics failure where a sum over all forces, or over products with them, is not finite.
func requireFinite(_ sum: Double, _ result: MinimizationResult) throws {
  guard sum.isFinite else {
    throw Failure.everywhere(.physics, "a force is not a number, after \(result.evaluations) evaluations")
  }
}

/// Whether the forces of the last evaluation, whose squares add up to `squaredForce`, are within the tolerance of
/// `result`, which is then told so. Collective.
///
/// The largest component is at most the norm and at least the norm over √(N·dimension), so it is looked for only where
/// it can matter.
func isConverged(_ system: ParticleSystem, squaredForce: Double, _ result: inout MinimizationResult) throws -> Bool {
  try requireFinite(squaredForce, result)
  let count = Double(system.totalCount * system.dimension)
  guard squaredForce <= result.tolerance * result.tolerance * count else { return false }
  result.forceMax = try system.largestComponent(system.forces, width: system.dimension)
  guard result.forceMax <= result.tolerance else { return false }
  result.reason = .converged
  return true
}
