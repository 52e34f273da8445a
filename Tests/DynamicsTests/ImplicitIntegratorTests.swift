import Checkpoints
import Dynamics
import Foundation
import Geometry
import Interactions
import MessagePassing
import Particles
import Statics
import TestSupport
import Testing

@Suite(.serialized, .oneAtATime) struct ImplicitIntegratorTests {
  typealias Limits = ImplicitIntegrator.Limits

  // MARK: Slaved motion

  /// On an elastic branch the flow differs from the quasistatic glass by ζ m γ̇ ‖ẋ‖²/V. An independent program has
  /// 6.447584 for this glass at rest at strain 0, where the flow ends here. The tolerance of 1e-3 is that of the second
  /// order in the rate, and of the displacements, whose errors of 1e-7 · 0.03 move the stress by some 1e-9.
  @Test(arguments: [false, true]) func excessStressOfTheReference(isOverdamped: Bool) throws {
    let system = try ReferenceState.bidisperse.system()
    let equations = EquationsOfMotion(isOverdamped: isOverdamped, damping: 1)
    let loading = Loading(equations.shear, of: system)
    try loading.deform(system, to: -1e-4)
    try relax(system)
    var limits = Limits(tolerance: 1e-7)
    limits.stageAccuracy = 0.03
    let integrator = try ImplicitIntegrator(system, equations, loading: loading, limits: limits)
    try integrator.begin(rate: 1e-6)
    try integrator.advance(to: 100)
    #expect(abs(system.strain) < 1e-15)
    let excess = (try system.totals().stress[0, 1] - ReferenceState.bidisperse.stress.xy) / 1e-6
    #expect(abs(excess - 6.447584) < 1e-3 * 6.447584, "\(excess)")
  }

  /// The same in small glasses of two and three dimensions for both frictions: the excess is ζ m γ̇ ẋ·Γ·ẋ/V with Γ = 1
  /// for a substrate, and ẋ from quasistatic states at ±1e-5. Both differences are accurate to 1e-3.
  @Test(arguments: [2, 3], [EquationsOfMotion.Friction.substrate, .pairwise])
  func excessStress(dimension: Int, friction: EquationsOfMotion.Friction) throws {
    for isOverdamped in [false, true] {
      let system = try Self.glass(dimension)
      let equations = EquationsOfMotion(
        mass: 1.3, isOverdamped: isOverdamped, damping: 4, friction: friction,
        plane: (flow: dimension - 1, gradient: 0))
      let loading = Loading(equations.shear, of: system)
      let rest = try system.totals().stress[dimension - 1, 0]
      let form = try Self.frictionForm(system, loading, friction)
      try loading.deform(system, to: -3e-4)
      try relax(system, to: 1e-11)
      var limits = Limits(tolerance: 1e-8)
      limits.stageAccuracy = 0.03
      let integrator = try ImplicitIntegrator(system, equations, loading: loading, limits: limits)
      try integrator.begin(rate: 1e-6)
      // To the end of a step: what the cubic between its ends adds to the stress is of the order of the tolerance.
      while integrator.time < 300 { try integrator.step(to: 300) }
      let excess = (try system.totals().stress[dimension - 1, 0] - rest) / 1e-6
      let expected = equations.damping * equations.mass * form / system.cell.volume
      #expect(abs(excess - expected) < 2e-3 * expected, "\(excess) \(expected)")
    }
  }

  /// One step that is endless beside the relaxation times lands on the quasistatic state, as an L-stable method does.
  /// The viscous displacement γ̇ζmẋ/λ of the softest motions is below 1e-7, the tolerance.
  @Test(arguments: [false, true]) func endlessStepLandsOnTheQuasistaticState(isOverdamped: Bool) throws {
    let system = try Self.glass(2)
    let equations = EquationsOfMotion(isOverdamped: isOverdamped, damping: 1)
    var limits = Limits(tolerance: 1)
    limits.stageAccuracy = 1e-10
    let integrator = try ImplicitIntegrator(
      system, equations, loading: Loading(equations.shear, of: system), limits: limits)
    try integrator.begin(rate: 1e-9, timeStep: 1e5)
    try integrator.step(to: 1e5)
    #expect(integrator.counts.steps == 1 && integrator.counts.rejected == 0)
    let tracker = system.makeDisplacementTracker()
    let stress = try system.totals().stress
    try relax(system, to: 1e-12)
    try system.evaluate(.forcesEnergyAndStress)
    #expect(abs(try system.totals().stress[0, 1] - stress[0, 1]) < 1e-7)
    #expect(try largestDisplacement(system, tracker) < 1e-7)
  }

  // MARK: Accuracy

