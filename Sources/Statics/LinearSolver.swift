import MessagePassing
import Particles

/// A solver of H·u = f with the Hessian H of a configuration at rest, for several right-hand sides with one set-up.
///
/// Translations and the motion of rattlers, which no force opposes, are removed from f and u.
public protocol LinearSolver: AnyObject {
  /// Name of the solver, as in the config.
  var name: String { get }
  /// Time of the set-up, in seconds.
  var setUpSeconds: Double { get }

  /// Solves until the residual is at most `tolerance` relative to the right-hand side. Collective.
  ///
  /// - Parameters:
  ///   - force: f, for owned particles; its components along translations and rattlers are removed.
  ///   - solution: receives u; its values at the start are not used.
  ///   - name: name of the quantity solved for, in messages.
  /// - Throws: a failure of kind `notConverged` with iterations and residual, also if the
  ///   configuration is not a minimum.
  func solve(_ force: ParticleField, into solution: ParticleField, tolerance: Double, name: String) throws
    -> LinearSolution
}

/// Cost and accuracy of a linear solve.
public struct LinearSolution: Sendable {
  public var iterations: Int
  /// Relative residual ‖H·u − f‖ / ‖f‖, computed from the solution and not taken from the recursion.
  public var residual: Double
  public var seconds: Double

  public init(iterations: Int, residual: Double, seconds: Double) {
    self.iterations = iterations
    self.residual = residual
    self.seconds = seconds
  }
}

/// Verifies that a solve has converged.
/// - Throws: a failure of kind `notConverged` if it ended above its tolerance and above what rounding allows.
public func requireConverged(_ solution: LinearSolution, tolerance: Double, attainable: Double, name: String) throws {
  guard solution.residual <= max(tolerance * 1.001, min(attainable, 1e-6)) else {
    throw Failure.everywhere(
      .notConverged,
      "the solve for the \(name) ended after \(solution.iterations) iterations with a relative residual of "
        + "\(solution.residual.shown), which should be at most \(tolerance.shown); allow more iterations "
        + "(expand.maximum_iterations) or a larger expand.tolerance, or minimise to smaller forces")
  }
}

/// Returns the relative residual that rounding leaves: that of H·u with entries of H and u accurate to a few units in
/// the last place. Collective.
public func attainableResidual(
  _ system: ParticleSystem, solution: ParticleField, squaredForce: Double
) throws -> Double {
  guard squaredForce > 0 else { return 0 }
  let size = try system.dot(solution.values, solution.values).squareRoot()
  return 8 * 0x1p-52 * (try system.bondStatistics().largestStiffness) * size / squaredForce.squareRoot()
}
