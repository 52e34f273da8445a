import Checkpoints
import Geometry
import MessagePassing
import Particles

/// The fast inertial relaxation engine FIRE 2.0 (Guénolé et al., Comput. Mater. Sci. 175, 109584): semi-implicit Euler
/// with velocity mixing, and half a step back when the power becomes negative. All masses are one.
public struct Fire: Minimizer {
  private let growth = 1.1
  private let shrink = 0.5
  private let mixingStart = 0.25
  private let mixingDecay = 0.99
  private let delay = 20

  /// First time step, in units of the largest.
  private let firstStep: Double

  public init() { firstStep = 0.1 }

  /// A variant with a longer first step, for starts where forces are already small.
  static var nearRest: Fire { Fire(firstStep: 0.5) }

  private init(firstStep: Double) { self.firstStep = firstStep }

  /// Names in checkpoints.
  private enum Key {
    static let state = "fire"
    static let velocity = "fire/velocity"
  }

  /// State of the next iteration besides positions and velocities.
  private struct State: Codable {
    var result: MinimizationResult
    var largestStep: Double
    var timeStep: Double
    var mixing: Double
    var positive = 0
  }

  public func minimize(
    _ system: ParticleSystem, tolerance: Double, maximumEvaluations: Int, safePoint: SafePoint,
    resuming saved: Checkpoint?
  ) throws -> MinimizationResult {
    let d = system.dimension
    let velocity: ParticleField
    var state: State

    if let saved {
      state = try saved.value(State.self, of: Key.state)
      velocity = try system.makeField(resuming: saved, as: Key.velocity)
      try system.withoutCounting { try system.evaluate() }
    } else {
      state = try begin(system, tolerance: tolerance)
      velocity = system.makeField(width: d)
    }

    while true {
      try safePoint.reached(isStep: true) {
        try $0.put(state, as: Key.state)
        try system.save(velocity, to: $0, as: Key.velocity)
      }
      let products = try system.dots(
        [(system.forces, system.forces), (system.forces, velocity.values), (velocity.values, velocity.values)], width: d
      )
      let (squaredForce, power, squaredVelocity) = (products[0], products[1], products[2])
      try requireFinite(squaredVelocity, state.result)
      if try isConverged(system, squaredForce: squaredForce, &state.result) { return state.result }
      if state.result.evaluations >= maximumEvaluations { break }

      var retained = 0.0
      var steered = 0.0
      if power > 0 {
        speedUp(&state)
        retained = 1 - state.mixing
        steered = state.mixing * (squaredVelocity / squaredForce).squareRoot()
      } else {
        stepBack(system, velocity, &state)
      }
      velocity.combine(retained, velocity.values, steered + state.timeStep, system.forces)
      let fastest = try system.largestLength(velocity.values)
      let cap = largestStepInSpacings * system.spacing
      let step = min(state.timeStep, fastest > 0 ? cap / fastest : state.timeStep)
      if step < state.timeStep { state.result.cappedSteps += 1 }
      system.move(along: velocity.values, by: step)
      try system.evaluate()
      state.result.evaluations += 1
      state.result.iterations += 1
    }
    state.result.forceMax = try system.largestComponent(system.forces, width: d)
    return state.result
  }

  /// Evaluates the start and takes half the stability limit of its stiffest particle as the largest time step.
  /// Collective.
  private func begin(_ system: ParticleSystem, tolerance: Double) throws -> State {
    let d = system.dimension
    try system.evaluate()
    let blocks = system.makeField(width: d * d)
    system.hessianDiagonal(into: blocks)
    let largestStep = 1 / (2 * (try system.largestComponent(blocks.values, width: d * d))).squareRoot()
    var state = State(
      result: MinimizationResult(reason: .evaluationLimit, forceMax: .infinity, tolerance: tolerance),
      largestStep: largestStep, timeStep: firstStep * largestStep, mixing: mixingStart)
    state.result.evaluations = 1
    return state
  }

  private func speedUp(_ state: inout State) {
    state.positive += 1
    guard state.positive > delay else { return }
    state.timeStep = min(state.timeStep * growth, state.largestStep)
    state.mixing *= mixingDecay
  }

  /// Goes half a step back, and starts anew from there with a shorter one.
  private func stepBack(_ system: ParticleSystem, _ velocity: ParticleField, _ state: inout State) {
    state.positive = 0
    state.mixing = mixingStart
    state.timeStep = max(state.timeStep * shrink, 0.02 * state.largestStep)
    system.move(along: velocity.values, by: -0.5 * state.timeStep)
    state.result.rejectedSteps += 1
  }
}
