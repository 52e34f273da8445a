import Checkpoints
import Configuration
import Dynamics
import Measurement
import MessagePassing
import Particles
import Storage

/// Output of one replica of a flow: rows of flow.h5 and lines of log.jsonl, and the means of each rate.
final class FlowOutput: FlowObserver {
  /// Names in checkpoints.
  private enum Key {
    static let state = "output"
    static let table = "flow.h5"
    static let trajectory = "trajectory.h5"
  }

  private struct State: Codable {
    /// Number of the rate; nil in the melt.
    var rate: Int?
    /// Whether the rows that are discarded are over.
    var isMeasuring = false
    var statistics: [FlowStatistics]
    /// Number of the rows of all rates before the present one.
    var rows = 0
  }

  private let folder: RunFolder
  private let configuration: FlowConfiguration
  private let plan: FlowPlan
  private let replica: Int
  private let table: TableFile
  private let trajectory: TrajectoryWriter?
  private let schemas: [Schema<FlowRow>]
  private let progress: Progress
  private let equations: EquationsOfMotion
  private var state: State
  /// Measurement of the present rate, from its first measured row on.
  private var plastic: PlasticMeasurement?
  /// Local yield stresses at the present rate, from its first measured row on; nil if they are not asked for.
  private var yield: LocalYield?

  /// Starts the files, or restores them to their content at a checkpoint. Collective over the ranks of a replica.
  init(
    _ folder: RunFolder, _ configuration: FlowConfiguration, _ plan: FlowPlan, _ system: ParticleSystem, replica: Int,
    resuming checkpoint: Checkpoint?
  ) throws {
    self.folder = folder
    self.configuration = configuration
    self.plan = plan
    self.replica = replica
    let communicator = system.communicator
    equations = try Model.equations(configuration, dimension: system.dimension)
    progress = Progress(isShown: replica == 0 && communicator.isRoot)
    schemas = plan.shear.indices.map { FlowRow.schema(rate: $0, dimension: system.dimension) }
    let paths = [Key.table, Key.trajectory].map { folder.file(Self.file($0, replica, of: configuration)) }
    // Only the first replica writes the log.
    if replica == 0 { try folder.resumeLog(checkpoint, over: communicator) }
    if let checkpoint {
      table = try TableFile(path: paths[0], resuming: checkpoint, as: Key.table, rowsPerFlush: 100)
      trajectory =
        try checkpoint.holds(Key.trajectory)
        ? TrajectoryWriter(path: paths[1], resuming: checkpoint, as: Key.trajectory) : nil
      state = try checkpoint.value(State.self, of: Key.state)
      if state.isMeasuring, let rate = state.rate {
        try beginMeasuring(rate, system, resuming: checkpoint)
      }
      return
    }
    let provenance = Build.provenance(config: configuration.resolved)
    table = try TableFile(path: paths[0], provenance: provenance, rowsPerFlush: 100, over: communicator)
    trajectory =
      configuration.output.trajectory
      ? try TrajectoryWriter(
        path: paths[1], particles: system.snapshot(), provenance: provenance, over: communicator) : nil
    state = State(statistics: zip(plan.shear, plan.discarded).map { FlowStatistics($0, discarded: $1) })
    for schema in schemas { try table.create(schema) }
  }

  /// Returns the name of a file of a replica: that of the only one, or with its number.
  static func file(_ name: String, _ replica: Int, of configuration: FlowConfiguration) -> String {
    configuration.flow.replicas > 1 ? name.replacing(".h5", with: "-r\(replica).h5") : name
  }

  /// Saves the output. Collective over the ranks of a replica.
  func save(_ system: ParticleSystem, to checkpoint: Checkpoint) throws {
    try checkpoint.put(state, as: Key.state)
    try table.save(to: checkpoint, as: Key.table)
    try trajectory?.save(to: checkpoint, as: Key.trajectory)
    try plastic?.save(system, to: checkpoint)
    try yield?.save(to: checkpoint)
    if replica == 0 { try folder.saveLog(to: checkpoint) }
  }

