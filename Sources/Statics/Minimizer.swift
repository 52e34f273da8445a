import Checkpoints
import MessagePassing
import Particles

/// A minimisation algorithm. It receives the system with forces not yet computed, and leaves it with the
/// forces at its last position.
public protocol Minimizer {
  /// Moves the particles until the largest force component is at most `tolerance`, or
  /// reports why it stopped. Collective.
  ///
  /// - Parameters:
  ///   - maximumEvaluations: the limit of force evaluations and Hessian products together.
  ///   - safePoint: where the minimiser can be suspended; it saves its own state there.
  ///   - saved: a checkpoint made at one of its safe points, from which `system` was restored; nil for a fresh start.
  func minimize(
    _ system: ParticleSystem, tolerance: Double, maximumEvaluations: Int, safePoint: SafePoint,
    resuming saved: Checkpoint?
  ) throws -> MinimizationResult
}

extension Minimizer {
  /// Minimises from a fresh start, without checkpoints. Collective.
  public func minimize(
    _ system: ParticleSystem, tolerance: Double, maximumEvaluations: Int
  ) throws -> MinimizationResult {
    try minimize(
      system, tolerance: tolerance, maximumEvaluations: maximumEvaluations, safePoint: .none, resuming: nil)
  }
}

/// Largest displacement of a particle in one step of any minimiser, in units of the mean particle spacing. It is small
/// enough to end in the minimum that the overdamped motion would reach.
let largestStepInSpacings = 0.05

/// Verifies that forces are finite.
/// - Throws: a physics failure if a sum over all forces, or over products with them, is not finite.
func requireFinite(_ sum: Double, _ result: MinimizationResult) throws {
  guard sum.isFinite else {
    throw Failure.everywhere(.physics, "a force is not a number, after \(result.evaluations) evaluations")
  }
}

/// Returns whether the forces of the last evaluation, whose squares add up to `squaredForce`, are within the tolerance
/// of `result`, and records it there. Collective.
///
/// The largest component is at most the norm and at least the norm over √(N·dimension), so it is
/// computed only if it can matter.
func isConverged(_ system: ParticleSystem, squaredForce: Double, _ result: inout MinimizationResult) throws -> Bool {
  try requireFinite(squaredForce, result)
  let count = Double(system.totalCount * system.dimension)
  guard squaredForce <= result.tolerance * result.tolerance * count else { return false }
  result.forceMax = try system.largestComponent(system.forces, width: system.dimension)
  guard result.forceMax <= result.tolerance else { return false }
  result.reason = .converged
  return true
}
