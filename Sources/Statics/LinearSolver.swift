import MessagePassing
import Particles

/// Solves H·u = f with the Hessian H of a configuration at rest, for several right-hand sides, with one set-up.
///
/// Translations and rattlers, which no force opposes, are taken out of f and u.
public protocol LinearSolver: AnyObject {
  /// As in the config.
  var name: String { get }
  /// What the set-up took.
  var setUpSeconds: Double { get }

  /// Solves until the residual is at most `tolerance` of the right-hand side. Collective.
  ///
  /// - Parameters:
  ///   - force: f, for owned particles; what it holds of translations and of rattlers is removed.
  ///   - solution: u; its values at the start are not used.
  ///   - name: what is solved for, in messages.
  /// - Throws: not converged, with iterations and residual; also where the configuration turns out to be no minimum.
  func solve(_ force: ParticleField, into solution: ParticleField, tolerance: Double, name: String) throws
    -> LinearSolution
}

/// What a linear solve took, and how good it is.
public struct LinearSolution: Sendable {
  public var iterations: Int
  /// ‖H·u − f‖ / ‖f‖, computed from the solution and not taken from the recursion that led to it.
  public var residual: Double
  public var seconds: Double

  public init(iterations: Int, residual: Double, seconds: Double) {
    self.iterations = iterations
    self.residual = residual
    self.seconds = seconds
  }
}

/// - Throws: not converged, where a solve ended above its tolerance and above what rounding allows.
public func requireConverged(_ solution: LinearSolution, tolerance: Double, attainable: Double, name: String) throws {
  guard solution.residual <= max(tolerance * 1.001, min(attainable, 1e-6)) else {
    throw Failure.everywhere(
      .notConverged,
      "the solve for the \(name) ended after \(solution.iterations) iterations with a relative residual of "
        + "\(solution.residual.shown), which should be at most \(tolerance.shown); allow more iterations "
        + "(expand.maximum_iterations) or a larger expand.tolerance, or minimise to smaller forces")
  }
}

/// The relative residual that rounding leaves: that of H·u with entries of H and u known to a few units in the last
/// place. Collective.
public func attainableResidual(
  _ system: ParticleSystem, solution: ParticleField, squaredForce: Double
) throws -> Double {
  guard squaredForce > 0 else { return 0 }
  let size = try system.dot(solution.values, solution.values).squareRoot()
  return 8 * 0x1p-52 * (try system.bondStatistics().largestStiffness) * size / squaredForce.squareRoot()
}
