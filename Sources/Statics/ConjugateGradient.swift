import Geometry
import MessagePassing
import Particles

/// Nonlinear conjugate gradients (Polak-Ribière, with restart) and a secant line search on the forces.
///
/// The line search looks for the zero of the force along the direction, never at the energy, whose differences drown in
/// rounding near a minimum and jump where a pair crosses a plain cutoff.
public struct ConjugateGradient: Minimizer {
  /// A line search ends when the force along the direction has fallen to this fraction.
  private let slopeReduction = 0.3
  private let maximumTrials = 6

  public init() {}

  public func minimize(
    _ system: ParticleSystem, tolerance: Double, maximumEvaluations: Int
  ) throws -> MinimizationResult {
    let d = system.dimension
    let direction = system.makeField(width: d)
    let previous = system.makeField(width: d)
    var result = MinimizationResult(reason: .evaluationLimit, forceMax: .infinity, tolerance: tolerance)

    func evaluate() throws {
      try system.evaluate()
      result.evaluations += 1
    }

    try evaluate()
    copy(system.forces, to: direction.values, count: system.ownedCount * d)
    var squaredForce = try system.dot(system.forces, system.forces)
    var slope = squaredForce
    var step = 0.0  // the last accepted step length, first guess of the next
    var stalled = 0

    while true {
      if try isConverged(system, squaredForce: squaredForce, &result) { return result }
      if result.evaluations >= maximumEvaluations { break }

      // Line search from here along the direction: steps are increments from the present position.
      let largestMove = try system.largestLength(direction.values)
      let cap = largestStepInSpacings * system.spacing / largestMove
      copy(system.forces, to: previous.values, count: system.ownedCount * d)
      if step == 0 { step = 0.01 * cap }
      var position = 0.0
      var positionSlope = slope
      var trial = min(step, cap)
      var bracket: (position: Double, slope: Double)?
      for trials in 1...maximumTrials {
        system.move(along: direction.values, by: trial - position)
        try evaluate()
        let trialSlope = try system.dot(system.forces, direction.values)
        try requireFinite(trialSlope, result)
        let next = secant(position, positionSlope, trial, trialSlope, bracket)
        if trialSlope < 0 { bracket = (trial, trialSlope) }
        position = trial
        positionSlope = trialSlope
        if abs(trialSlope) <= slopeReduction * abs(slope) || trials == maximumTrials { break }
        if trialSlope > 0 && trial >= cap * 0.999 {
          result.cappedSteps += 1
          break
        }
        trial = min(max(next, 0), cap)
        if trial == position { break }
      }
      step = position > 0 ? position : cap * 0x1p-20

      // Polak-Ribière from the forces before and after.
      let products = try system.dots(
        [(system.forces, system.forces), (system.forces, previous.values)], width: d)
      let beta = max(0, (products[0] - products[1]) / squaredForce)
      let newSquared = products[0]
      for i in 0..<(system.ownedCount * d) {
        direction.values[i] = system.forces[i] + beta * direction.values[i]
      }
      slope = newSquared + beta * positionSlope
      if slope <= 0 {
        copy(system.forces, to: direction.values, count: system.ownedCount * d)
        slope = newSquared
      }
      stalled = newSquared >= squaredForce ? stalled + 1 : 0
      squaredForce = newSquared
      result.iterations += 1
      if stalled > 500 {
        result.reason = .stagnated
        break
      }
    }
    result.forceMax = try system.largestComponent(system.forces, width: d)
    return result
  }

  /// Where the force along the line would vanish if it were linear; inside the bracket once there is one, and beyond the
  /// present position, at most three times as far, where the force does not fall.
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

@inline(__always)
func copy(_ source: UnsafeMutablePointer<Double>, to target: UnsafeMutablePointer<Double>, count: Int) {
  target.update(from: source, count: count)
}
