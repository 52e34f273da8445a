import Dynamics
import Geometry
import Interactions
import MessagePassing
import Particles
import Statics
import TestSupport
import Testing

/// Friction other than that of a substrate in motion with inertia: between pairs, without inertia, with noise.
@Suite(.serialized, .oneAtATime) struct FrictionTests {
  /// Friction between pairs does not feel a uniform velocity: it stays to the rounding of the forces of the start.
  @Test func pairsKeepAUniformVelocity() throws {
    let system = try ReferenceState.bidisperse.system()
    try relax(system, to: 1e-12)
    let flow = try Flow(system, EquationsOfMotion(damping: 1, friction: .pairwise), timeStep: 0.02)
    for i in 0..<system.ownedCount { flow.integrator.velocities.values[2 * i] = 0.01 }
    try flow.integrator.begin(rate: 0)
    try flow.integrator.advance(to: 1)
    for i in 0..<system.ownedCount {
      #expect(abs(flow.integrator.velocities.values[2 * i] - 0.01) < 1e-11)
    }
  }

  /// Halving the step divides the imbalance of the energy by about four, as for a substrate.
  @Test func balanceWithPairs() throws {
    let imbalances = try [0.01, 0.005].map { step in
      let flow = try Flow(VerletTests.glass(), EquationsOfMotion(damping: 0.3, friction: .pairwise), timeStep: step)
      try VerletTests.shake(flow, speed: 0.3)
      try flow.integrator.begin(rate: 2e-2)
      let before = try flow.energy()
      try flow.integrator.advance(to: 1)
      let transfer = try flow.integrator.transfer()
      #expect(transfer.heat > 0)
      return transfer.work - transfer.heat - (try flow.energy() - before)
    }
    #expect(abs(imbalances[1]) < 0.4 * abs(imbalances[0]), "\(imbalances)")
  }

  /// Without inertia the velocities are F/(ζm), and halving the step divides the differences of stress and of energy
  /// balance by four, up to the next order.
  @Test func orderTwoWithoutInertia() throws {
    var stresses: [Double] = []
    var imbalances: [Double] = []
    for part in [0.4, 0.2, 0.1] {
      let system = try VerletTests.glass()
      let equations = EquationsOfMotion(mass: 2, isOverdamped: true, damping: 0.5)
      let stable = 2 / 1000.0
      let integrator = try OverdampedIntegrator(
        system, equations, loading: Loading(equations.shear, of: system), timeStep: part * stable)
      let before = try system.totals().energy
      try integrator.begin(rate: 1)
      try integrator.advance(to: 20 * stable)
      for i in 0..<10 { #expect(integrator.velocities.values[i] == system.forces[i]) }
      stresses.append(try system.totals().stress[0, 1])
      let transfer = try integrator.transfer()
      #expect(transfer.heat > 0)
      imbalances.append(transfer.work - transfer.heat - (try system.totals().energy - before))
    }
    let ratio = (stresses[0] - stresses[1]) / (stresses[1] - stresses[2])
    #expect(abs(ratio - 4) < 0.5, "\(stresses)")
    #expect(abs(imbalances[2] / imbalances[1]) < 0.3, "\(imbalances)")
  }

  /// The largest stable step of Verlet's method: below it the energy stays, and above it grows without bound.
  @Test func stableStep() throws {
    let system = try VerletTests.glass()
    let stable = try StableStep(system).verlet(mass: 1)
    for (part, isStable) in [(0.9, true), (1.1, false)] {
      let flow = try Flow(VerletTests.glass(), EquationsOfMotion(damping: 0), timeStep: part * stable)
      try VerletTests.shake(flow, speed: 1e-9)
      try flow.integrator.begin(rate: 0)
      try flow.integrator.advance(to: 20 * part * stable)
      let fastest = try system.largestLength(flow.integrator.velocities.values)
      #expect((fastest < 1e-7) == isStable, "\(part) of the stable step: \(fastest)")
    }
  }

  /// Kinetic energy in equilibrium is T/2 for each velocity. The mean of 20 samples of 2048 velocities has a standard
  /// error of about T/2 · √(2/2048/10) = 1 %, if every second one is independent; four of them are allowed.
  @Test(arguments: [EquationsOfMotion.Friction.substrate, .pairwise])
  func equipartition(friction: EquationsOfMotion.Friction) throws {
    let system = try VerletTests.glass()
    let equations = EquationsOfMotion(damping: friction == .substrate ? 2 : 5, friction: friction)
    let integrator = try VerletIntegrator(
      system, equations, loading: Loading(equations.shear, of: system), timeStep: 0.01, seed: 3)
    try integrator.begin(rate: 0, temperature: TemperatureRamp(constant: 0.1))
    var sum = 0.0
    for sample in 1...30 {
      try integrator.advance(to: 0.5 * Double(sample))
      if sample > 10 { sum += try KineticStress(integrator.velocities, mass: 1, in: system).energy }
    }
    let temperature = sum / 20 / Double(system.totalCount)
    // Friction between pairs leaves the two components of the momentum as they are, at rest.
    #expect(abs(temperature - 0.1) < 0.04 * 0.1, "\(temperature)")
  }
}
