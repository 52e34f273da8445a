import Checkpoints
import MessagePassing
import Particles

/// The limited-memory method of Broyden, Fletcher, Goldfarb and Shanno (L-BFGS) over a preconditioner,
/// with a cap on the displacement.
///
/// The scalar products of the two loops are computed together, so that an iteration reduces over the ranks three times,
/// not once per remembered pair (Chen, Wang and Zhou, NIPS 2014).
public struct LimitedMemory: Minimizer {
  private let memory = 8
  /// Iterations after which the preconditioner is updated, unless the neighbours have been listed again before.
  private let refreshInterval = 25
  private let sufficientDecrease = 1e-4
  private let maximumBacktracks = 10
  private let preconditioner: PreconditionerKind

  public init(preconditioner: PreconditionerKind) { self.preconditioner = preconditioner }

  /// A displacement s and the change y of the gradient, minus that of the forces, that it caused. `product` is s·y.
  private struct Pair {
    let step: ParticleField
    let change: ParticleField
    var product = 0.0
  }

  /// Names in checkpoints.
  private enum Key {
    static let state = "lbfgs"
    static func step(_ k: Int) -> String { "lbfgs/step \(k)" }
    static func change(_ k: Int) -> String { "lbfgs/change \(k)" }
  }

  /// State of the next iteration besides the positions and the pairs, at a moment when the preconditioner is updated.
  private struct State: Codable {
    var result: MinimizationResult
    var energy = 0.0
    var squaredForce = 0.0
    var stalled = 0
    /// Products s·y of the pairs.
    var products: [Double] = []
  }

  public func minimize(
    _ system: ParticleSystem, tolerance: Double, maximumEvaluations: Int, safePoint: SafePoint,
    resuming saved: Checkpoint?
  ) throws -> MinimizationResult {
    let d = system.dimension
    var state = State(
      result: MinimizationResult(reason: .evaluationLimit, forceMax: .infinity, tolerance: tolerance))
    let approximateInverse = try preconditioner.make(for: system)
    let direction = system.makeField(width: d)
    let reduced = system.makeField(width: d)
    let oldForces = system.makeField(width: d)
    var pairs: [Pair] = []
    var listing = -1
    var refreshed = 0

    if let saved {
      state = try saved.value(State.self, of: Key.state)
      pairs = try restore(system, state.products, from: saved)
      try system.withoutCounting { try system.evaluate(.forcesEnergyAndStress) }
    } else {
      (state.energy, state.squaredForce) = try evaluate(system, &state)
    }
    while true {
      if try isConverged(system, squaredForce: state.squaredForce, &state.result) { return state.result }
      if state.result.evaluations >= maximumEvaluations { break }
      if system.listing != listing || state.result.iterations >= refreshed + refreshInterval {
        // The preconditioner is updated next, from the present positions alone. So it needs no
        // place in a checkpoint made here.
        state.products = pairs.map(\.product)
        try safePoint.reached(isStep: true) { try save(system, state, pairs, to: $0) }
        try approximateInverse.refresh(shift: 0)
        listing = system.listing
        refreshed = state.result.iterations
      }
      let slope = try findDescent(system, &pairs, approximateInverse, reduced, into: direction)
      let longest = try system.largestLength(direction.values)
      guard slope > 0, longest > 0 else {
        state.result.reason = .stagnated
        break
      }
      let first = min(1, largestStepInSpacings * system.spacing / longest)
      if first < 1 { state.result.cappedSteps += 1 }
      oldForces.copy(system.forces)
      let length = try search(system, along: direction, from: first, slope: slope, &state)
      state.result.iterations += 1
      if state.stalled > 200 || (length == nil && pairs.isEmpty) {
        state.result.reason = .stagnated
        break
      }
      if let length {
        remember(system, &pairs, direction, length, oldForces)
        try weigh(system, &pairs)
      } else {
        pairs = []
      }
    }
    state.result.forceMax = try system.largestComponent(system.forces, width: d)
    return state.result
  }

  private func evaluate(
    _ system: ParticleSystem, _ state: inout State
  ) throws -> (energy: Double, squaredForce: Double) {
    try system.evaluate(.forcesEnergyAndStress)
    state.result.evaluations += 1
    return (try system.totals().energy, try system.dot(system.forces, system.forces))
  }

