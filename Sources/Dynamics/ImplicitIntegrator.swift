import Checkpoints
import Geometry
import MessagePassing
import Particles
import Statics

/// An integrator for slow flows, with steps as long as the motion is smooth: TR-BDF2 (``TrapezoidalBackward``),
/// L-stable and of second order, with stages that are solved by Newton's method (Docs/Design/012-implicit-steps.md).
///
/// The displacement error of a step, estimated by an embedded formula of third order and damped as the method damps
/// (Hosea and Shampine), is at most a tolerance for each particle. No particle moves further in an iteration than a
/// part of the spacing, H + K stays positive, and the strain of a step is bounded: so a step either follows the valley
/// in which the glass is, or it is shortened until it resolves how the glass leaves it.
///
/// A step begins with new neighbour lists. What follows depends on positions, velocities, accelerations and the errors
/// of the steps before, and a step that is given up leaves no trace in the particles. Steps need not end at the times
/// that are asked for: between the ends of a step, the particles are on a cubic (``StepPath``).
public final class ImplicitIntegrator: TimeIntegrator {
  /// Names in checkpoints.
  private enum Key {
    static let clock = "flow/clock"
    static let velocities = "flow/velocities"
    static let endVelocities = "flow/end-velocities"
    static let accelerations = "flow/accelerations"
  }

  /// Limits of a step.
  public struct Limits: Sendable, Equatable {
    /// Largest error of the displacement of a particle in a step, in units of length.
    public var tolerance: Double
    /// Largest strain of a step.
    public var strain = 1e-3
    /// Longest move of a particle in an iteration, in mean spacings.
    public var move = 0.1
    /// Accuracy of the stages, in units of the tolerance.
    public var stageAccuracy = 0.1

    public init(tolerance: Double) { self.tolerance = tolerance }
  }

  /// An accepted step.
  public struct Step: Sendable, Equatable {
    public let timeStep: Double
    /// Largest estimated error of the displacement of a particle, in units of length.
    public let error: Double
  }

  /// State of the method besides fields.
  private struct Clock: Codable {
    var rate = 0.0
    var startStrain = 0.0
    /// The present time, within the last step.
    var time = 0.0
    /// Time at the end of the last step, and its length.
    var end = 0.0
    var length = 0.0
    var control: StepControl
    var counts = ImplicitCounts()
    /// The exchange of energy up to the beginning and up to the end of the last step, and its rates there.
    var before = EnergyTransfer(work: 0, heat: 0)
    var after = EnergyTransfer(work: 0, heat: 0)
    var rates = EnergyTransfer(work: 0, heat: 0)
    /// Longest correction of the iterations that began the last stage, in units of length.
    var firstCorrection = 0.0
    /// Largest stiffness of a bond at the beginning, in ε/λ²; nil before it.
    var stiffness: Double?
  }

  public let system: ParticleSystem
  public let loading: Loading
  public let equations: EquationsOfMotion
  public let limits: Limits
  /// Peculiar velocities at the present time.
  public let velocities: ParticleField
  /// Velocities at the end of the last step.
  private let endVelocities: ParticleField
  /// Accelerations at the end of the last step; not used in overdamped motion.
  private let accelerations: ParticleField
  /// The way of the particles in the last step.
  private let path: StepPath
  private let method: ImplicitStep
  /// Largest stiffness of a bond at the beginning, in ε/λ².
  private let stiffness: Double
  private var clock: Clock

  /// Time since the flow began at the present rate.
  public var time: Double { clock.time }
  /// Time at the end of the last step.
  public var end: Double { clock.end }
  /// Step that is tried next.
  public var nextTimeStep: Double { clock.control.timeStep }
  public var counts: ImplicitCounts { clock.counts }

  /// Starts from the present positions. Collective.
  /// - Parameters:
  ///   - loading: simple shear in the plane of the equations.
  ///   - velocities: peculiar velocities at the beginning; nil for rest.
  public convenience init(
    _ system: ParticleSystem, _ equations: EquationsOfMotion, loading: Loading, limits: Limits,
    preconditioner: PreconditionerKind = .multigrid, velocities: ParticleField? = nil
  ) throws {
    func field() -> ParticleField { system.makeField(width: system.dimension) }
    try self.init(
      system, equations, loading, limits, preconditioner, velocities: velocities ?? field(), endVelocities: field(),
      accelerations: field(), path: StepPath(system, equations), clock: Clock(control: StepControl(timeStep: 0)))
  }

  /// Resumes from a checkpoint, for a system that was resumed from it. Collective.
  public convenience init(
    _ system: ParticleSystem, _ equations: EquationsOfMotion, limits: Limits,
    preconditioner: PreconditionerKind = .multigrid, resuming checkpoint: Checkpoint
  ) throws {
    func field(_ key: String) throws -> ParticleField { try system.makeField(resuming: checkpoint, as: key) }
    try self.init(
      system, equations, Loading(equations.shear, of: system, resuming: checkpoint), limits, preconditioner,
      velocities: field(Key.velocities), endVelocities: field(Key.endVelocities),
      accelerations: field(Key.accelerations), path: StepPath(system, equations, resuming: checkpoint),
      clock: checkpoint.value(Clock.self, of: Key.clock))
  }

