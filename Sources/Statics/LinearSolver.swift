import Particles

/// Solves H·u = f with the Hessian H of a configuration at rest, for several right-hand sides, with one set-up.
///
/// Translations and rattlers, which no force opposes, are taken out of f and u.
public protocol LinearSolver: AnyObject {
  /// Solves until the residual is at most `tolerance` of the right-hand side. Collective.
  ///
  /// - Parameters:
  ///   - force: f, for owned particles; what it holds of translations and of rattlers is removed.
  ///   - solution: u; its values at the start are not used.
  ///   - name: what is solved for, in messages.
  /// - Throws: not converged, with iterations and residual; also where the configuration turns out to be no minimum.
  func solve(_ force: ParticleField, into solution: ParticleField, tolerance: Double, name: String) throws -> LinearSolution
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
