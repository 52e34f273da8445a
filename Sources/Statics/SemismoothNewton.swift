import Checkpoints
import Geometry
import MessagePassing
import Particles

/// Newton's method for spheres in contact, whose stiffness jumps when contacts open and close.
///
/// The Hessian of the closed contacts is one element of the generalised Hessian of the energy, and steps with it
/// converge quadratically once the contacts no longer change (L. Qi and J. Sun, Math. Program. 58, 353). It is shifted
/// if prestress makes it indefinite, as happens with every motion that no contact resists; the shift decreases with the
/// forces. Before the contacts have settled, a step gives a direction but no length: the length is found by a search
/// along it. If only short steps are possible, the method gives up early and leaves the rearrangement to a first-order
/// method, which is cheaper there.
struct SemismoothNewton: Minimizer {
  private static let maximumLinearIterations = 20_000
  private static let maximumTrials = 8
  /// A step has to lower the energy by this fraction of the decrease that the force along it predicts.
  private static let sufficientDecrease = 1e-4
  /// Part of its step that a good iteration takes at least.
  private static let shortestGoodStep = 0.3
  /// Part of the force that a good iteration leaves at most.
  private static let largestGoodRatio = 0.5
  /// Part of a step below which the method ends at once.
  private static let hopelessStep = 0.05
  /// Number of poor iterations in a row that ends the method.
  private static let maximumPoor = 2

  let preconditioner: PreconditionerKind

  /// Name in checkpoints.
  private static let key = "semismooth"

  /// State of the next iteration besides the positions. A solve that is interrupted is restarted.
  private struct State: Codable {
    var result: MinimizationResult
    var energy = 0.0
    var squaredForce = 0.0
    var forcing = NewtonIteration.largestForcing
    /// Number added to the diagonal of the Hessian.
    var shift = 0.0
    /// Number of poor iterations in a row.
    var poor = 0
  }

  func minimize(
    _ system: ParticleSystem, tolerance: Double, maximumEvaluations: Int, safePoint: SafePoint,
    resuming saved: Checkpoint?
  ) throws -> MinimizationResult {
    let step = system.makeField(width: system.dimension)
    let solver = NewtonSolver(system, try preconditioner.make(for: system))
    var state = State(result: MinimizationResult(reason: .evaluationLimit, forceMax: .infinity, tolerance: tolerance))
    if let saved {
      state = try saved.value(State.self, of: Self.key)
      try system.withoutCounting { try system.evaluate(.forcesEnergyAndStress) }
    } else {
      try evaluate(system, &state)
    }
    while true {
      try safePoint.reached(isStep: true) { try $0.put(state, as: Self.key) }
      let start = state
      if try isConverged(system, squaredForce: state.squaredForce, &state.result) { return state.result }
      let budget = maximumEvaluations - state.result.work(of: system)
      if budget <= 0 { break }
      if state.poor >= Self.maximumPoor {
        state.result.reason = .stagnated
        break
      }
      let solution = try solver.solve(
        system, into: step, shift: state.shift, negative: .left, relativeTolerance: state.forcing,
        radius: largestStepInSpacings * system.spacing, maximumIterations: min(budget, Self.maximumLinearIterations),
        safePoint: safePoint
      ) { try $0.put(start, as: Self.key) }
      state.result.count(solution, isShifted: state.shift > 0)
      state.result.iterations += 1
      try advance(system, along: step, solution, &state)
    }
    state.result.forceMax = try system.largestComponent(system.forces, width: system.dimension)
    return state.result
  }

  private func evaluate(_ system: ParticleSystem, _ state: inout State) throws {
    try system.evaluate(.forcesEnergyAndStress)
    state.result.evaluations += 1
    state.squaredForce = try system.dot(system.forces, system.forces)
    state.energy = try system.totals().energy
    try requireFinite(state.squaredForce, state.result)
  }

  /// Takes the step as far as it is good, and prepares the next solve.
  private func advance(
    _ system: ParticleSystem, along step: ParticleField, _ solution: NewtonSolver.Solution, _ state: inout State
  ) throws {
    let before = state.squaredForce
    let length = solution.predictedDecrease > 0 ? try search(system, along: step, &state) : 0
    let ratio = state.squaredForce / before
    let isGood = length >= Self.shortestGoodStep && ratio <= Self.largestGoodRatio * Self.largestGoodRatio
    // If there was no step at all, the next solve has the shift that this one lacked.
    let isHopeless = solution.predictedDecrease > 0 && length < Self.hopelessStep
    state.poor = isGood ? 0 : isHopeless ? Self.maximumPoor : state.poor + 1
    if solution.negativeCurvature {
      state.shift = max(10 * state.shift, -2 * solution.lowestCurvature)
    } else {
      state.shift *= min(0.1, ratio.squareRoot())
    }
    state.forcing = NewtonIteration.forcing(
      ratio: ratio, squaredForce: state.squaredForce, tolerance: state.result.tolerance)
  }

  /// Moves along the step as far as the energy decreases or, below its rounding, the force along the step does.
  /// - Returns: the fraction of the step that was taken.
  private func search(_ system: ParticleSystem, along step: ParticleField, _ state: inout State) throws -> Double {
    let (energy, slope) = (state.energy, try system.dot(system.forces, step.values))
    var (position, length) = (0.0, 1.0)
    for _ in 0..<Self.maximumTrials {
      system.move(along: step.values, by: length - position)
      position = length
      try evaluate(system, &state)
      let slopeThere = try system.dot(system.forces, step.values)
      let promised = Self.sufficientDecrease * length * slope
      let falls =
        length * slope < NewtonIteration.energyRounding * abs(energy)
        ? slopeThere >= -0.9 * slope && state.energy - energy < 1e-11 * abs(energy) : energy - state.energy >= promised
      if falls { return length }
      state.result.rejectedSteps += 1
      // Estimate of the zero of the force along the step, assuming that it is linear.
      let secant = slopeThere < slope ? length * slope / (slope - slopeThere) : 0.5 * length
      length = min(max(secant, 0.1 * length), 0.5 * length)
    }
    system.move(along: step.values, by: -position)
    try evaluate(system, &state)
    return 0
  }
}
