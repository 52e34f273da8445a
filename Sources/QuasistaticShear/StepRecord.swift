import Geometry
import Statics

/// What is known after one strain step.
public struct StepRecord: Sendable {
  public var step: Int
  /// Accumulated, unflipped strain.
  public var strain: Double
  /// Tension positive.
  public var stress: Tensor
  public var energyPerParticle: Double
  public var pressure: Double
  /// Force evaluations and Hessian products since the last step.
  public var evaluations: Int
  public var forceMax: Double
  /// The largest and the mean nonaffine displacement of a particle in this step.
  public var displacementMax: Double
  public var displacementMean: Double
  public var minimization: MinimizationResult
}
