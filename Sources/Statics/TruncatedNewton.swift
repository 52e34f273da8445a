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

  public func minimize(
    _ system: ParticleSystem, tolerance: Double, maximumEvaluations: Int
  ) throws -> MinimizationResult {
    let d = system.dimension
    var result = MinimizationResult(reason: .evaluationLimit, forceMax: .infinity, tolerance: tolerance)
    let step = system.makeField(width: d)
    let solver = NewtonSolver(system, try preconditioner.make(for: system))
    let largestRadius = largestStepInSpacings * system.spacing
    var radius = largestRadius
    var bestForce = Double.infinity
    var withoutGain = 0

    func evaluate() throws -> (energy: Double, squaredForce: Double) {
      try system.evaluate(.forcesEnergyAndStress)
      result.evaluations += 1
      let squared = try system.dot(system.forces, system.forces)
      let energy = try system.totals().energy
      try requireFinite(squared, result)
      return (energy, squared)
    }

    var (energy, squaredForce) = try evaluate()
    var forcing = largestForcing
    var inEvent = false
    while true {
      result.forceMax = try system.largestComponent(system.forces, width: d)
      if result.forceMax <= tolerance {
        result.reason = .converged
        return result
      }
      // At the floor, forces scatter without falling.
      if result.forceMax < 0.7 * bestForce {
        bestForce = result.forceMax
        withoutGain = 0
      } else if withoutGain > 40 {
        result.reason = .stagnated
        return result
      } else {
        withoutGain += 1
      }
      let budget = maximumEvaluations - result.evaluations - result.hessianProducts
      if budget <= 0 { return result }

      let solution = try solver.solve(
        system, into: step, inEvent: inEvent, relativeTolerance: forcing, radius: radius,
        maximumIterations: min(budget, maximumLinearIterations))
      result.hessianProducts += solution.products
      result.iterations += 1
      if solution.negativeCurvature { result.negativeCurvatures += 1 }
      let isCapped = solution.largestMove > radius * (1 - 1e-12)
      if isCapped { result.cappedSteps += 1 }
      inEvent = solution.negativeCurvature || isCapped
      // On its way through an event the system may go without smaller forces for long.
      if solution.negativeCurvature || solution.largestMove > 0.1 * largestRadius { withoutGain = 0 }

      let alongBefore = try system.dot(system.forces, step.values)
      system.move(along: step.values, by: 1)
      let (newEnergy, newSquared) = try evaluate()
      let alongAfter = try system.dot(system.forces, step.values)
      let rounding = 1e-9 * abs(energy)
      let gain = solution.predictedDecrease > 0 ? (energy - newEnergy) / solution.predictedDecrease : -1
      let accepted: Bool
      if solution.predictedDecrease < rounding {
        accepted = alongAfter >= -0.9 * abs(alongBefore) && newEnergy - energy < 1e-11 * abs(energy)
      } else {
        accepted = gain >= 0.1
      }
      guard accepted else {
        result.rejectedSteps += 1
        system.move(along: step.values, by: -1)
        (energy, squaredForce) = try evaluate()
        radius = 0.3 * solution.largestMove
        if radius < system.cell.quantum {
          result.reason = .stagnated
          result.forceMax = try system.largestComponent(system.forces, width: d)
          return result
        }
        continue
      }
      if gain > 0.7 && solution.largestMove > 0.99 * radius {
        radius = min(2 * radius, largestRadius)
      } else if gain < 0.3 && solution.predictedDecrease >= rounding {
        radius /= 2
      } else {
        radius = min(largestRadius, max(radius, 1.5 * solution.largestMove))
      }
      // Eisenstat and Walker: solve as well as the last step deserves, and no better than the tolerance needs.
      let ratio = newSquared / squaredForce
      let needed = 0.3 * tolerance / newSquared.squareRoot()
      forcing = max(min(max(0.9 * ratio, smallestForcing), largestForcing), min(needed, largestForcing))
      energy = newEnergy
      squaredForce = newSquared
    }
  }
}