  /// Halving the step divides the error by four. The steps are forced; the reference has steps four times as short as
  /// the shortest here, which changes the ratio from 4 to (16 − 1)/(4 − 1) = 5 at most.
  @Test(arguments: [false, true], [false, true]) func orderTwo(isOverdamped: Bool, isSllod: Bool) throws {
    // Powers of two: times are exact.
    let (rate, last) = (0x1p-6, 0x1p-2)
    func end(step: Double) throws -> ParticleSystem {
      let system = try Self.glass(2)
      let equations = EquationsOfMotion(
        isOverdamped: isOverdamped, damping: isOverdamped ? 20 : 1, isSllod: isSllod && !isOverdamped)
      var limits = Limits(tolerance: 1)
      limits.stageAccuracy = 1e-11
      limits.strain = step * rate
      let integrator = try ImplicitIntegrator(
        system, equations, loading: Loading(equations.shear, of: system), limits: limits)
      try integrator.begin(rate: rate, timeStep: step)
      try integrator.advance(to: last)
      #expect(integrator.counts.steps == Int(last / step))
      return system
    }
    let reference = try end(step: 0x1p-9)
    let errors = try [0x1p-5, 0x1p-6, 0x1p-7].map { try largestDifference(try end(step: $0), reference) }
    #expect((3.3...5.3).contains(errors[0] / errors[1]) && (3.3...5.3).contains(errors[1] / errors[2]), "\(errors)")
  }

  /// Through an event of 0.9 in displacement, the explicit method with small steps and the implicit one stay together
  /// and end in the same minimum. Within the event they differ by a lag in time.
  @Test(arguments: [false, true]) func sameMinimumAfterAnEvent(isOverdamped: Bool) throws {
    let equations = EquationsOfMotion(isOverdamped: isOverdamped, damping: 1)
    let (rate, last) = (1e-3, 24.0)
    let (implicit, loading) = try Self.nearAnEvent()
    let integrator = try ImplicitIntegrator(
      implicit, equations, loading: loading, limits: Limits(tolerance: 1e-4))
    try integrator.begin(rate: rate)
    try integrator.advance(to: last)
    let (explicit, ownLoading) = try Self.nearAnEvent()
    let tracker = explicit.makeDisplacementTracker()
    let oracle: any TimeIntegrator =
      isOverdamped
      ? try OverdampedIntegrator(explicit, equations, loading: ownLoading, timeStep: 5e-4)
      : try VerletIntegrator(explicit, equations, loading: ownLoading, timeStep: 5e-3)
    try oracle.begin(rate: rate, temperature: TemperatureRamp(constant: 0))
    try oracle.advance(to: last, safePoint: .none)
    #expect(try largestDisplacement(explicit, tracker) > 0.8, "there was an event")
    let difference = try largestDifference(implicit, explicit)
    #expect(difference < 3e-3, "\(difference)")
    try relax(implicit)
    try relax(explicit)
    #expect(try largestDifference(implicit, explicit) < 1e-8)
  }

  /// Work is heat and change of energy, through the same event. What is missing is the error of the steps and the
  /// waves that they damp; it falls with the tolerance.
  @Test(arguments: [false, true], [EquationsOfMotion.Friction.substrate, .pairwise])
  func energyBalance(isOverdamped: Bool, friction: EquationsOfMotion.Friction) throws {
    func imbalance(_ tolerance: Double) throws -> Double {
      let (system, loading) = try Self.nearAnEvent()
      let equations = EquationsOfMotion(isOverdamped: isOverdamped, damping: 1, friction: friction)
      let integrator = try ImplicitIntegrator(
        system, equations, loading: loading, limits: Limits(tolerance: tolerance))
      func energy() throws -> Double {
        try system.totals().energy
          + KineticStress(integrator.velocities, mass: equations.inertia, in: system).energy
      }
      try integrator.begin(rate: 1e-3)
      let before = try energy()
      try integrator.advance(to: 20)
      let transfer = try integrator.transfer()
      #expect(transfer.heat > 0)
      return abs(transfer.work - transfer.heat - (try energy() - before)) / transfer.heat
    }
    let (coarse, fine) = (try imbalance(1e-3), try imbalance(3e-5))
    #expect(coarse < 0.1 && fine < 0.003, "\(coarse) \(fine)")
  }

  // MARK: Between the ends of steps

