import MessagePassing
import Particles

/// The limited-memory method of Broyden, Fletcher, Goldfarb and Shanno over a preconditioner, with a cap on the displacement.
///
/// The scalar products of the two loops are kept, so that an iteration reduces over the ranks three times, not once per
/// remembered pair (Chen, Wang and Zhou, NIPS 2014).
public struct LimitedMemory: Minimizer {
  private let memory = 8
  /// Iterations after which the preconditioner is made anew, if the neighbours have not been listed before.
  private let refreshInterval = 25
  private let sufficientDecrease = 1e-4
  private let maximumBacktracks = 10
  private let preconditioner: PreconditionerKind

  public init(preconditioner: PreconditionerKind) { self.preconditioner = preconditioner }

  /// A displacement and the change of the forces, with its sign turned, that it brought.
  private struct Pair {
    let step: ParticleField
    let change: ParticleField
    var product = 0.0
  }

  public func minimize(
    _ system: ParticleSystem, tolerance: Double, maximumEvaluations: Int
  ) throws -> MinimizationResult {
    let d = system.dimension
    var result = MinimizationResult(reason: .evaluationLimit, forceMax: .infinity, tolerance: tolerance)
    let approximateInverse = try preconditioner.make(for: system)
    let direction = system.makeField(width: d)
    let reduced = system.makeField(width: d)
    let oldForces = system.makeField(width: d)
    var pairs: [Pair] = []
    var listing = -1
    var refreshed = 0
    let cap = largestStepInSpacings * system.spacing

    func evaluate() throws -> (energy: Double, squaredForce: Double) {
      try system.evaluate(.forcesEnergyAndStress)
      result.evaluations += 1
      return (try system.totals().energy, try system.dot(system.forces, system.forces))
    }

    var (energy, squaredForce) = try evaluate()
    var stalled = 0
    while true {
      if try isConverged(system, squaredForce: squaredForce, &result) { return result }
      if result.evaluations >= maximumEvaluations { break }
      if system.listing != listing || result.iterations >= refreshed + refreshInterval {
        try approximateInverse.refresh(shift: 0)
        listing = system.listing
        refreshed = result.iterations
      }
      try findDirection(system, pairs, approximateInverse, reduced, into: direction)
      var slope = try system.dot(system.forces, direction.values)
      if !(slope > 0) {
        pairs = []
        try approximateInverse.apply(system.forces, into: direction.values)
        slope = try system.dot(system.forces, direction.values)
      }
      let longest = try system.largestLength(direction.values)
      guard slope > 0, longest > 0 else { break }
      var length = min(1, cap / longest)
      if length < 1 { result.cappedSteps += 1 }

      let count = system.ownedCount * d
      copy(system.forces, to: oldForces.values, count: count)
      var accepted = false
      for _ in 0..<maximumBacktracks {
        system.move(along: direction.values, by: length)
        let (newEnergy, newSquared) = try evaluate()
        try requireFinite(newSquared, result)
        let newSlope = try system.dot(system.forces, direction.values)
        // Where the decrease drowns in the rounding of the energy the forces decide.
        let isBelowRounding = slope * length < 1e-9 * abs(energy)
        accepted =
          isBelowRounding
          ? newSlope >= -0.9 * slope && newEnergy - energy < 1e-11 * abs(energy)
          : newEnergy <= energy - sufficientDecrease * slope * length
        if accepted {
          stalled = newSquared >= squaredForce ? stalled + 1 : 0
          energy = newEnergy
          squaredForce = newSquared
          break
        }
        result.rejectedSteps += 1
        system.move(along: direction.values, by: -length)
        length *= 0.5
      }
      result.iterations += 1
      if !accepted {
        // The next direction starts from the forces of the place that was gone back to.
        (energy, squaredForce) = try evaluate()
        if pairs.isEmpty || stalled > 200 {
          result.reason = .stagnated
          break
        }
        pairs = []
        continue
      }
      if stalled > 200 {
        result.reason = .stagnated
        break
      }
      remember(system, &pairs, direction, length, oldForces)
      try weigh(system, &pairs)
    }
    result.forceMax = try system.largestComponent(system.forces, width: d)
    return result
  }

  private func remember(
    _ system: ParticleSystem, _ pairs: inout [Pair], _ direction: ParticleField, _ length: Double, _ oldForces: ParticleField
  ) {
    let pair: Pair
    if pairs.count == memory {
      pair = pairs.removeFirst()
    } else {
      pair = Pair(step: system.makeField(width: system.dimension), change: system.makeField(width: system.dimension))
    }
    for i in 0..<(system.ownedCount * system.dimension) {
      pair.step.values[i] = length * direction.values[i]
      pair.change.values[i] = oldForces.values[i] - system.forces[i]
    }
    pairs.append(pair)
  }

  /// Forgets a pair of negative curvature. Collective.
  private func weigh(_ system: ParticleSystem, _ pairs: inout [Pair]) throws {
    let last = pairs[pairs.count - 1]
    let product = try system.dot(last.step.values, last.change.values)
    if product > 0 { pairs[pairs.count - 1].product = product } else { pairs.removeLast() }
  }

  /// The two loops, each with its scalar products taken at once. Collective.
  private func findDirection(
    _ system: ParticleSystem, _ pairs: [Pair], _ approximateInverse: any Preconditioner, _ reduced: ParticleField,
    into direction: ParticleField
  ) throws {
    let count = system.ownedCount * system.dimension
    copy(system.forces, to: reduced.values, count: count)
    let n = pairs.count
    // s_i·F and s_i·y_j for j > i.
    var asked: [(UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>)] = []
    for i in 0..<n {
      asked.append((pairs[i].step.values, system.forces))
      for j in (i + 1)..<max(n, i + 1) { asked.append((pairs[i].step.values, pairs[j].change.values)) }
    }
    let products = asked.isEmpty ? [] : try system.dots(asked, width: system.dimension)
    func product(_ i: Int, _ j: Int) -> Int { i * n - i * (i - 1) / 2 + (j - i) }
    var alpha = [Double](repeating: 0, count: n)
    for i in (0..<n).reversed() {
      var value = products[product(i, i)]
      for j in (i + 1)..<max(n, i + 1) { value -= alpha[j] * products[product(i, j)] }
      alpha[i] = value / pairs[i].product
      let change = pairs[i].change.values
      for k in 0..<count { reduced.values[k] -= alpha[i] * change[k] }
    }
    try approximateInverse.apply(reduced.values, into: direction.values)
    let after = n == 0 ? [] : try system.dots(pairs.map { ($0.change.values, direction.values) }, width: system.dimension)
    var gamma = [Double](repeating: 0, count: n)
    for i in 0..<n {
      var value = after[i]
      for j in 0..<i { value += gamma[j] * products[product(j, i)] }
      gamma[i] = alpha[i] - value / pairs[i].product
      let step = pairs[i].step.values
      for k in 0..<count { direction.values[k] += gamma[i] * step[k] }
    }
  }
}
