import Checkpoints
import Configuration
import Dynamics
import MessagePassing
import Particles
import Storage

/// Output of one replica of a flow: rows of flow.h5 and lines of log.jsonl, and the means of each rate.
final class FlowOutput: FlowObserver {
  /// Names in checkpoints.
  private enum Key {
    static let state = "output"
    static let table = "flow.h5"
  }

  private struct State: Codable {
    /// Number of the rate; nil in the melt.
    var rate: Int?
    var statistics: [FlowStatistics]
  }

  private let folder: RunFolder
  private let configuration: FlowConfiguration
  private let plan: FlowPlan
  private let replica: Int
  private let table: TableFile
  private let schemas: [Schema<FlowRow>]
  private let progress: Progress
  private let plane: (flow: Int, gradient: Int)
  private var state: State

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
    plane = try Model.equations(configuration, dimension: system.dimension).plane
    progress = Progress(isShown: replica == 0 && communicator.isRoot)
    schemas = plan.shear.indices.map { FlowRow.schema(rate: $0, dimension: system.dimension) }
    let path = folder.file(Self.file(replica, of: configuration))
    // Only the first replica writes the log.
    if replica == 0 { try folder.resumeLog(checkpoint, over: communicator) }
    if let checkpoint {
      table = try TableFile(path: path, resuming: checkpoint, as: Key.table, rowsPerFlush: 100)
      state = try checkpoint.value(State.self, of: Key.state)
    } else {
      table = try TableFile(
        path: path, provenance: Build.provenance(config: configuration.resolved), rowsPerFlush: 100,
        over: communicator)
      state = State(statistics: zip(plan.shear, plan.discarded).map { FlowStatistics($0, discarded: $1) })
      for schema in schemas { try table.create(schema) }
    }
  }

  /// Returns the name of the file of a replica.
  static func file(_ replica: Int, of configuration: FlowConfiguration) -> String {
    configuration.flow.replicas > 1 ? "flow-r\(replica).h5" : "flow.h5"
  }

  /// Saves the output. Collective over the ranks of a replica.
  func save(_ system: ParticleSystem, to checkpoint: Checkpoint) throws {
    try checkpoint.put(state, as: Key.state)
    try table.save(to: checkpoint, as: Key.table)
    if replica == 0 { try folder.saveLog(to: checkpoint) }
  }

  /// Begins the flow at the rate of a number.
  func begin(rate: Int) { state.rate = rate }

  func finish() throws { try table.close() }

  func points() -> [FlowPoint] { zip(state.statistics, plan.shear).map { $0.point(rate: $1.rate) } }

  // MARK: FlowObserver

  func measured(_ record: FlowRecord, of integrator: any TimeIntegrator) throws {
    let system = integrator.system
    let row = FlowRow(record: record, particles: system.totalCount, active: .nan)
    guard let rate = state.rate else {
      return progress.show(
        "melt  time \(record.time.shown)  temperature \(temperature(record, system).shown)", fraction: 0)
    }
    try table.append(row, to: schemas[rate])
    state.statistics[rate].add(record, plane: plane, degrees: system.dimension * system.totalCount)
    if replica == 0 { try folder.log(schemas[rate].line(row), over: system.communicator) }
    progress.show(
      "rate \(record.rate)  strain \(record.strain.shown)  stress \(record.stress[plane.flow, plane.gradient].shown)",
      fraction: fraction(rate, record.row))
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
