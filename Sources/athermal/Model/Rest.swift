import Checkpoints
import Configuration
import MessagePassing
import Particles
import Statics

/// Mechanical equilibrium as a precondition: of commands that say what a glass at rest will do.
struct Rest {
  /// The largest force component that counts as rest, in units of the mean bond force.
  let equilibrium: Double
  /// Whether the particles are brought to rest first.
  let minimizes: Bool
  /// The table of the config that says so.
  let table: String

  /// Brings the particles to rest where that is asked for, and makes sure that they are. Collective.
  /// - Throws: not converged, with the largest force, where they are not.
  /// - Parameters:
  ///   - safePoint: where the minimisation can be put aside.
  ///   - saved: a checkpoint that was made there; nil for a fresh start.
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