  private init(
    _ system: ParticleSystem, _ equations: EquationsOfMotion, _ loading: Loading, _ limits: Limits,
    _ preconditioner: PreconditionerKind, velocities: ParticleField, endVelocities: ParticleField,
    accelerations: ParticleField, path: StepPath, clock: Clock
  ) throws {
    self.system = system
    self.equations = equations
    self.loading = loading
    self.limits = limits
    self.velocities = velocities
    self.endVelocities = endVelocities
    self.accelerations = accelerations
    self.path = path
    try system.withoutCounting { try system.evaluate(.forcesEnergyAndStress) }
    stiffness = try clock.stiffness ?? system.bondStatistics().largestStiffness
    self.clock = clock
    self.clock.stiffness = stiffness
    let stage = try StageEquation(system, equations, preconditioner, stiffness: stiffness)
    stage.firstCorrection = clock.firstCorrection
    method = ImplicitStep(
      system, loading, equations, limits, stage, velocities: endVelocities, accelerations: accelerations)
  }

  /// Saves everything on which the motion depends besides the particles. Collective.
  public func save(to checkpoint: Checkpoint) throws {
    try checkpoint.put(clock, as: Key.clock)
    try loading.save(to: checkpoint)
    try system.save(velocities, to: checkpoint, as: Key.velocities)
    try system.save(endVelocities, to: checkpoint, as: Key.endVelocities)
    try system.save(accelerations, to: checkpoint, as: Key.accelerations)
    try path.save(system, to: checkpoint)
  }

  // MARK: Motion

  public func begin(rate: Double, temperature: TemperatureRamp) throws {
    precondition(temperature.isCold, "implicit steps follow smooth motion, without noise")
    try begin(rate: rate)
  }

  /// Begins to flow at a rate: time, work and heat count from here. Collective.
  /// - Parameter timeStep: step that is tried first; nil for a fraction of the period, or of the decay, of the stiffest
  ///   motion.
  public func begin(rate: Double, timeStep: Double? = nil) throws {
    try system.evaluate(.forcesEnergyAndStress)
    clock.rate = rate
    clock.startStrain = system.strain
    (clock.time, clock.end, clock.length) = (0, 0, 0)
    endVelocities.copy(velocities.values)
    try setInitialMotion()
    velocities.copy(endVelocities.values)
    (clock.before, clock.after) = (EnergyTransfer(work: 0, heat: 0), EnergyTransfer(work: 0, heat: 0))
    clock.rates = try method.stage.exchange(of: endVelocities, scale: 1, rate: rate)
    clock.control = StepControl(timeStep: timeStep ?? shortTime)
  }

  /// Computes the accelerations from the forces; in overdamped motion on a substrate, the velocities. Overdamped motion
  /// with drag between pairs begins at rest.
  private func setInitialMotion() throws {
    let d = system.dimension
    let (v, a, f) = (endVelocities.values, accelerations.values, system.forces)
    if equations.isOverdamped {
      guard equations.friction == .substrate else { return endVelocities.fill(with: 0) }
      endVelocities.copy(f)
      return endVelocities.scale(by: 1 / (equations.mass * equations.damping))
    }
    if let drag = method.stage.drag {
      try drag.update()
      try drag.multiply(endVelocities, into: accelerations)
    } else {
      accelerations.copy(v)
    }
    let (flow, gradient) = equations.plane
    accelerations.combine(1 / equations.mass, f, -equations.damping, a)
    guard equations.isSllod else { return }
    for i in 0..<system.ownedCount { a[i * d + flow] -= clock.rate * v[i * d + gradient] }
  }

  /// Follows the motion up to `time`. Forces, energy and stress are then those of the present positions. Collective.
  /// - Parameter safePoint: where the motion can be suspended, between any two steps.
  public func advance(to time: Double, safePoint: SafePoint = .none) throws {
    while clock.end < time {
      try safePoint.reached(isStep: true)
      try step(to: .infinity)
    }
    guard time != clock.time else { return }
    try go(to: time)
    try system.evaluate(.forcesEnergyAndStress)
  }

  /// Takes the particles to another time of the last step. Collective.
  private func go(to time: Double) throws {
    guard time != clock.time else { return }
    let strain = clock.startStrain + clock.rate * time
    let fraction = fraction(at: time)
    precondition((-1e-9...1).contains(fraction), "a time of the last step")
    let shear = -clock.rate * (clock.end - time)
    try loading.advance(system, to: strain)
    path.move(
      system, from: self.fraction(at: clock.time), to: fraction, strain: shear, h: clock.length, end: endVelocities)
    path.velocities(
      system, at: fraction, strain: shear, h: clock.length, end: endVelocities, into: velocities)
    clock.time = time
  }

