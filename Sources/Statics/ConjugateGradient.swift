import Checkpoints
import Geometry
import MessagePassing
import Particles

/// Nonlinear conjugate gradients (Polak-Ribière, with restart) and a secant line search on the forces.
///
/// The line search finds the zero of the force along the direction. It does not use the energy, whose differences are
/// lost in rounding near a minimum and jump when a pair crosses a plain cutoff.
public struct ConjugateGradient: Minimizer {
  /// Fraction to which the force along the direction has to decrease in a line search.
  private let slopeReduction = 0.3
  private let maximumTrials = 6

  public init() {}

  /// Names in checkpoints.
  private enum Key {
    static let state = "cg"
    static let direction = "cg/direction"
  }

  /// State of the next iteration besides the positions and the direction.
  private struct State: Codable {
    var result: MinimizationResult
    var squaredForce = 0.0
    /// Force along the direction.
    var slope = 0.0
    /// Last accepted step length, the first trial of the next line search.
    var step = 0.0
    var stalled = 0
  }

  public func minimize(
    _ system: ParticleSystem, tolerance: Double, maximumEvaluations: Int, safePoint: SafePoint,
    resuming saved: Checkpoint?
  ) throws -> MinimizationResult {
    let d = system.dimension
    let direction: ParticleField
    let previous = system.makeField(width: d)
    var state: State

    if let saved {
      state = try saved.value(State.self, of: Key.state)
      direction = try system.makeField(resuming: saved, as: Key.direction)
      try system.withoutCounting { try system.evaluate() }
    } else {
      state = State(result: MinimizationResult(reason: .evaluationLimit, forceMax: .infinity, tolerance: tolerance))
      direction = system.makeField(width: d)
      try system.evaluate()
      state.result.evaluations += 1
      direction.copy(system.forces)
      state.squaredForce = try system.dot(system.forces, system.forces)
      state.slope = state.squaredForce
    }

    while true {
      try safePoint.reached(isStep: true) {
        try $0.put(state, as: Key.state)
        try system.save(direction, to: $0, as: Key.direction)
      }
      if try isConverged(system, squaredForce: state.squaredForce, &state.result) { return state.result }
      if state.result.evaluations >= maximumEvaluations { break }

      previous.copy(system.forces)
      let slope = try searchLine(system, along: direction, &state)
      try turn(system, direction, &state, previous: previous, slope: slope)
      state.result.iterations += 1
      if state.stalled > 500 {
        state.result.reason = .stagnated
        break
      }
    }
    state.result.forceMax = try system.largestComponent(system.forces, width: d)
    return state.result
  }

  /// Moves along the direction until the force along it is small: steps are increments from the present position.
  /// - Returns: the force along the direction there.
  private func searchLine(
    _ system: ParticleSystem, along direction: ParticleField, _ state: inout State
  ) throws -> Double {
    let cap = largestStepInSpacings * system.spacing / (try system.largestLength(direction.values))
    if state.step == 0 { state.step = 0.01 * cap }
    var position = 0.0
    var slope = state.slope
    var trial = min(state.step, cap)
    var bracket: (position: Double, slope: Double)?
    for trials in 1...maximumTrials {
      system.move(along: direction.values, by: trial - position)
      try system.evaluate()
      state.result.evaluations += 1
      let trialSlope = try system.dot(system.forces, direction.values)
      try requireFinite(trialSlope, state.result)
      let next = secant(position, slope, trial, trialSlope, bracket)
      if trialSlope < 0 { bracket = (trial, trialSlope) }
      position = trial
      slope = trialSlope
      if abs(trialSlope) <= slopeReduction * abs(state.slope) || trials == maximumTrials { break }
      if trialSlope > 0 && trial >= cap * 0.999 {
        state.result.cappedSteps += 1
        break
      }
      trial = min(max(next, 0), cap)
      if trial == position { break }
    }
    state.step = position > 0 ? position : cap * 0x1p-20
    return slope
  }

  /// Computes the next direction (Polak-Ribière) from the forces after and before the line search. Collective.
  /// - Parameter slope: the force along the present direction.
  private func turn(
    _ system: ParticleSystem, _ direction: ParticleField, _ state: inout State, previous: ParticleField, slope: Double
  ) throws {
    let d = system.dimension
    let products = try system.dots([(system.forces, system.forces), (system.forces, previous.values)], width: d)
    let beta = max(0, (products[0] - products[1]) / state.squaredForce)
    let newSquared = products[0]
    direction.combine(1, system.forces, beta, direction.values)
    state.slope = newSquared + beta * slope
    if state.slope <= 0 {
      direction.copy(system.forces)
      state.slope = newSquared
    }
    state.stalled = newSquared >= state.squaredForce ? state.stalled + 1 : 0
    state.squaredForce = newSquared
  }

  /// Returns an estimate of the zero of the force along the line, assuming that it is linear. It stays
  /// inside the bracket once there is one. If the force does not decrease, it lies beyond the present
  /// position, at most three times as far.
  private func secant(
    _ a: Double, _ slopeA: Double, _ b: Double, _ slopeB: Double, _ bracket: (position: Double, slope: Double)?
  ) -> Double {
    let change = slopeA - slopeB
    let ahead = b + 2 * abs(b - a)
    guard change > 0 else { return ahead }
    var next = b + slopeB * (b - a) / change
    if slopeB > 0, let bracket { next = min(next, 0.5 * (b + bracket.position)) }
    if slopeB > 0 { next = min(next, ahead) }
    if next <= 0 { next = 0.1 * b }
    return next
  }
}
