import Particles

/// A way downhill. The system comes with forces not yet computed and leaves with the forces of its last position.
public protocol Minimizer {
  /// Moves the particles until the largest force component is at most `tolerance`, or says why it stopped. Collective.
  ///
  /// `maximumEvaluations` limits force evaluations and Hessian products together.
  func minimize(_ system: ParticleSystem, tolerance: Double, maximumEvaluations: Int) throws -> MinimizationResult
}

/// The largest displacement of a particle in one step of any minimiser, in units of the mean particle spacing: small enough
/// to end in the minimum that the overdamped motion would reach.
let largestStepInSpacings = 0.05
