import Dynamics
import Geometry
import Interactions
import MessagePassing
import Particles
import Statics
import TestSupport
import Testing

@Suite(.serialized, .oneAtATime) struct VerletTests {
  /// On an elastic branch the flow differs from the quasistatic glass by ζ m γ̇ ‖ẋ‖²/V to first order in the rate. An
  /// independent program has 6.4476 for this glass at rest; on the way to the strain of 2.5e-5 it falls by about 400
  /// times the strain, as its branch softens. The tolerance of 1e-3 is that of the second order in the rate and of the
  /// step.
  @Test func excessStressOnAnElasticBranch() throws {
    let system = try ReferenceState.bidisperse.system()
    try relax(system)
    let rate = 1e-6
    let flow = try Flow(system, EquationsOfMotion(damping: 1), timeStep: 0.02)
    try flow.integrator.begin(rate: rate)
    try flow.integrator.advance(to: 25)
    let flowing = try flow.shearStress
    try relax(system)
    try system.evaluate(.forcesEnergyAndStress)
    let excess = (flowing - (try flow.shearStress)) / rate
    #expect(abs(excess + 390 * 2.5e-5 - 6.4476) <= 1e-3 * 6.4476, "\(excess)")
  }

  /// Halving the step divides the difference of the stress by four. The ratio of differences is 4 up to the next order,
  /// of which a tenth is left room.
  @Test(arguments: [false, true]) func orderTwo(isSllod: Bool) throws {
    let stresses = try [0.01, 0.005, 0.0025].map { step in
      let flow = try Flow(
        Self.glass(), EquationsOfMotion(damping: 1, isSllod: isSllod), timeStep: step)
      try flow.integrator.begin(rate: 1e-2)
      try flow.integrator.advance(to: 2)
      return try flow.shearStress
    }
    let ratio = (stresses[0] - stresses[1]) / (stresses[1] - stresses[2])
    #expect(abs(ratio - 4) < 0.4, "\(stresses)")
  }

  /// Without drag the work is the change of the energy. The balance is of second order in the step.
  @Test(arguments: [(0.0, false), (0, true), (1, false), (1, true)])
  func energyBalance(damping: Double, isSllod: Bool) throws {
    let imbalances = try [0.01, 0.005].map { step in
      let flow = try Flow(
        Self.glass(), EquationsOfMotion(damping: damping, isSllod: isSllod), timeStep: step)
      try Self.shake(flow, speed: 0.3)
      try flow.integrator.begin(rate: 2e-2)
      let before = try flow.energy()
      try flow.integrator.advance(to: 2)
      let transfer = try flow.integrator.transfer()
      let change = try flow.energy() - before
      // One hundredth of the kinetic energy at the beginning, which changes its form all the time.
      #expect(abs(transfer.work - transfer.heat - change) < 0.01 * 31, "\(transfer) \(change)")
      #expect(damping == 0 ? transfer.heat == 0 : transfer.heat > 0)
      return transfer.work - transfer.heat - change
    }
    // The energy of Verlet's method oscillates with an amplitude of second order, so the ratio is 4 only on average.
    #expect(abs(imbalances[1]) < 0.4 * abs(imbalances[0]), "\(imbalances)")
  }

  /// With the velocities and the rate reversed, a flow without drag goes back to where it came from. Positions are
  /// rounded to quanta of 2e-15, which 200 steps of collisions amplify by less than 1e5.
  @Test func reversible() throws {
    let flow = try Flow(Self.glass(), EquationsOfMotion(damping: 0), timeStep: 0.005)
    try Self.shake(flow, speed: 0.3)
    let tracker = flow.system.makeDisplacementTracker()
    try flow.integrator.begin(rate: 1e-2)
    try flow.integrator.advance(to: 1)
    #expect(try flow.system.largestLength(displacements(flow.system, tracker).values) > 0.05)
    flow.integrator.velocities.scale(by: -1)
    try flow.integrator.begin(rate: -1e-2)
    try flow.integrator.advance(to: 1)
    #expect(try flow.system.largestLength(displacements(flow.system, tracker).values) < 1e-9)
    #expect(abs(flow.system.strain) < 1e-15)
  }

  /// A uniform velocity decays as e^(−ζt), exactly at any step: the glass moves as a whole, and no force changes.
  @Test func uniformVelocityDecays() throws {
    let system = try ReferenceState.bidisperse.system()
    try relax(system, to: 1e-12)
    let flow = try Flow(system, EquationsOfMotion(damping: 0.7), timeStep: 0.02)
    for i in 0..<system.ownedCount { flow.integrator.velocities.values[2 * i] = 0.01 }
    try flow.integrator.begin(rate: 0)
    try flow.integrator.advance(to: 1)
    // The forces of the start, 1e-12, and the rounding of positions, stay.
    for i in 0..<system.ownedCount {
      #expect(abs(flow.integrator.velocities.values[2 * i] - 0.01 * 0.4965853037914095) < 1e-11)
    }
  }

  /// In a hot, fast flow through several flips of the box, the forces are those of a system whose neighbours have just
  /// been listed, to the rounding of sums in another order.
  @Test(arguments: [2, 3]) func neighboursAreComplete(dimension: Int) throws {
    let system =
      dimension == 2
      ? try Self.glass()
      : try Samples.system(
        Samples.grid([8, 8, 8], edges: [[8, 0, 0], [0, 8, 0], [0, 0, 8]], disorder: 0.1, seed: 5), .harmonic)
    let flow = try Flow(system, EquationsOfMotion(damping: 0.1), timeStep: 0.005)
    try Self.shake(flow, speed: 0.5)
    try flow.integrator.begin(rate: 0.5)
    for time in 1...5 {
      try flow.integrator.advance(to: 0.9 * Double(time))
      let fresh = try ParticleSystem(
        system.snapshot(), interaction: system.interaction, skin: 0.3, communicator: system.communicator)
      try fresh.evaluate(.forcesEnergyAndStress)
      let expected = try fresh.totals()
      let totals = try system.totals()
      #expect(abs(totals.energy - expected.energy) <= 1e-11 * abs(expected.energy), "energy at \(time)")
      for k in 0..<dimension {
        for l in 0..<dimension {
          #expect(abs(totals.stress[k, l] - expected.stress[k, l]) <= 1e-11 * abs(expected.pressure))
        }
      }
    }
    // Lists are made much less often than forces.
    #expect(system.statistics.rebuilds < system.statistics.evaluations / 5)
  }

  // MARK: Samples

  /// A glass at rest, whose potential has three continuous derivatives at its cutoff.
  static func glass() throws -> ParticleSystem {
    let system = try ReferenceState.bidisperse.system()
    try relax(system, to: 1e-9)
    return system
  }

  /// Gives the particles velocities of up to `speed` along each axis, by their ids, of sum zero only on average.
  static func shake(_ flow: Flow, speed: Double) throws {
    let d = flow.system.dimension
    for i in 0..<flow.system.ownedCount {
      var generator = Generator(seed: UInt64(flow.system.id(i)))
      for k in 0..<d { flow.integrator.velocities.values[d * i + k] = generator.uniform(-speed...speed) }
    }
  }

  func displacements(_ system: ParticleSystem, _ tracker: ParticleField) -> ParticleField {
    let field = system.makeField(width: system.dimension)
    for i in 0..<system.ownedCount {
      let u = system.displacement(tracker, of: i)
      for k in 0..<system.dimension { field.values[i * system.dimension + k] = u[k] }
    }
    return field
  }
}
