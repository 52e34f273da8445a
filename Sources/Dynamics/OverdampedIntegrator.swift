import Checkpoints
import Geometry
import Particles

/// The explicit method for overdamped flows on a substrate, ζm (ẋ − γ̇A·x) = F + noise: a step by the forces at its
/// beginning, corrected by those at its end (Heun), between two halves of the shear. Its error is of second order in
/// the step; with noise, that of averages is.
public final class OverdampedIntegrator: TimeIntegrator {
  /// Names in checkpoints.
  private enum Key {
    static let clock = "flow/clock"
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
    /// Σ over the particles of their shares of V σ_flow,gradient at the beginning.
    var startShear = 0.0
  }

  public let system: ParticleSystem
  public let loading: Loading
  public let equations: EquationsOfMotion
  public let timeStep: Double
  /// Velocities F/(ζm) of the deterministic motion at the present time.
  public let velocities: ParticleField
  /// Sum over the steps of each particle's share of V σ_flow,gradient.
  private let shear: ParticleField
  /// Energy that friction has taken from each particle, less what the noise has given.
  private let heat: ParticleField
  /// Way of each particle in the step against the shear, its noise, and the force at the beginning.
  private let way: ParticleField
  private let noise: ParticleField
  private let force: ParticleField
  private let random: RandomStream?
  private var clock = Clock()

  /// Velocity per force, 1/(ζm).
  private var mobility: Double { 1 / (equations.damping * equations.mass) }
  public var time: Double { Double(clock.step) * timeStep }
  private var plane: (Int, Int) { equations.plane }

  /// Starts from the present positions. Collective.
  /// - Parameters:
  ///   - loading: simple shear in the plane of the equations.
  ///   - seed: seed of the noise; nil for none.
  public convenience init(
    _ system: ParticleSystem, _ equations: EquationsOfMotion, loading: Loading, timeStep: Double, seed: UInt64? = nil
  ) throws {
    try system.evaluate(.forcesEnergyAndStress)
    self.init(
      system, equations, loading, timeStep, seed, shear: system.makeField(width: 1), heat: system.makeField(width: 1))
  }

  /// Resumes from a checkpoint, for a system that was resumed from it. Collective.
  public convenience init(
    _ system: ParticleSystem, _ equations: EquationsOfMotion, timeStep: Double, seed: UInt64? = nil,
    resuming checkpoint: Checkpoint
  ) throws {
    try system.withoutCounting { try system.evaluate(.forcesEnergyAndStress) }
    self.init(
      system, equations, try Loading(equations.shear, of: system, resuming: checkpoint), timeStep, seed,
      shear: try system.makeField(resuming: checkpoint, as: Key.shear),
      heat: try system.makeField(resuming: checkpoint, as: Key.heat))
    clock = try checkpoint.value(Clock.self, of: Key.clock)
    takeVelocities()
  }

  private init(
    _ system: ParticleSystem, _ equations: EquationsOfMotion, _ loading: Loading, _ timeStep: Double, _ seed: UInt64?,
    shear: ParticleField, heat: ParticleField
  ) {
    self.system = system
    self.equations = equations
    self.loading = loading
    self.timeStep = timeStep
    self.shear = shear
    self.heat = heat
    let d = system.dimension
    velocities = system.makeField(width: d)
    way = system.makeField(width: d)
    noise = system.makeField(width: d)
    force = system.makeField(width: d)
    random = seed.map { RandomStream(seed: $0, purpose: .thermalNoise) }
  }

  public func save(to checkpoint: Checkpoint) throws {
    try checkpoint.put(clock, as: Key.clock)
    try loading.save(to: checkpoint)
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
    takeVelocities()
  }

  public func advance(to time: Double, safePoint: SafePoint = .none) throws {
    let last = Int((time / timeStep).rounded())
    while clock.step < last {
      try safePoint.reached(isStep: true)
      try predict()
      try correct(measuring: clock.step == last)
    }
    takeVelocities()
  }

  private func takeVelocities() { velocities.combine(mobility, system.forces, 0, system.forces) }

  /// Moves the particles by the forces at the beginning of the step.
  private func predict() throws {
    force.copy(system.forces)
    drawNoise()
    way.combine(timeStep * mobility, force.values, 1, noise.values)
    velocities.combine(1 / timeStep, way.values, 0, way.values)
    let half = 0.5 * clock.rate * timeStep
    clock.step += 1
    clock.totalSteps += 1
    let travel = try drift(half).move(system, velocities)
    try loading.follow(system, to: clock.startStrain + clock.rate * Double(clock.step) * timeStep)
    try system.evaluate(.forces, travel: travel)
  }

  /// Corrects the way to that of the mean of the forces at both ends, whose half after the way is a matter of the next
  /// order.
  private func correct(measuring: Bool) throws {
    // ½ hμ (F* − F)
    velocities.combine(0.5 * mobility, system.forces, -0.5 * mobility, force.values)
    way.add(timeStep, velocities.values)
    let travel = try drift(0).move(system, velocities)
    if measuring {
      try system.evaluate(.forcesEnergyAndStress, travel: travel)
      system.addStressShares(plane, to: shear)
    } else {
      try system.evaluate(.forcesAddingShear(shear, plane: plane), travel: travel)
    }
    // Friction takes what the forces do along the way, by the trapezoidal rule.
    let (q, f, g, u) = (heat.values, force.values, system.forces, way.values)
    let d = system.dimension
    for i in 0..<system.ownedCount {
      var work = 0.0
      for k in 0..<d { work += (f[d * i + k] + g[d * i + k]) * u[d * i + k] }
      q[i] += 0.5 * work
    }
  }

  /// Returns the motion for a step, between two shears by `strain`.
  private func drift(_ strain: Double) -> Drift {
    Drift(timeStep: timeStep, before: strain, after: strain, plane: equations.plane, step: clock.step)
  }

  private func drawNoise() {
    let temperature = clock.temperature.temperature(at: time)
    guard let random, temperature > 0 else { return noise.fill(with: 0) }
    let amplitude = (2 * mobility * temperature * timeStep).squareRoot()
    random.fillNormals(noise, of: system, amplitude: amplitude, step: clock.totalSteps)
  }

  public func transfer() throws -> EnergyTransfer {
    let sums = try system.sums(2) { i, out in
      out[0] = self.shear.values[i]
      out[1] = self.heat.values[i]
    }
    let ends = 0.5 * (clock.startShear + (try system.sumOfStressShares(plane)))
    return EnergyTransfer(work: clock.rate * timeStep * (sums[0] - ends), heat: sums[1])
  }
}
