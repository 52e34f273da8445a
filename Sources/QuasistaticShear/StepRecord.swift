import Geometry
import Statics

/// Results of one strain step.
public struct StepRecord: Sendable {
  /// Number of the step; 0 is the state before the first step.
  public var step: Int
  /// Accumulated strain; flips of the box do not change it.
  public var strain: Double
  /// Stress, tension positive.
  public var stress: Tensor
  /// Potential energy per particle, in ε.
  public var energyPerParticle: Double
  /// Pressure −Tr σ / dimension.
  public var pressure: Double
  /// Number of force evaluations and Hessian products since the last step.
  public var evaluations: Int
  /// Largest force component at the end of the step, in ε/λ.
  public var forceMax: Double
  /// Largest nonaffine displacement of a particle in this step, in λ.
  public var displacementMax: Double
  /// Mean nonaffine displacement of the particles in this step, in λ.
  public var displacementMean: Double
  /// Outcome and cost of the minimisation that ended the step.
  public var minimization: MinimizationResult
}
