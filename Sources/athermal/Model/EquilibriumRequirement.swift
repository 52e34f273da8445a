import Checkpoints
import Configuration
import MessagePassing
import Particles
import Statics

/// Mechanical equilibrium as a precondition of commands that predict the behaviour of a glass at rest.
struct EquilibriumRequirement {
  /// Largest force component that counts as rest, in units of the mean bond force.
  let equilibrium: Double
  /// Whether to bring the particles to rest first.
  let minimizes: Bool
  /// Name of the config table with these settings.
  let table: String

  /// Brings the particles to rest if that is requested, and verifies that they are at rest. Collective.
  /// - Parameters:
  ///   - safePoint: where the minimisation can be suspended.
  ///   - saved: a checkpoint that was made there; nil for a fresh start.
  /// - Throws: `.notConverged`, with the largest force, if the particles are not at rest.
  func reach(
    _ system: ParticleSystem, _ minimizer: MinimizerSection, safePoint: SafePoint = .none,
    resuming saved: Checkpoint? = nil
  ) throws -> MinimizationResult {
    if minimizes {
      Heartbeat.enter(phase: "minimisation")
      let progress = Progress(isShown: system.communicator.isRoot)
      system.onEvaluation = { progress.show("minimising, evaluation \($0.evaluations)", fraction: 0) }
      let result = try Model.minimization(minimizer).run(system, safePoint: safePoint, resuming: saved)
      system.onEvaluation = nil
      guard result.reason == .converged else {
        throw Failure.everywhere(
          .notConverged,
          "the minimisation ended by \(result.reason.rawValue) with a largest force component of "
            + "\(result.forceMax.shown), which should be at most \(result.tolerance.shown)")
      }
    }
    try system.evaluate(.forcesEnergyAndStress)
    let largest = try system.largestComponent(system.forces, width: system.dimension)
    let accepted = try ForceTolerance.relative(equilibrium).threshold(for: system)
    guard largest <= accepted else {
      let remedy =
        minimizes
        ? "lower minimizer.force_tolerance" : "run athermal minimize on it first, or set \(table).minimize = true"
      throw Failure.everywhere(
        .notConverged,
        "the configuration is not in mechanical equilibrium: its largest force component is \(largest.shown), which "
          + "should be at most \(accepted.shown) (\(table).equilibrium times the mean bond force, and not below the "
          + "resolution of positions); "
          + remedy)
    }
    var result = MinimizationResult(reason: .converged, forceMax: largest, tolerance: accepted)
    result.evaluations = system.statistics.evaluations
    return result
  }
}
