import Configuration
import Particles
import Statics

extension Summary {
  /// Summarises a system that was measured and not moved. Collective.
  /// - Parameters:
  ///   - forceMax: largest component of a force, in ε/λ.
  ///   - rest: the largest component that counts as rest.
  init(
    measured system: ParticleSystem, _ configuration: MeasureConfiguration, forceMax: Double, rest: Double,
    wallSeconds: Double
  ) throws {
    let result = MinimizationResult(reason: .converged, forceMax: forceMax, tolerance: rest)
    try self.init(system, configuration, result: result, wallSeconds: wallSeconds)
    reason = "measured"
    atRest = forceMax <= rest
  }
}