  /// At times within steps the particles are as near to those of a run with much shorter steps as a few steps of this
  /// tolerance may bring them, and the velocities are the derivative of their way. Through an event the steps are the
  /// same as without rows, and so are the positions, but for their rounding.
  @Test func rowsWithinSteps() throws {
    let equations = EquationsOfMotion(damping: 1)
    func integrator(_ tolerance: Double) throws -> ImplicitIntegrator {
      let (system, loading) = try Self.nearAnEvent()
      let integrator = try ImplicitIntegrator(
        system, equations, loading: loading, limits: Limits(tolerance: tolerance))
      try integrator.begin(rate: 1e-3)
      return integrator
    }
    let (coarse, fine, without) = (try integrator(1e-4), try integrator(1e-7), try integrator(1e-4))
    let (interval, delta) = (0.37, 1e-4)
    var within = 0
    for row in 1...40 {
      let time = Double(row) * interval
      try coarse.advance(to: time)
      within += coarse.time < coarse.end ? 1 : 0
      try fine.advance(to: time)
      // On the way to the event, from 10 on, the two differ by a lag in time.
      if time < 10 {
        #expect(try largestDifference(coarse.system, fine.system) < 3e-4)
        let stresses = try (coarse.system.totals().stress[0, 1], fine.system.totals().stress[0, 1])
        #expect(abs(stresses.0 - stresses.1) < 3e-4)
      }
      let v = (0..<(2 * coarse.system.ownedCount)).map { coarse.velocities.values[$0] }
      let tracker = coarse.system.makeDisplacementTracker()
      try coarse.advance(to: time + delta)
      let largest = v.map(abs).max()!
      for i in 0..<coarse.system.ownedCount {
        let u = coarse.system.displacement(tracker, of: i)
        for k in 0..<2 { #expect(abs(u[k] / delta - v[2 * i + k]) < 1e-2 * largest + 1e-7) }
      }
    }
    #expect(within > 20, "most rows are within a step: \(within)")
    try coarse.advance(to: coarse.end)
    while without.end < coarse.end { try without.step(to: .infinity) }
    #expect(without.counts.steps == coarse.counts.steps)
    #expect(try largestDifference(without.system, coarse.system) < 1e-9)
  }

  // MARK: Without inner resistance

  /// A uniform velocity decays as e^(−ζt) on a substrate, and stays with drag between pairs.
  @Test(arguments: [EquationsOfMotion.Friction.substrate, .pairwise])
  func uniformVelocity(friction: EquationsOfMotion.Friction) throws {
    let system = try Self.glass(2)
    let equations = EquationsOfMotion(damping: 0.5, friction: friction)
    let integrator = try ImplicitIntegrator(
      system, equations, loading: Loading(equations.shear, of: system), limits: Limits(tolerance: 1e-6))
    for i in 0..<system.ownedCount { integrator.velocities.values[2 * i] = 0.01 }
    let tracker = system.makeDisplacementTracker()
    try integrator.begin(rate: 0)
    try integrator.advance(to: 2)
    let (velocity, way) = friction == .pairwise ? (0.01, 0.02) : (0.01 * exp(-1), 0.02 * (1 - exp(-1)))
    for i in 0..<system.ownedCount {
      // A few hundred steps of at most 1e-6 each, most of them far below; for drag between pairs rounding alone.
      let tolerance = friction == .pairwise ? 1e-9 : 1e-4
      #expect(abs(integrator.velocities.values[2 * i] - velocity) < tolerance)
      #expect((system.displacement(tracker, of: i) - Vector(way, 0, 0)).length < tolerance)
    }
  }

  /// At rate 0 a glass goes to rest at fixed strain, through an event: the energy falls all the way, in overdamped
  /// motion on a substrate into the minimum that the gradient flow finds.
  @Test(arguments: [false, true]) func relaxation(isOverdamped: Bool) throws {
    func strained() throws -> (ParticleSystem, Loading) {
      let system = try Self.glass(2)
      let loading = Loading(.simpleShear(flow: 0, gradient: 1), of: system)
      try loading.deform(system, to: 0.12)
      return (system, loading)
    }
    let (system, loading) = try strained()
    let integrator = try ImplicitIntegrator(
      system, EquationsOfMotion(isOverdamped: isOverdamped, damping: 1), loading: loading,
      limits: Limits(tolerance: 1e-4))
    try integrator.begin(rate: 0)
    var energy = try system.totals().energy
    while try !integrator.isAtRest(1e-9) {
      try integrator.step(to: .infinity)
      let kinetic = try KineticStress(integrator.velocities, mass: isOverdamped ? 0 : 1, in: system).energy
      let now = try system.totals().energy + kinetic
      #expect(now <= energy + 1e-9 * abs(energy))
      energy = now
    }
    #expect(integrator.counts.steps < 1000)
    #expect(try integrator.relax(to: 1e-9), "nothing is left to do")
    guard isOverdamped else { return }
    let (other, _) = try strained()
    let result = try Minimization(
      method: .gradientFlow, tolerance: .largestComponent(1e-10), maximumEvaluations: 1_000_000
    ).run(other, from: .anywhere)
    try #require(result.reason == .converged)
    #expect(try largestDifference(system, other) < 1e-7)
  }

  // MARK: Resuming

  /// A flow that is saved within an event and resumed has the bits of one that was not.
  @Test(arguments: [false, true]) func resumed(isOverdamped: Bool) throws {
    let (system, loading) = try Self.nearAnEvent()
    let equations = EquationsOfMotion(isOverdamped: isOverdamped, damping: 1, isSllod: !isOverdamped)
    let limits = Limits(tolerance: 1e-4)
    let integrator = try ImplicitIntegrator(system, equations, loading: loading, limits: limits)
    try integrator.begin(rate: 1e-3)
    for _ in 0..<25 { try integrator.step(to: 100) }
    let checkpoint = Checkpoint(over: system.communicator)
    try system.save(to: checkpoint)
    try integrator.save(to: checkpoint)
    let copy = try ParticleSystem(resuming: checkpoint, interaction: system.interaction, skin: system.skin)
    let resumed = try ImplicitIntegrator(copy, equations, limits: limits, resuming: checkpoint)
    for _ in 0..<25 {
      #expect(try integrator.step(to: 100) == resumed.step(to: 100))
    }
    #expect(integrator.counts == resumed.counts && integrator.time == resumed.time)
    #expect(try integrator.transfer() == resumed.transfer())
    #expect(try system.totals() == copy.totals())
    for i in 0..<system.ownedCount { #expect(system.fixedPosition(i) == copy.fixedPosition(i)) }
  }

  // MARK: Samples

  /// A small glass at rest, with a potential that is smooth at its cutoff.
  static func glass(_ dimension: Int) throws -> ParticleSystem {
    let counts = dimension == 2 ? [10, 10] : [5, 5, 5]
    let spacing = 1.25
    let edges = (0..<dimension).map { k in (0..<dimension).map { $0 == k ? spacing * Double(counts[k]) : 0 } }
    let system = try Samples.system(
      Samples.grid(counts, edges: edges, disorder: 0.3, largestSize: 1.6, seed: 5), ReferenceState.polydisperse.model)
    try relax(system, to: 1e-11, from: .anywhere)
    try system.evaluate(.forcesEnergyAndStress)
    return system
  }

  /// The glass at the strain 0.07, where flows at a rate of 1e-3 meet an event within 0.025.
  static func nearAnEvent() throws -> (ParticleSystem, Loading) {
    let system = try glass(2)
    let loading = Loading(.simpleShear(flow: 0, gradient: 1), of: system)
    for step in 1...7 {
      try loading.deform(system, to: 0.01 * Double(step))
      try relax(system, to: 1e-11)
    }
    try system.evaluate(.forcesEnergyAndStress)
    return (system, loading)
  }

  /// Returns ẋ·Γ·ẋ at the present state of rest, where the system is left.
  static func frictionForm(
    _ system: ParticleSystem, _ loading: Loading, _ friction: EquationsOfMotion.Friction
  ) throws -> Double {
    let step = 1e-5
    let d = system.dimension
    try loading.deform(system, to: -step)
    try relax(system, to: 1e-11)
    let tracker = system.makeDisplacementTracker()
    try loading.deform(system, to: step)
    try relax(system, to: 1e-11)
    let motion = system.makeField(width: d)
    for i in 0..<system.ownedCount {
      let u = system.displacement(tracker, of: i)
      for k in 0..<d { motion.values[d * i + k] = u[k] / (2 * step) }
    }
    try loading.deform(system, to: 0)
    try relax(system, to: 1e-11)
    guard friction == .pairwise else { return try system.dot(motion.values, motion.values) }
    try system.evaluate()
    let product = system.makeField(width: d)
    try PairwiseDrag(system).multiply(motion, into: product)
    return try system.dot(motion.values, product.values)
  }

  private func largestDisplacement(_ system: ParticleSystem, _ tracker: ParticleField) throws -> Double {
    (0..<system.ownedCount).map { system.displacement(tracker, of: $0).length }.max()!
  }

  /// Returns the longest distance between the places of a particle in two systems with the same box, apart from a
  /// common translation.
  private func largestDifference(_ one: ParticleSystem, _ other: ParticleSystem) throws -> Double {
    let places = Samples.order(other)
    let differences = (0..<one.ownedCount).map { i in
      let j = places[one.id(i)]!
      return one.cell.position(one.cell.minimumImage(one.fixedPosition(i) &- other.fixedPosition(j)))
    }
    let mean = (1 / Double(differences.count)) * differences.reduce(.zero, +)
    return differences.map { ($0 - mean).length }.max()!
  }
}
