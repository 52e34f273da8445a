import Checkpoints
import Geometry
import MessagePassing
import Particles

/// The velocity Verlet method for flows with inertia: the symmetric product of half a kick by the forces, half a shear
/// of the box, half a drift, the exact drag over a whole step, and the same backwards. Its error is of second order.
///
/// Two half kicks by the same forces are done as one, unless velocities of the present time are needed between them.
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
    /// Strain of the system when the flow began at this rate.
    var startStrain = 0.0
    /// Number of steps at this rate.
    var step = 0
    /// Number of steps of all rates, by which the noise is drawn.
    var totalSteps = 0
    /// Whether the velocities are those of the time of the positions, not half a kick behind.
    var isSynchronised = true
    /// Σ over the particles of their shares of V σ_flow,gradient at the beginning.
    var startShear = 0.0
  }

  public let system: ParticleSystem
  public let loading: Loading
  public private(set) var equations: EquationsOfMotion
  public let timeStep: Double
  public let velocities: ParticleField
  /// Sum over the steps of each particle's share of V σ_flow,gradient.
  private let shear: ParticleField
  /// Sum over the steps of v² before the drag.
  private let heat: ParticleField
  private var clock = Clock()

  public var time: Double { Double(clock.step) * timeStep }
  private var plane: (Int, Int) { equations.plane }

  /// Starts from rest. Collective.
  /// - Parameter loading: simple shear in the plane of the equations.
  public init(
    _ system: ParticleSystem, _ equations: EquationsOfMotion, loading: Loading, timeStep: Double
  ) throws {
    self.system = system
    self.equations = equations
    self.loading = loading
    self.timeStep = timeStep
    velocities = system.makeField(width: system.dimension)
    shear = system.makeField(width: 1)
    heat = system.makeField(width: 1)
    try system.evaluate(.forcesEnergyAndStress)
  }

  /// Resumes from a checkpoint, for a system that was resumed from it. Collective.
  public init(
    _ system: ParticleSystem, _ equations: EquationsOfMotion, loading: Loading, timeStep: Double,
    resuming checkpoint: Checkpoint
  ) throws {
    self.system = system
    self.equations = equations
    self.loading = loading
    self.timeStep = timeStep
    velocities = try system.makeField(resuming: checkpoint, as: Key.velocities)
    shear = try system.makeField(resuming: checkpoint, as: Key.shear)
    heat = try system.makeField(resuming: checkpoint, as: Key.heat)
    clock = try checkpoint.value(Clock.self, of: Key.clock)
    try system.withoutCounting { try system.evaluate(.forcesEnergyAndStress) }
  }

  public func save(to checkpoint: Checkpoint) throws {
    try checkpoint.put(clock, as: Key.clock)
    try system.save(velocities, to: checkpoint, as: Key.velocities)
    try system.save(shear, to: checkpoint, as: Key.shear)
    try system.save(heat, to: checkpoint, as: Key.heat)
  }

  public func begin(rate: Double) throws {
    clock.rate = rate
    clock.startStrain = system.strain
    clock.step = 0
    shear.fill(with: 0)
    heat.fill(with: 0)
    addPresentShear()
    clock.startShear = try presentShear()
  }

  public func advance(to time: Double, safePoint: SafePoint = .none) throws {
    let last = Int((time / timeStep).rounded())
    while clock.step < last {
      try safePoint.reached(isStep: true)
      let travel = move()
      clock.step += 1
      clock.totalSteps += 1
      try loading.follow(system, to: clock.startStrain + clock.rate * Double(clock.step) * timeStep)
      if clock.step < last {
        try system.evaluate(.forcesAddingShear(shear, plane: plane), travel: travel)
      } else {
        try system.evaluate(.forcesEnergyAndStress, travel: travel)
        addPresentShear()
      }
      clock.isSynchronised = false
    }
    synchronise()
  }

  /// Gives the velocities the half kick that they lack.
  private func synchronise() {
    guard !clock.isSynchronised else { return }
    velocities.add(timeStep / (2 * equations.mass), system.forces)
    clock.isSynchronised = true
  }

  /// Does all of a step but the forces at its end.
  /// - Returns: the longest way of a particle of this rank against the shear.
  private func move() -> Double {
    let kick = (clock.isSynchronised ? 0.5 : 1) * timeStep / equations.mass
    let step = SubstrateStep(
      kick: kick, timeStep: timeStep, decay: equations.damping == 0 ? 1 : exponential(-equations.damping * timeStep),
      shear: clock.rate * timeStep, equations: equations)
    return step.move(system, velocities, heat: heat, shear: shear)
  }

  // MARK: Energy

  public func transfer() throws -> EnergyTransfer {
    let sums = try system.sums(2) { i, out in
      out[0] = self.shear.values[i]
      out[1] = self.heat.values[i]
    }
    // The trapezoidal rule: the shares of all steps, but only half of the first and of the last one.
    let work = clock.rate * timeStep * (sums[0] - 0.5 * (clock.startShear + (try presentShear())))
    let decay = exponential(-equations.damping * timeStep)
    return EnergyTransfer(
      work: work, heat: 0.5 * equations.mass * (1 - decay * decay) * sums[1])
  }

  private func presentShear() throws -> Double {
    let (flow, gradient) = plane
    return try system.sums(1) { i, out in out[0] = self.system.stressShare(of: i, flow, gradient) }[0]
  }

  private func addPresentShear() {
    let (flow, gradient) = plane
    for i in 0..<system.ownedCount { shear.values[i] += system.stressShare(of: i, flow, gradient) }
  }
}
