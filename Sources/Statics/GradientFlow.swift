import Checkpoints
import MessagePassing
import Particles

/// The overdamped motion dx/dt = F, followed to its end by linearly implicit Euler steps, (H + 1/Δt) s = F
/// (pseudo-transient continuation). This path defines which minimum belongs to a start.
///
/// Δt is chosen so that no particle moves by more than a small part of the spacing in a step. Towards the minimum it
/// grows without bound, and the steps become Newton steps.
public struct GradientFlow: Minimizer {
  /// Displacement of the fastest particle for which Δt is chosen, in mean spacings; up to twice that is accepted.
  private let aim = 0.005
  private let linearTolerance = 0.03
  private let maximumLinearIterations = 20_000
  private let preconditioner: PreconditionerKind

  public init(preconditioner: PreconditionerKind) { self.preconditioner = preconditioner }

  /// Name in checkpoints.
  private static let key = "gradient flow"

  /// State of the next step besides the positions. A solve that is interrupted is restarted.
  private struct State: Codable {
    var result: MinimizationResult
    var squaredForce = 0.0
    var timeStep = 1.0
    var withoutGain = 0
    var smallestForce = Double.infinity
  }

  public func minimize(
    _ system: ParticleSystem, tolerance: Double, maximumEvaluations: Int, safePoint: SafePoint,
    resuming saved: Checkpoint?
  ) throws -> MinimizationResult {
    let d = system.dimension
    var state = State(
      result: MinimizationResult(reason: .evaluationLimit, forceMax: .infinity, tolerance: tolerance))
    let step = system.makeField(width: d)
    let solver = NewtonSolver(system, try preconditioner.make(for: system))
    let target = aim * system.spacing

    func evaluate() throws -> Double {
      try system.evaluate()
      state.result.evaluations += 1
      return try system.dot(system.forces, system.forces)
    }

    if let saved {
      state = try saved.value(State.self, of: Self.key)
      try system.withoutCounting { try system.evaluate() }
    } else {
      state.squaredForce = try evaluate()
      // Time step of an explicit step of that length.
      let strongest = try system.largestLength(system.forces)
      if strongest > 0 { state.timeStep = target / strongest }
    }
    while true {
      try safePoint.reached(isStep: true) { try $0.put(state, as: Self.key) }
      let start = state
      if try isConverged(system, squaredForce: state.squaredForce, &state.result) { return state.result }
      let budget = maximumEvaluations - state.result.evaluations - state.result.hessianProducts
      if budget <= 0 { break }
      state.withoutGain = state.squaredForce < 0.5 * state.smallestForce ? 0 : state.withoutGain + 1
      state.smallestForce = min(state.smallestForce, state.squaredForce)
      let solution = try solver.solve(
        system, into: step, shift: 1 / state.timeStep, relativeTolerance: linearTolerance, radius: .infinity,
        maximumIterations: min(budget, maximumLinearIterations), safePoint: safePoint
      ) { try $0.put(start, as: Self.key) }
      state.result.hessianProducts += solution.products
      state.result.iterations += 1
      if solution.negativeCurvature || solution.largestMove > 2 * target {
        // The energy is concave on the scale of Δt, or the step left the path: try a shorter one from the same place.
        if solution.negativeCurvature { state.result.negativeCurvatures += 1 } else { state.result.rejectedSteps += 1 }
        state.timeStep *= solution.negativeCurvature ? 0.25 : max(0.25, target / solution.largestMove)
        continue
      }
      // During an event, the forces may fail to decrease for a long time.
      if solution.largestMove > 0.1 * target { state.withoutGain = 0 }
      if state.withoutGain > 60 {
        state.result.reason = .stagnated
        break
      }
      system.move(along: step.values, by: 1)
      state.squaredForce = try evaluate()
      state.timeStep *= min(4, max(0.5, target / max(solution.largestMove, .leastNormalMagnitude)))
      state.timeStep = min(state.timeStep, 1e30)
    }
    state.result.forceMax = try system.largestComponent(system.forces, width: d)
    return state.result
  }
}
