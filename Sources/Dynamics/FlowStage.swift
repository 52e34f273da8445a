import Checkpoints
import MessagePassing
import Particles

/// The flow of a glass at one shear rate, with a row of measurements at equal intervals of time (Puosi, Olivier and
/// Martens, Sec. 3); at rate 0, a melt that is kept or cooled.
public struct FlowStage {
  /// Names in checkpoints.
  private enum Key {
    static let progress = "flow/stage"
  }

  public let rate: Double
  public let temperature: TemperatureRamp
  /// Time between two rows.
  public let interval: Double
  /// Number of rows after the first.
  public let rows: Int

  private struct StageProgress: Codable {
    var row = 0
    /// Kinetic and potential energy at the beginning.
    var startEnergy: Double
    var startStrain: Double
  }

  public init(rate: Double, temperature: TemperatureRamp, interval: Double, rows: Int) {
    self.rate = rate
    self.temperature = temperature
    self.interval = interval
    self.rows = rows
  }

  /// Follows the flow to its last row. Collective.
  /// - Parameters:
  ///   - safePoint: where the flow can be suspended; whoever made the integrator saves it.
  ///   - saved: a checkpoint made there, from which system and integrator were resumed; nil for a fresh start.
  /// - Throws: a failure of kind `physics` if the energy is not a number.
  public func run(
    _ integrator: any TimeIntegrator, _ observer: any FlowObserver, safePoint: SafePoint = .none,
    resuming saved: Checkpoint? = nil
  ) throws {
    let system = integrator.system
    Heartbeat.enter(phase: rate == 0 ? "melt" : "flow at rate \(rate)")
    var progress: StageProgress
    if let saved {
      progress = try saved.value(StageProgress.self, of: Key.progress)
    } else {
      try integrator.begin(rate: rate, temperature: temperature)
      progress = StageProgress(startEnergy: 0, startStrain: system.strain)
      var first = try record(of: integrator, progress)
      progress.startEnergy = first.energy
      first.change = 0
      try observer.measured(first, of: integrator)
    }
    let safePoint = safePoint.within { try $0.put(progress, as: Key.progress) }
    while progress.row < rows {
      try sayingWhen(integrator) {
        try integrator.advance(to: Double(progress.row + 1) * interval, safePoint: safePoint)
      }
      progress.row += 1
      try observer.measured(try record(of: integrator, progress), of: integrator)
      try safePoint.reached()
    }
  }

  /// Does work whose failures of kind `physics` get the time in front.
  private func sayingWhen(_ integrator: any TimeIntegrator, _ work: () throws -> Void) throws {
    do { try work() } catch let failure as Failure where failure.kind == .physics {
      throw failure.prefixed(by: "at time \(integrator.time.shown) of the flow at rate \(rate.shown)")
    }
  }

  private func record(of integrator: any TimeIntegrator, _ progress: StageProgress) throws -> FlowRecord {
    let system = integrator.system
    let totals = try system.totals()
    let kinetic = try KineticStress(integrator.velocities, mass: integrator.equations.inertia, in: system)
    let transfer = try integrator.transfer()
    let record = FlowRecord(
      row: progress.row, rate: rate, time: integrator.time, strain: system.strain - progress.startStrain,
      stress: totals.stress, kinetic: kinetic.stress, energy: totals.energy + kinetic.energy,
      kineticEnergy: kinetic.energy, work: transfer.work, heat: transfer.heat,
      change: totals.energy + kinetic.energy - progress.startEnergy)
    guard record.energy.isFinite else {
      throw Failure.everywhere(
        .physics,
        "at time \(record.time) and strain \(record.strain) of rate \(rate), the energy is not a number: "
          + "the time step is too large for the collisions at this temperature and rate")
    }
    return record
  }
}
