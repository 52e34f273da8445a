import Checkpoints
import MessagePassing
import Particles

/// The flow of a glass at one shear rate after another, with a row of measurements at equal intervals of time
/// (Puosi, Olivier and Martens, Sec. 3).
public struct ShearFlow {
  /// Names in checkpoints.
  private enum Key {
    static let progress = "flow"
  }

  /// A stage of the flow.
  public struct Stage: Sendable, Equatable {
    public var rate: Double
    /// Time between two rows.
    public var interval: Double
    /// Number of rows after the first.
    public var rows: Int

    public init(rate: Double, interval: Double, rows: Int) {
      self.rate = rate
      self.interval = interval
      self.rows = rows
    }
  }

  private struct FlowProgress: Codable {
    var stage = 0
    var row = 0
    var hasBegun = false
    /// Kinetic and potential energy at the beginning of the stage.
    var startEnergy = 0.0
    var startStrain = 0.0
  }

  public let stages: [Stage]
  public let integrator: any TimeIntegrator
  public let equations: EquationsOfMotion

  public init(_ stages: [Stage], _ integrator: any TimeIntegrator, _ equations: EquationsOfMotion) {
    self.stages = stages
    self.integrator = integrator
    self.equations = equations
  }

  /// Runs all stages. Collective.
  /// - Throws: a failure of kind `physics` if a velocity or a force is not a number.
  public func run(
    _ observer: any FlowObserver, safePoint: SafePoint = .none, resuming saved: Checkpoint? = nil
  ) throws {
    var progress = try saved?.value(FlowProgress.self, of: Key.progress) ?? FlowProgress()
    let safePoint = safePoint.within {
      try $0.put(progress, as: Key.progress)
      try integrator.save(to: $0)
    }
    while progress.stage < stages.count {
      let stage = stages[progress.stage]
      Heartbeat.enter(phase: "flow at rate \(stage.rate)")
      if !progress.hasBegun {
        try integrator.begin(rate: stage.rate)
        progress.startStrain = integrator.system.strain
        progress.row = 0
        let record = try record(of: progress, since: nil)
        progress.startEnergy = record.energy
        progress.hasBegun = true
        try observer.measured(record, of: integrator)
      }
      while progress.row < stage.rows {
        try integrator.advance(to: Double(progress.row + 1) * stage.interval, safePoint: safePoint)
        progress.row += 1
        try observer.measured(try record(of: progress, since: progress.startEnergy), of: integrator)
        try safePoint.reached()
      }
      progress.stage += 1
      progress.hasBegun = false
    }
    try safePoint.end()
  }

  private func record(of progress: FlowProgress, since startEnergy: Double?) throws -> FlowRecord {
    let system = integrator.system
    let totals = try system.totals()
    let kinetic = try KineticStress(integrator.velocities, mass: equations.mass, in: system)
    let transfer = try integrator.transfer()
    let record = FlowRecord(
      stage: progress.stage, row: progress.row, rate: stages[progress.stage].rate, time: integrator.time,
      strain: system.strain - progress.startStrain, stress: totals.stress, kinetic: kinetic.stress,
      energy: totals.energy + kinetic.energy, kineticEnergy: kinetic.energy, work: transfer.work, heat: transfer.heat,
      change: startEnergy.map { totals.energy + kinetic.energy - $0 } ?? 0)
    guard record.energy.isFinite else {
      throw Failure.everywhere(
        .physics,
        "the energy is not a number at strain \(record.strain) of rate \(record.rate); "
          + "the time step may be too large for the collisions at this temperature")
    }
    return record
  }
}
