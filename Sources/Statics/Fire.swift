import Geometry
import MessagePassing
import Particles

/// The fast inertial relaxation engine, version 2 (Guénolé et al., Comput. Mater. Sci. 175, 109584): semi-implicit Euler
/// with velocity mixing, half a step back where the power turns negative. All masses are one.
public struct Fire: Minimizer {
  private let growth = 1.1
  private let shrink = 0.5
  private let mixingStart = 0.25
  private let mixingDecay = 0.99
  private let delay = 20

  public init() {}

  public func minimize(
    _ system: ParticleSystem, tolerance: Double, maximumEvaluations: Int
  ) throws -> MinimizationResult {
    let d = system.dimension
    let velocity = system.makeField(width: d)
    var result = MinimizationResult(reason: .evaluationLimit, forceMax: .infinity, tolerance: tolerance)

    func evaluate() throws {
      try system.evaluate()
      result.evaluations += 1
    }
    try evaluate()
    // Half the limit of stability of the stiffest particle.
    let blocks = system.makeField(width: d * d)
    system.hessianDiagonal(into: blocks)
    let stiffness = try system.largestComponent(blocks.values, width: d * d)
    let largestStep = 1 / (2 * stiffness).squareRoot()
    var timeStep = 0.1 * largestStep
    var mixing = mixingStart
    var positive = 0

    while true {
      let products = try system.dots(
        [(system.forces, system.forces), (system.forces, velocity.values), (velocity.values, velocity.values)], width: d)
      let (squaredForce, power, squaredVelocity) = (products[0], products[1], products[2])
      try requireFinite(squaredVelocity, result)
      if try isConverged(system, squaredForce: squaredForce, &result) { return result }
      if result.evaluations >= maximumEvaluations { break }

      var retained = 1.0
      var steered = 0.0
      if power > 0 {
        positive += 1
        if positive > delay {
          timeStep = min(timeStep * growth, largestStep)
          mixing *= mixingDecay
        }
        retained = 1 - mixing
        steered = mixing * (squaredVelocity / squaredForce).squareRoot()
      } else {
        positive = 0
        mixing = mixingStart
        timeStep = max(timeStep * shrink, 0.02 * largestStep)
        system.move(along: velocity.values, by: -0.5 * timeStep)
        retained = 0
        result.rejectedSteps += 1
      }
      for i in 0..<(system.ownedCount * d) {
        velocity.values[i] = retained * velocity.values[i] + (steered + timeStep) * system.forces[i]
      }
      let fastest = try system.largestLength(velocity.values)
      let cap = largestStepInSpacings * system.spacing
      let step = min(timeStep, fastest > 0 ? cap / fastest : timeStep)
      if step < timeStep { result.cappedSteps += 1 }
      system.move(along: velocity.values, by: step)
      try evaluate()
      result.iterations += 1
    }
    result.forceMax = try system.largestComponent(system.forces, width: d)
    return result
  }
}
