import Checkpoints
import Configuration
import Dynamics
import Geometry
import Measurement
import MessagePassing
import Particles

/// The measurement of plasticity as `[flow.measure]` describes it.
extension PlasticMeasurement {
  private static let radiusKey = "flow.measure.radius"

  /// Begins to measure at a rate, or continues from a checkpoint. Collective.
  /// - Throws: an input failure if blocks or neighbourhoods do not fit the box.
  convenience init(
    _ configuration: FlowConfiguration, _ stage: FlowStage, discarded: Int, _ equations: EquationsOfMotion,
    _ system: ParticleSystem, resuming saved: Checkpoint?
  ) throws {
    let settings = configuration.flow.measure
    let rows = stage.rows - discarded
    func count(_ time: Double) -> Int { max(1, min(rows, Int((time / settings.every).rounded()))) }
    let longest = count(
      settings.differenceTime ?? max(0.1 * Double(rows) * settings.every, settings.fitWindow?.upperBound ?? 0))
    try self.init(
      Settings(
        lag: Int((settings.lag / settings.every).rounded()), longest: longest,
        correlation: count(settings.correlationTime), threshold: settings.threshold, radius: settings.radius,
        radiusKey: Self.radiusKey, generator: equations.shear.generator(dimension: system.dimension)),
      PlasticMeasurement.grids(configuration, system.cell), system, resuming: saved)
  }

  /// Returns the grids of blocks that fit the box.
  private static func grids(_ configuration: FlowConfiguration, _ cell: Cell) throws -> BlockGrids {
    let settings = configuration.flow.measure
    return try BlockGrids(
      of: cell, block: settings.block, smallBlock: settings.smallBlock, in: "flow.measure", configuration.places)
  }

  /// Verifies that blocks and neighbourhoods fit the box at any strain. Collective.
  static func check(
    _ configuration: FlowConfiguration, _ positions: Snapshot, _ cell: Cell, _ equations: EquationsOfMotion, ranks: Int,
    over communicator: Communicator
  ) throws {
    _ = try grids(configuration, cell)
    let tilted = positions.mostTilted(by: equations.shear.generator(dimension: positions.dimension))
    try configuration.places.namingPlace(of: radiusKey) {
      try StrainWindow.check(
        tilted, radius: configuration.flow.measure.radius, key: radiusKey, ranks: ranks, over: communicator)
    }
  }

  /// Measures a row of a flow. Collective.
  /// - Returns: the number of particles that were active in the last lag; nil before the first lag is over.
  func measure(_ record: FlowRecord, _ integrator: any TimeIntegrator) throws -> Int? {
    try measure(
      Row(strain: record.strain, stress: record.stress, flips: integrator.loading.flips), integrator.system,
      velocities: integrator.velocities, mass: integrator.equations.inertia)
  }
}
