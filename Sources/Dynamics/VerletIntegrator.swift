import Checkpoints
import Geometry
import MessagePassing
import Particles

/// The velocity Verlet method for flows with inertia: the symmetric product of friction for half a step, half a kick by
/// the forces, the motion for a step, and the same backwards. Friction acts by its exact factor, and the motion is half
/// of the shear, the way h v, and the other half. The error is of second order in the step.
///
/// Between two motions, friction acts for a whole step at once, unless velocities of the present time are needed there.
public final class VerletIntegrator: TimeIntegrator {
  /// Names in checkpoints.
  private enum Key {
    static let clock = "flow/clock"
    static let velocities = "flow/velocities"
    static let shear = "flow/shear"
    static let heat = "flow/heat"
  }

  /// State of the method besides fields.
  private struct Clock: Codable {
    var rate = 0.0
    var temperature = TemperatureRamp(constant: 0)
    /// Strain of the system when the flow began at this rate.
    var startStrain = 0.0
    /// Number of steps at this rate.
    var step = 0
    /// Number of steps of all rates, by which the noise is drawn.
    var totalSteps = 0
    /// Whether the velocities are those of the time of the positions, and not of half a step before.
    var isSynchronised = true
    /// Σ over the particles of their shares of V σ_flow,gradient at the beginning.
    var startShear = 0.0
  }

  public let system: ParticleSystem
  public let loading: Loading
  public let equations: EquationsOfMotion
  public let timeStep: Double
  public let velocities: ParticleField
  /// Sum over the steps of each particle's share of V σ_flow,gradient.
  private let shear: ParticleField
  /// Energy that friction has taken from each particle.
  private let heat: ParticleField
  private let thermostat: Thermostat?
  private var clock = Clock()

  public var time: Double { Double(clock.step) * timeStep }
  private var plane: (Int, Int) { equations.plane }

  /// Starts from the present positions. Collective.
  /// - Parameters:
  ///   - loading: simple shear in the plane of the equations.
  ///   - seed: seed of the noise; nil for none.
  ///   - velocities: peculiar velocities at the beginning; nil for rest.
  public init(
    _ system: ParticleSystem, _ equations: EquationsOfMotion, loading: Loading, timeStep: Double, seed: UInt64? = nil,
    velocities start: ParticleField? = nil
  ) throws {
    self.system = system
    self.equations = equations
    self.loading = loading
    self.timeStep = timeStep
    velocities = start ?? system.makeField(width: system.dimension)
    shear = system.makeField(width: 1)
    heat = system.makeField(width: 1)
    try system.evaluate(.forcesEnergyAndStress)
    thermostat = try Thermostat(equations, system, seed: seed)
  }

  /// Resumes from a checkpoint, for a system that was resumed from it. Collective.
  public init(
    _ system: ParticleSystem, _ equations: EquationsOfMotion, timeStep: Double, seed: UInt64? = nil,
    resuming checkpoint: Checkpoint
  ) throws {
    self.system = system
    self.equations = equations
    loading = try Loading(equations.shear, of: system, resuming: checkpoint)
    self.timeStep = timeStep
    velocities = try system.makeField(resuming: checkpoint, as: Key.velocities)
    shear = try system.makeField(resuming: checkpoint, as: Key.shear)
    heat = try system.makeField(resuming: checkpoint, as: Key.heat)
    clock = try checkpoint.value(Clock.self, of: Key.clock)
    try system.withoutCounting { try system.evaluate(.forcesEnergyAndStress) }
    thermostat = try Thermostat(equations, system, seed: seed)
  }

  public func save(to checkpoint: Checkpoint) throws {
    try checkpoint.put(clock, as: Key.clock)
    try loading.save(to: checkpoint)
    try system.save(velocities, to: checkpoint, as: Key.velocities)
    try system.save(shear, to: checkpoint, as: Key.shear)
    try system.save(heat, to: checkpoint, as: Key.heat)
  }

  public func begin(rate: Double, temperature: TemperatureRamp = TemperatureRamp(constant: 0)) throws {
    clock.rate = rate
    clock.temperature = temperature
    clock.startStrain = system.strain
    clock.step = 0
    shear.fill(with: 0)
    heat.fill(with: 0)
    system.addStressShares(plane, to: shear)
    clock.startShear = try system.sumOfStressShares(plane)
  }

  public func advance(to time: Double, safePoint: SafePoint = .none) throws {
    let last = Int((time / timeStep).rounded())
    while clock.step < last {
      try safePoint.reached(isStep: true)
      let travel = try move()
      clock.step += 1
      clock.totalSteps += 1
      try loading.follow(system, to: clock.startStrain + clock.rate * Double(clock.step) * timeStep)
      if clock.step < last {
        try system.evaluate(.forcesAddingShear(shear, plane: plane), travel: travel)
      } else {
        try system.evaluate(.forcesEnergyAndStress, travel: travel)
        system.addStressShares(plane, to: shear)
      }
      clock.isSynchronised = false
    }
    try synchronise()
  }

  /// Brings the velocities to the time of the positions.
  private func synchronise() throws {
    guard !clock.isSynchronised else { return }
    try update(before: 0.5 * timeStep, friction: 0.5 * timeStep, after: 0)
    clock.isSynchronised = true
  }

  /// Does all of a step but the forces at its end.
  /// - Returns: a length that no particle of this rank has moved further than, against the shear.
  private func move() throws -> Double {
    let half = 0.5 * timeStep
    try update(
      before: clock.isSynchronised ? 0 : half, friction: clock.isSynchronised ? half : timeStep, after: half)
    let strain = half * clock.rate
    let drift = Drift(
      timeStep: timeStep, before: strain, after: strain, plane: equations.plane, step: clock.step + 1)
    return try drift.move(system, velocities)
  }

  private func update(before: Double, friction: Double, after: Double) throws {
    let update = VelocityUpdate(
      equations, before: before, duration: friction, after: after, rate: clock.rate, timeStep: timeStep)
    guard let thermostat else { return update.apply(to: velocities, system, heat: heat, shear: shear) }
    velocities.add(update.before, system.forces)
    if equations.isSllod { update.applySllod(to: velocities, system.ownedCount, system.dimension, shear) }
    // The friction before the positions of a step are measured and the one after it draw different numbers.
    let draw = 2 * clock.totalSteps + (after == 0 ? 0 : 1)
    try thermostat.act(
      on: velocities, equations, for: friction, temperature: clock.temperature.temperature(at: time), step: draw,
      heat: heat)
    velocities.add(update.after, system.forces)
  }

  // MARK: Energy

  public func transfer() throws -> EnergyTransfer {
    let sums = try system.sums(2) { i, out in
      out[0] = self.shear.values[i]
      out[1] = self.heat.values[i]
    }
    // The trapezoidal rule: the shares of all steps, but only half of the first and of the last one.
    let work = clock.rate * timeStep * (sums[0] - 0.5 * (clock.startShear + (try system.sumOfStressShares(plane))))
    return EnergyTransfer(work: work, heat: sums[1])
  }
}
