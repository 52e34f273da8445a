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
/// A step begins with new neighbour lists. What follows depends on positions, velocities and accelerations alone, and
/// a step that is given up leaves no trace.
public final class ImplicitIntegrator: TimeIntegrator {
  /// Names in checkpoints.
  private enum Key {
    static let clock = "flow/clock"
    static let velocities = "flow/velocities"
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
    var time = 0.0
    var control: StepControl
    var counts = ImplicitCounts()
    var transfer = EnergyTransfer(work: 0, heat: 0)
    /// Rates of the exchange of energy at the present time.
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
  /// Accelerations at the present time; not used in overdamped motion.
  private let accelerations: ParticleField
  private let method: ImplicitStep
  /// Largest stiffness of a bond at the beginning, in ε/λ².
  private let stiffness: Double
  private var clock: Clock

  /// Time since the flow began at the present rate.
  public var time: Double { clock.time }
  /// Step that is tried next.
  public var nextTimeStep: Double { clock.control.timeStep }
  public var counts: ImplicitCounts { clock.counts }

  /// Returns the exchange of energy since the flow began at this rate. Collective.
  public func transfer() throws -> EnergyTransfer { clock.transfer }

  /// Starts from rest. Collective.
  /// - Parameter loading: simple shear in the plane of the equations.
  public convenience init(
    _ system: ParticleSystem, _ equations: EquationsOfMotion, loading: Loading,
    limits: Limits, preconditioner: PreconditionerKind = .multigrid
  ) throws {
    try self.init(
      system, equations, loading, limits, preconditioner,
      velocities: system.makeField(width: system.dimension),
      accelerations: system.makeField(width: system.dimension), clock: Clock(control: StepControl(timeStep: 0)))
  }

  /// Resumes from a checkpoint, for a system that was resumed from it. Collective.
  public convenience init(
    _ system: ParticleSystem, _ equations: EquationsOfMotion, limits: Limits,
    preconditioner: PreconditionerKind = .multigrid, resuming checkpoint: Checkpoint
  ) throws {
    try self.init(
      system, equations,
      Loading(equations.shear, of: system, resuming: checkpoint), limits, preconditioner,
      velocities: try system.makeField(resuming: checkpoint, as: Key.velocities),
      accelerations: try system.makeField(resuming: checkpoint, as: Key.accelerations),
      clock: try checkpoint.value(Clock.self, of: Key.clock))
  }

  private init(
    _ system: ParticleSystem, _ equations: EquationsOfMotion, _ loading: Loading,
    _ limits: Limits,
    _ preconditioner: PreconditionerKind, velocities: ParticleField, accelerations: ParticleField, clock: Clock
  ) throws {
    self.system = system
    self.equations = equations
    self.loading = loading
    self.limits = limits
    self.velocities = velocities
    self.accelerations = accelerations
    try system.withoutCounting { try system.evaluate(.forcesEnergyAndStress) }
    stiffness = try clock.stiffness ?? system.bondStatistics().largestStiffness
    self.clock = clock
    self.clock.stiffness = stiffness
    let stage = try StageEquation(system, equations, preconditioner, stiffness: stiffness)
    stage.firstCorrection = clock.firstCorrection
    method = ImplicitStep(
      system, loading, equations, limits, stage, velocities: velocities, accelerations: accelerations)
  }

  /// Saves everything on which the motion depends besides the particles. Collective.
  public func save(to checkpoint: Checkpoint) throws {
    try checkpoint.put(clock, as: Key.clock)
    try loading.save(to: checkpoint)
    try system.save(velocities, to: checkpoint, as: Key.velocities)
    try system.save(accelerations, to: checkpoint, as: Key.accelerations)
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
    clock.time = 0
    clock.transfer = EnergyTransfer(work: 0, heat: 0)
    try setInitialMotion()
    clock.rates = try method.stage.exchange(of: velocities, scale: 1, rate: rate)
    clock.control = StepControl(timeStep: timeStep ?? shortTime)
  }

  /// Computes the accelerations from the forces; in overdamped motion on a substrate, the velocities. Overdamped motion
  /// with drag between pairs begins at rest.
  private func setInitialMotion() throws {
    let d = system.dimension
    let (v, a, f) = (velocities.values, accelerations.values, system.forces)
    if equations.isOverdamped {
      guard equations.friction == .substrate else { return velocities.fill(with: 0) }
      velocities.copy(f)
      return velocities.scale(by: 1 / (equations.mass * equations.damping))
    }
    if let drag = method.stage.drag {
      try drag.update()
      try drag.multiply(velocities, into: accelerations)
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
    while clock.time < time {
      try safePoint.reached(isStep: true)
      try step(to: time)
    }
  }

  /// Follows the motion until no force component exceeds `force`, nor a component of the drag ζmv, or up to `time`. At
  /// rate 0 this is the way of a glass to rest at fixed strain. Collective.
  /// - Returns: whether the system is at rest.
  public func relax(to force: Double, before time: Double = .infinity, safePoint: SafePoint = .none) throws -> Bool {
    while clock.time < time {
      if try isAtRest(force) { return true }
      try safePoint.reached(isStep: true)
      try step(to: time)
    }
    return try isAtRest(force)
  }

  /// Returns whether no force component exceeds `force`, nor a component of the drag ζmv. Collective.
  public func isAtRest(_ force: Double) throws -> Bool {
    let d = system.dimension
    guard try system.largestComponent(system.forces, width: d) <= force else { return false }
    return try equations.mass * equations.damping * system.largestComponent(velocities.values, width: d) <= force
  }

  /// Makes one step that is accepted, and ends at `time` at the latest. Collective.
  @discardableResult public func step(to time: Double) throws -> Step {
    try system.rebuild()
    let start = RestorePoint(system, loading)
    let rest = time - clock.time
    while true {
      var timeStep = clock.control.timeStep
      timeStep = min(timeStep, clock.rate == 0 ? Self.longestTime * shortTime : limits.strain / abs(clock.rate))
      // Two steps of equal length rather than a long one and a remainder.
      let isLast = timeStep >= rest
      if isLast { timeStep = rest } else if timeStep > 0.5 * rest { timeStep = 0.5 * rest }
      let end = isLast ? time : clock.time + timeStep
      let result = try method.attempt(
        timeStep, rate: clock.rate, to: clock.startStrain + clock.rate * end, rates: clock.rates)
      note(result)
      if result.outcome == .solved, result.error <= limits.tolerance {
        method.finish(timeStep)
        clock.time = end
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
    clock.transfer.work += result.transfer.work
    clock.transfer.heat += result.transfer.heat
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