  private func save(_ system: ParticleSystem, _ state: State, _ pairs: [Pair], to checkpoint: Checkpoint) throws {
    try checkpoint.put(state, as: Key.state)
    for (k, pair) in pairs.enumerated() {
      try system.save(pair.step, to: checkpoint, as: Key.step(k))
      try system.save(pair.change, to: checkpoint, as: Key.change(k))
    }
  }

  private func restore(_ system: ParticleSystem, _ products: [Double], from saved: Checkpoint) throws -> [Pair] {
    try products.enumerated().map { k, product in
      Pair(
        step: try system.makeField(resuming: saved, as: Key.step(k)),
        change: try system.makeField(resuming: saved, as: Key.change(k)), product: product)
    }
  }

  /// Finds a direction, and forgets the pairs if the one that they give does not lead downhill. Collective.
  /// - Returns: the force along it.
  private func findDescent(
    _ system: ParticleSystem, _ pairs: inout [Pair], _ approximateInverse: any Preconditioner,
    _ reduced: ParticleField, into direction: ParticleField
  ) throws -> Double {
    try findDirection(system, pairs, approximateInverse, reduced, into: direction)
    let slope = try system.dot(system.forces, direction.values)
    if slope > 0 { return slope }
    pairs = []
    try approximateInverse.apply(system.forces, into: direction.values)
    return try system.dot(system.forces, direction.values)
  }

  /// Moves along the direction by the first of `first`, `first`/2, … that lowers the energy sufficiently. Collective.
  /// - Parameter slope: the force along the direction at the start.
  /// - Returns: the length; nil if there is none, with the forces at the start.
  private func search(
    _ system: ParticleSystem, along direction: ParticleField, from first: Double, slope: Double, _ state: inout State
  ) throws -> Double? {
    var length = first
    for _ in 0..<maximumBacktracks {
      system.move(along: direction.values, by: length)
      let (energy, squaredForce) = try evaluate(system, &state)
      try requireFinite(squaredForce, state.result)
      let newSlope = try system.dot(system.forces, direction.values)
      // Below the rounding of the energy, the forces decide.
      let isBelowRounding = slope * length < 1e-9 * abs(state.energy)
      let isGood =
        isBelowRounding
        ? newSlope >= -0.9 * slope && energy - state.energy < 1e-11 * abs(state.energy)
        : energy <= state.energy - sufficientDecrease * slope * length
      if isGood {
        state.stalled = squaredForce >= state.squaredForce ? state.stalled + 1 : 0
        (state.energy, state.squaredForce) = (energy, squaredForce)
        return length
      }
      state.result.rejectedSteps += 1
      system.move(along: direction.values, by: -length)
      length *= 0.5
    }
    (state.energy, state.squaredForce) = try evaluate(system, &state)
    return nil
  }

  private func remember(
    _ system: ParticleSystem, _ pairs: inout [Pair], _ direction: ParticleField, _ length: Double,
    _ oldForces: ParticleField
  ) {
    let pair: Pair
    if pairs.count == memory {
      pair = pairs.removeFirst()
    } else {
      pair = Pair(step: system.makeField(width: system.dimension), change: system.makeField(width: system.dimension))
    }
    pair.step.copy(direction.values)
    pair.step.scale(by: length)
    pair.change.combine(1, oldForces.values, -1, system.forces)
    pairs.append(pair)
  }

  /// Computes s·y of the last pair, and drops the pair if it is not positive. Collective.
  private func weigh(_ system: ParticleSystem, _ pairs: inout [Pair]) throws {
    let last = pairs[pairs.count - 1]
    let product = try system.dot(last.step.values, last.change.values)
    if product > 0 { pairs[pairs.count - 1].product = product } else { pairs.removeLast() }
  }

  /// Computes the search direction by the two loops, each with its scalar products computed at once. Collective.
  private func findDirection(
    _ system: ParticleSystem, _ pairs: [Pair], _ approximateInverse: any Preconditioner, _ reduced: ParticleField,
    into direction: ParticleField
  ) throws {
    reduced.copy(system.forces)
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
      reduced.add(-alpha[i], pairs[i].change.values)
    }
    try approximateInverse.apply(reduced.values, into: direction.values)
    let after =
      n == 0 ? [] : try system.dots(pairs.map { ($0.change.values, direction.values) }, width: system.dimension)
    var gamma = [Double](repeating: 0, count: n)
    for i in 0..<n {
      var value = after[i]
      for j in 0..<i { value += gamma[j] * products[product(j, i)] }
      gamma[i] = alpha[i] - value / pairs[i].product
      direction.add(gamma[i], pairs[i].step.values)
    }
  }
}
