import Checkpoints
import Geometry
import Particles

/// One outer iteration of the truncated Newton method: a solve inside the region of trust, the step, and the
/// decision whether to accept it.
final class NewtonIteration {
  /// State of the next iteration besides the positions. A solve that is interrupted is restarted.
  struct State: Codable {
    var result: MinimizationResult
    /// Radius of the region of trust: the largest displacement of a particle in a step, in units of length.
    var radius: Double
    var bestForce = Double.infinity
    var withoutGain = 0
    var energy = 0.0
    var squaredForce = 0.0
    var forcing: Double
    /// Whether the last step met negative curvature or was capped.
    var inEvent = false
  }

  enum Outcome {
    case accepted, rejected
    /// Not even a step of one quantum is accepted.
    case stuck
  }

  static let largestForcing = 0.1
  private static let smallestForcing = 1e-4
  private static let maximumLinearIterations = 20_000
  /// A predicted decrease below this fraction of the energy is below the rounding of the energy.
  static let energyRounding = 1e-9

  let system: ParticleSystem
  /// The last step, per owned particle, in units of length.
  let step: ParticleField
  let largestRadius: Double
  private let solver: NewtonSolver

  /// Sets up the iteration. Collective.
  init(_ system: ParticleSystem, _ preconditioner: PreconditionerKind) throws {
    self.system = system
    step = system.makeField(width: system.dimension)
    largestRadius = largestStepInSpacings * system.spacing
    solver = NewtonSolver(system, try preconditioner.make(for: system))
  }

  /// Computes forces and energy at the present positions. Collective.
  func evaluate(_ state: inout State) throws {
    try system.evaluate(.forcesEnergyAndStress)
    if !system.isConfined { state.result.evaluations += 1 }
    state.squaredForce = try system.dot(system.forces, system.forces)
    state.energy = try system.totals().energy
    try requireFinite(state.squaredForce, state.result)
  }

  /// Makes one iteration. The forces of the present positions must be known. Collective.
  /// - Parameter save: adds the state to be saved if the run has to stop inside the solve.
  func advance(
    _ state: inout State, maximumProducts: Int = .max, safePoint: SafePoint = .none,
    _ save: (Checkpoint) throws -> Void = { _ in }
  ) throws -> Outcome {
    let solution = try solver.solve(
      system, into: step, inEvent: state.inEvent, relativeTolerance: state.forcing, radius: state.radius,
      maximumIterations: min(maximumProducts, Self.maximumLinearIterations), safePoint: safePoint, save)
    note(solution, &state)
    var before = state
    var alongBefore = try system.dot(system.forces, step.values)
    let listing = system.listing
    system.move(along: step.values, by: 1)
    try evaluate(&state)
    let isListedAnew = system.isConfined && system.listing != listing
    if isListedAnew {
      // The cells of the region now hold other particles: compute both energies for the same ones.
      system.move(along: step.values, by: -1, everywhere: true)
      try evaluate(&before)
      alongBefore = try system.dot(system.forces, step.values)
      system.move(along: step.values, by: 1, everywhere: true)
      try evaluate(&state)
    }
    let alongAfter = try system.dot(system.forces, step.values)
    guard isGood(solution, before, state, along: (alongBefore, alongAfter)) else {
      state.result.rejectedSteps += 1
      system.move(along: step.values, by: -1, everywhere: isListedAnew)
      try evaluate(&state)
      state.radius = 0.3 * solution.largestMove
      return state.radius < system.cell.quantum ? .stuck : .rejected
    }
    adapt(&state, to: solution, before)
    return .accepted
  }

  /// Counts a solve, and notes whether it is of an event.
  private func note(_ solution: NewtonSolver.Solution, _ state: inout State) {
    state.result.count(solution, isConfined: system.isConfined)
    state.result.iterations += 1
    let isCapped = solution.largestMove > state.radius * (1 - 1e-12)
    if isCapped { state.result.cappedSteps += 1 }
    state.inEvent = solution.negativeCurvature || isCapped
    // During an event, the forces may fail to decrease for a long time.
    if solution.negativeCurvature || solution.largestMove > 0.1 * largestRadius {
      state.withoutGain = 0
      state.result.stableProducts = 0
    }
  }

  /// Returns the decrease of the energy as a part of the predicted one.
  private func gain(_ solution: NewtonSolver.Solution, _ before: State, _ state: State) -> Double {
    solution.predictedDecrease > 0 ? (before.energy - state.energy) / solution.predictedDecrease : -1
  }

  /// Whether the prediction is below the rounding of the energy, so that the forces have to decide.
  private func isBelowRounding(_ solution: NewtonSolver.Solution, _ before: State) -> Bool {
    solution.predictedDecrease < Self.energyRounding * abs(before.energy)
  }

  /// Decides whether to accept a step, from the state and the force along it before and after.
  private func isGood(
    _ solution: NewtonSolver.Solution, _ before: State, _ state: State, along force: (before: Double, after: Double)
  ) -> Bool {
    isBelowRounding(solution, before)
      ? force.after >= -0.9 * abs(force.before) && state.energy - before.energy < 1e-11 * abs(before.energy)
      : gain(solution, before, state) >= 0.1
  }

  /// Adapts the radius of trust and the accuracy of the next solve to a step that was accepted.
  private func adapt(_ state: inout State, to solution: NewtonSolver.Solution, _ before: State) {
    let gain = gain(solution, before, state)
    if gain > 0.7 && solution.largestMove > 0.99 * state.radius {
      state.radius = min(2 * state.radius, largestRadius)
    } else if gain < 0.3 && !isBelowRounding(solution, before) {
      state.radius /= 2
    } else {
      state.radius = min(largestRadius, max(state.radius, 1.5 * solution.largestMove))
    }
    // Eisenstat and Walker: solve as accurately as the last step justifies, and no better than the tolerance needs.
    state.forcing = Self.forcing(
      ratio: state.squaredForce / before.squaredForce, squaredForce: state.squaredForce,
      tolerance: state.result.tolerance)
  }

  /// Returns the relative residual of the next solve (Eisenstat and Walker).
  /// - Parameter ratio: the ratio of the squared forces after and before the last step.
  static func forcing(ratio: Double, squaredForce: Double, tolerance: Double) -> Double {
    let needed = 0.3 * tolerance / squaredForce.squareRoot()
    return max(min(max(0.9 * ratio, smallestForcing), largestForcing), min(needed, largestForcing))
  }
}
