import MessagePassing
import Particles

/// The overdamped motion dx/dt = F followed to its end by linearly implicit Euler steps, (H + 1/Δt) s = F: the path that
/// defines which minimum belongs to a start (pseudo-transient continuation).
///
/// Δt is chosen so that no particle moves by more than a small part of the spacing in a step. Towards the minimum it grows
/// without bound, and the steps become Newton's.
public struct GradientFlow: Minimizer {
  /// The displacement of the fastest particle that Δt aims at, in mean spacings; twice that is accepted.
  private let aim = 0.005
  private let linearTolerance = 0.03
  private let maximumLinearIterations = 20_000
  private let preconditioner: PreconditionerKind

  public init(preconditioner: PreconditionerKind) { self.preconditioner = preconditioner }

  public func minimize(
    _ system: ParticleSystem, tolerance: Double, maximumEvaluations: Int
  ) throws -> MinimizationResult {
    let d = system.dimension
    var result = MinimizationResult(reason: .evaluationLimit, forceMax: .infinity, tolerance: tolerance)
    let step = system.makeField(width: d)
    let solver = NewtonSolver(system, try preconditioner.make(for: system))
    let target = aim * system.spacing

    func evaluate() throws -> Double {
      try system.evaluate()
      result.evaluations += 1
      return try system.dot(system.forces, system.forces)
    }

    var squaredForce = try evaluate()
    // What an explicit step of that length would take.
    let strongest = try system.largestLength(system.forces)
    var timeStep = strongest > 0 ? target / strongest : 1
    var withoutGain = 0
    var smallestForce = Double.infinity
    while true {
      if try isConverged(system, squaredForce: squaredForce, &result) { return result }
      let budget = maximumEvaluations - result.evaluations - result.hessianProducts
      if budget <= 0 { break }
      withoutGain = squaredForce < 0.5 * smallestForce ? 0 : withoutGain + 1
      smallestForce = min(smallestForce, squaredForce)
      let solution = try solver.solve(
        system, into: step, shift: 1 / timeStep, relativeTolerance: linearTolerance, radius: .infinity,
        maximumIterations: min(budget, maximumLinearIterations))
      result.hessianProducts += solution.products
      result.iterations += 1
      if solution.negativeCurvature || solution.largestMove > 2 * target {
        // The energy is concave on the scale of Δt, or the step left the path: a shorter one from the same place.
        if solution.negativeCurvature { result.negativeCurvatures += 1 } else { result.rejectedSteps += 1 }
        timeStep *= solution.negativeCurvature ? 0.25 : max(0.25, target / solution.largestMove)
        continue
      }
      // On its way through an event the system may go without smaller forces for long.
      if solution.largestMove > 0.1 * target { withoutGain = 0 }
      if withoutGain > 60 {
        result.reason = .stagnated
        break
      }
      system.move(along: step.values, by: 1)
      squaredForce = try evaluate()
      timeStep *= min(4, max(0.5, target / max(solution.largestMove, .leastNormalMagnitude)))
      timeStep = min(timeStep, 1e30)
    }
    result.forceMax = try system.largestComponent(system.forces, width: d)
    return result
  }
}