  /// Begins the measurements at a rate, or continues them from a checkpoint. Collective.
  private func beginMeasuring(_ rate: Int, _ system: ParticleSystem, resuming checkpoint: Checkpoint?) throws {
    let (stage, discarded) = (plan.shear[rate], plan.discarded[rate])
    plastic = try PlasticMeasurement(
      configuration, stage, discarded: discarded, equations, system, resuming: checkpoint)
    guard configuration.flow.measure.yieldSnapshots > 0 else { return }
    yield = try LocalYield(
      configuration, stage, from: discarded, generator: equations.shear.generator(dimension: system.dimension), system,
      resuming: checkpoint)
  }

  /// Begins the flow at the rate of a number.
  func begin(rate: Int) { state.rate = rate }

  /// Writes what was measured at the present rate. Collective.
  func end(_ system: ParticleSystem) throws {
    guard let rate = state.rate else { return }
    state.rows += plan.shear[rate].rows + 1
    state.isMeasuring = false
    guard let plastic else { return }
    let results = try plastic.results(
      every: configuration.flow.measure.every, rate: plan.shear[rate].rate,
      fitWindow: configuration.flow.measure.fitWindow)
    for schema in PlasticResults.schemas(rate: rate) { try table.write(results, of: schema) }
    let small = results.smallBlocks.reduce(1, *)
    state.statistics[rate].finish(
      results, smallBlockVolume: system.cell.volume / Double(small), dimension: system.dimension)
    self.plastic = nil
    guard let yield else { return }
    let yields = try yield.results(over: system.communicator)
    try table.write(yields, of: LocalYieldResults.schema(rate: rate))
    state.statistics[rate].finish(yields)
    self.yield = nil
  }

  func finish() throws {
    try table.close()
    try trajectory?.close()
  }

  func points() -> [FlowPoint] { zip(state.statistics, plan.shear).map { $0.point(rate: $1.rate) } }

  // MARK: FlowObserver

  func measured(_ record: FlowRecord, of integrator: any TimeIntegrator) throws {
    let system = integrator.system
    guard let rate = state.rate else {
      return progress.show(
        "melt  time \(record.time.shown)  temperature \(temperature(record, system).shown)", fraction: 0)
    }
    if record.row == plan.discarded[rate] {
      state.isMeasuring = true
      try beginMeasuring(rate, system, resuming: nil)
    }
    let active = try plastic?.measure(record, integrator)
    let row = FlowRow(record: record, particles: system.totalCount, active: active.map(Double.init) ?? .nan)
    try table.append(row, to: schemas[rate])
    state.statistics[rate].add(row, plane: equations.plane, degrees: system.dimension * system.totalCount)
    if replica == 0 { try folder.log(schemas[rate].line(row), over: system.communicator) }
    if let outcome = try yield?.measure(row: record.row, system), replica == 0 {
      try folder.log(outcome, over: system.communicator)
    }
    if record.row % configuration.output.every == 0 { try writeFrame(record, integrator) }
    let stress = record.stress[equations.plane.flow, equations.plane.gradient]
    progress.show(
      "rate \(record.rate)  strain \(record.strain.shown)  stress \(stress.shown)",
      fraction: fraction(rate, record.row))
  }

  private func writeFrame(_ record: FlowRecord, _ integrator: any TimeIntegrator) throws {
    guard let trajectory else { return }
    let system = integrator.system
    let (n, d) = (system.ownedCount, system.dimension)
    let d2min = plastic?.d2min ?? []
    let columns = configuration.output.fields.map { name in
      switch name {
      case "d2min": ParticleColumn("d2min", d2min.isEmpty ? [Double](repeating: .nan, count: n) : d2min)
      case "velocity": ParticleColumn("velocity", (0..<(n * d)).map { integrator.velocities.values[$0] }, width: d)
      case "energy": system.energyColumn()
      case "force": system.forceColumn()
      case "stress": system.stressColumn()
      default: preconditionFailure("the config allows no field \(name)")
      }
    }
    try trajectory.append(step: state.rows + record.row, snapshot: system.snapshot(), fields: columns)
  }

  private func temperature(_ record: FlowRecord, _ system: ParticleSystem) -> Double {
    2 * record.kineticEnergy / Double(system.dimension * system.totalCount)
  }

  /// Returns the share of the rows of all rates that are done.
  private func fraction(_ rate: Int, _ row: Int) -> Double {
    let rows = plan.shear.map { Double($0.rows) }
    return (rows[..<rate].reduce(0, +) + Double(row)) / rows.reduce(0, +)
  }
}
