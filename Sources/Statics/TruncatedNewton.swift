import Checkpoints
import Geometry
import MessagePassing
import Particles

/// Newton's method with inexact solves by preconditioned conjugate gradients, inside a trust region that bounds the largest
/// displacement of a particle.
///
/// On elastic branches it is quadratic; through a plastic event it follows directions of negative curvature by capped steps
/// and so stays close to the overdamped motion. Near convergence the predicted decrease of the energy is below its rounding,
/// and steps are then judged by the forces.
public struct TruncatedNewton: Minimizer {
  private let largestForcing = 0.1
  private let smallestForcing = 1e-4
  private let maximumLinearIterations = 20_000

  private let preconditioner: PreconditionerKind

  public init(preconditioner: PreconditionerKind) { self.preconditioner = preconditioner }

  /// What the next iteration depends on besides the positions. A solve that is interrupted begins anew.
  private struct State: Codable {
    var result: MinimizationResult
    /// Of the region of trust.
    var radius: Double
    var bestForce = Double.infinity
    var withoutGain = 0
    var energy = 0.0
    var squaredForce = 0.0
    var forcing: Double
    /// Whether the last step met negative curvature or was capped.
    var inEvent = false
  }

  public func minimize(
    _ system: ParticleSystem, tolerance: Double, maximumEvaluations: Int, safePoint: SafePoint, resuming saved: Checkpoint?
  ) throws -> MinimizationResult {
    let d = system.dimension
    let step = system.makeField(width: d)
    let solver = NewtonSolver(system, try preconditioner.make(for: system))
    let largestRadius = largestStepInSpacings * system.spacing
    var state = State(
      result: MinimizationResult(reason: .evaluationLimit, forceMax: .infinity, tolerance: tolerance),
      radius: largestRadius, forcing: largestForcing)

    func evaluate() throws -> (energy: Double, squaredForce: Double) {
      try system.evaluate(.forcesEnergyAndStress)
      state.result.evaluations += 1
      let squared = try system.dot(system.forces, system.forces)
      let energy = try system.totals().energy
      try requireFinite(squared, state.result)
      return (energy, squared)
    }

    if let saved {
      state = try saved.value(State.self, of: "newton")
      try system.withoutCounting { try system.evaluate(.forcesEnergyAndStress) }
    } else {
      (state.energy, state.squaredForce) = try evaluate()
    }
    while true {
      try safePoint.reached(isStep: true) { try $0.put(state, as: "newton") }
      let start = state
      state.result.forceMax = try system.largestComponent(system.forces, width: d)
      if state.result.forceMax <= tolerance {
        state.result.reason = .converged
        return state.result
      }
      // At the floor, forces scatter without falling.
      if state.result.forceMax < 0.7 * state.bestForce {
        state.bestForce = state.result.forceMax
        state.withoutGain = 0
      } else if state.withoutGain > 40 {
        state.result.reason = .stagnated
        return state.result
      } else {
        state.withoutGain += 1
      }
      let budget = maximumEvaluations - state.result.evaluations - state.result.hessianProducts
      if budget <= 0 { return state.result }

      let solution = try solver.solve(
        system, into: step, inEvent: state.inEvent, relativeTolerance: state.forcing, radius: state.radius,
        maximumIterations: min(budget, maximumLinearIterations), safePoint: safePoint
      ) { try $0.put(start, as: "newton") }
      state.result.hessianProducts += solution.products
      state.result.iterations += 1
      if solution.negativeCurvature { state.result.negativeCurvatures += 1 }
      let isCapped = solution.largestMove > state.radius * (1 - 1e-12)
      if isCapped { state.result.cappedSteps += 1 }
      state.inEvent = solution.negativeCurvature || isCapped
      // On its way through an event the system may go without smaller forces for long.
      if solution.negativeCurvature || solution.largestMove > 0.1 * largestRadius { state.withoutGain = 0 }

      let alongBefore = try system.dot(system.forces, step.values)
      system.move(along: step.values, by: 1)
      let (newEnergy, newSquared) = try evaluate()
      let alongAfter = try system.dot(system.forces, step.values)
      let rounding = 1e-9 * abs(state.energy)
      let gain = solution.predictedDecrease > 0 ? (state.energy - newEnergy) / solution.predictedDecrease : -1
      let accepted: Bool
      if solution.predictedDecrease < rounding {
        accepted = alongAfter >= -0.9 * abs(alongBefore) && newEnergy - state.energy < 1e-11 * abs(state.energy)
      } else {
        accepted = gain >= 0.1
      }
      guard accepted else {
        state.result.rejectedSteps += 1
        system.move(along: step.values, by: -1)
        (state.energy, state.squaredForce) = try evaluate()
        state.radius = 0.3 * solution.largestMove
        if state.radius < system.cell.quantum {
          state.result.reason = .stagnated
          state.result.forceMax = try system.largestComponent(system.forces, width: d)
          return state.result
        }
        continue
      }
      if gain > 0.7 && solution.largestMove > 0.99 * state.radius {
        state.radius = min(2 * state.radius, largestRadius)
      } else if gain < 0.3 && solution.predictedDecrease >= rounding {
        state.radius /= 2
      } else {
        state.radius = min(largestRadius, max(state.radius, 1.5 * solution.largestMove))
      }
      // Eisenstat and Walker: solve as well as the last step deserves, and no better than the tolerance needs.
      let ratio = newSquared / state.squaredForce
      let needed = 0.3 * tolerance / newSquared.squareRoot()
      state.forcing = max(min(max(0.9 * ratio, smallestForcing), largestForcing), min(needed, largestForcing))
      state.energy = newEnergy
      state.squaredForce = newSquared
    }
  }
}