  /// Returns the part of the last step that is over at a time.
  private func fraction(at time: Double) -> Double {
    time == clock.end ? 1 : 1 - (clock.end - time) / clock.length
  }

  /// Returns the exchange of energy since the flow began at this rate: within a step, by the parabola through the
  /// energies at both ends, with the rate at the end.
  public func transfer() throws -> EnergyTransfer {
    let (s, h) = (fraction(at: clock.time), clock.length)
    func exchanged(_ part: KeyPath<EnergyTransfer, Double>) -> Double {
      let (before, after) = (clock.before[keyPath: part], clock.after[keyPath: part])
      return before + s * (2 - s) * (after - before) - h * s * (1 - s) * clock.rates[keyPath: part]
    }
    return EnergyTransfer(work: exchanged(\.work), heat: exchanged(\.heat))
  }

  /// Follows the motion until no force component exceeds `force`, nor a component of the drag ζmv, or up to `time`. At
  /// rate 0 this is the way of a glass to rest at fixed strain. Collective.
  /// - Returns: whether the system is at rest.
  public func relax(to force: Double, before time: Double = .infinity, safePoint: SafePoint = .none) throws -> Bool {
    while clock.end < time {
      if try isAtRest(force) { return true }
      try safePoint.reached(isStep: true)
      try step(to: time)
    }
    if time < clock.end { try advance(to: time) }
    return try isAtRest(force)
  }

  /// Returns whether no force component exceeds `force`, nor a component of the drag ζmv. Collective.
  public func isAtRest(_ force: Double) throws -> Bool {
    let d = system.dimension
    guard try system.largestComponent(system.forces, width: d) <= force else { return false }
    return try equations.mass * equations.damping * system.largestComponent(velocities.values, width: d) <= force
  }

  /// Makes one step that is accepted, from the end of the last one, and ends at `time` at the latest. Collective.
  @discardableResult public func step(to time: Double) throws -> Step {
    precondition(time > clock.end, "a step ends after the last one")
    try go(to: clock.end)
    try system.rebuild()
    let start = RestorePoint(system, loading)
    let rest = time - clock.end
    while true {
      var timeStep = clock.control.timeStep
      timeStep = min(timeStep, clock.rate == 0 ? Self.longestTime * shortTime : limits.strain / abs(clock.rate))
      // Two steps of equal length rather than a long one and a remainder.
      let isLast = timeStep >= rest
      if isLast { timeStep = rest } else if timeStep > 0.5 * rest { timeStep = 0.5 * rest }
      let end = isLast ? time : clock.end + timeStep
      let result = try method.attempt(
        timeStep, rate: clock.rate, to: clock.startStrain + clock.rate * end, rates: clock.rates)
      note(result)
      if result.outcome == .solved, result.error <= limits.tolerance {
        method.finish(timeStep, rate: clock.rate, path: path)
        velocities.copy(endVelocities.values)
        (clock.time, clock.end, clock.length) = (end, end, timeStep)
        clock.control.accept(error: result.error / limits.tolerance, of: timeStep)
        return Step(timeStep: timeStep, error: result.error)
      }
      if result.outcome == .solved {
        clock.control.reject(error: result.error / limits.tolerance, of: timeStep)
      } else {
        clock.control.fail(timeStep)
      }
      try start.restore(system, loading)
      try requireProgress(clock.control.timeStep)
    }
  }

  /// Counts a step that was tried, and the energy exchanged in it if it is accepted.
  private func note(_ result: ImplicitStep.Result) {
    let stage = method.stage
    clock.firstCorrection = stage.firstCorrection
    clock.counts.take(stage.takeCounts())
    guard result.outcome == .solved, result.error <= limits.tolerance else {
      clock.counts.reject(result.outcome)
      return
    }
    clock.counts.steps += 1
    clock.before = clock.after
    clock.after.work += result.transfer.work
    clock.after.heat += result.transfer.heat
    clock.rates = result.rates
  }

  /// A fraction of the period, or of the decay, of the stiffest motion.
  private var shortTime: Double {
    equations.isOverdamped
      ? equations.mass * equations.damping / stiffness : (equations.mass / stiffness).squareRoot()
  }

  /// Longest step, in units of ``shortTime``: longer ones would change nothing but the rounding.
  private static let longestTime = 1e9

  private func requireProgress(_ timeStep: Double) throws {
    guard timeStep > 1e-6 * shortTime else {
      throw Failure.everywhere(
        .notConverged,
        "at strain \(system.strain) no time step is short enough for a displacement error of "
          + "\(limits.tolerance.shown); raise the tolerance")
    }
  }
}
