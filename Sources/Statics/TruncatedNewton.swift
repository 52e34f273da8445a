import Checkpoints
import Geometry
import MessagePassing
import Particles

/// Newton's method with inexact solves by preconditioned conjugate gradients, inside a trust region that bounds the
/// largest displacement of a particle.
///
/// On elastic branches it converges quadratically. Through a plastic event it follows directions of negative curvature
/// by capped steps, in the region of the event (``EventRelaxation``), and so stays close to the overdamped motion. Near
/// convergence the predicted decrease of the energy is below its rounding, and steps are then judged by the forces.
public struct TruncatedNewton: Minimizer {
  /// Name in checkpoints.
  static let key = "newton"

  private let preconditioner: PreconditionerKind

  public init(preconditioner: PreconditionerKind) { self.preconditioner = preconditioner }

  public func minimize(
    _ system: ParticleSystem, tolerance: Double, maximumEvaluations: Int, safePoint: SafePoint,
    resuming saved: Checkpoint?
  ) throws -> MinimizationResult {
    let iteration = try NewtonIteration(system, preconditioner)
    var state = NewtonIteration.State(
      result: MinimizationResult(reason: .evaluationLimit, forceMax: .infinity, tolerance: tolerance),
      radius: iteration.largestRadius, forcing: NewtonIteration.largestForcing)
    if let saved {
      state = try saved.value(NewtonIteration.State.self, of: Self.key)
      try system.withoutCounting { try system.evaluate(.forcesEnergyAndStress) }
    } else {
      try iteration.evaluate(&state)
    }
    while true {
      try safePoint.reached(isStep: true) { try $0.put(state, as: Self.key) }
      let start = state
      state.result.forceMax = try system.largestComponent(system.forces, width: system.dimension)
      if state.result.forceMax <= tolerance {
        state.result.reason = .converged
        return state.result
      }
      // At the floor, forces fluctuate without decreasing.
      if state.result.forceMax < 0.7 * state.bestForce {
        state.bestForce = state.result.forceMax
        state.withoutGain = 0
      } else if state.withoutGain > 40 {
        state.result.reason = .stagnated
        return state.result
      } else {
        state.withoutGain += 1
      }
      let budget = maximumEvaluations - state.result.work(of: system)
      if budget <= 0 { return state.result }

      let outcome = try iteration.advance(&state, maximumProducts: budget, safePoint: safePoint) {
        try $0.put(start, as: Self.key)
      }
      if outcome == .stuck {
        state.result.reason = .stagnated
        state.result.forceMax = try system.largestComponent(system.forces, width: system.dimension)
        return state.result
      }
      if state.inEvent && outcome == .accepted {
        try EventRelaxation(iteration: iteration)
          .follow(&state, budget: maximumEvaluations - state.result.work(of: system))
      }
    }
  }
}
