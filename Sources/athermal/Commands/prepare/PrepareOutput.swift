import Checkpoints
import Configuration
import MessagePassing
import Particles
import Preparation
import Storage

/// Output of a preparation: a row of prepare.h5 and a line of log.jsonl per measurement, and a file per state.
final class PrepareOutput {
  /// Name in checkpoints, on all replicas.
  private static let key = "prepare.h5"

  private let folder: RunFolder
  private let configuration: PrepareConfiguration
  private let communicator: Communicator
  private let replica: Int
  private let table: TableFile
  private let progress: Progress

  /// Starts the files, or restores them to their content at a checkpoint. Collective over the ranks of a replica.
  init(
    _ folder: RunFolder, _ configuration: PrepareConfiguration, replica: Int, resuming checkpoint: Checkpoint?,
    over communicator: Communicator
  ) throws {
    self.folder = folder
    self.configuration = configuration
    self.communicator = communicator
    self.replica = replica
    progress = Progress(isShown: replica == 0 && communicator.isRoot)
    let suffix = configuration.prepare.replicas > 1 ? "-r\(replica)" : ""
    let path = folder.file("prepare\(suffix).h5")
    // Only the first replica writes the log.
    if replica == 0 { try folder.resumeLog(checkpoint, over: communicator) }
    if let checkpoint {
      table = try TableFile(path: path, resuming: checkpoint, as: Self.key, rowsPerFlush: 50)
      return
    }
    table = try TableFile(
      path: path, provenance: Build.provenance(config: configuration.resolved),
      rowsPerFlush: 50, over: communicator)
    try table.create(Series.schema)
  }

  /// Saves the output. Collective over the ranks of a replica.
  func save(to checkpoint: Checkpoint) throws {
    try table.save(to: checkpoint, as: Self.key)
    if replica == 0 { try folder.saveLog(to: checkpoint) }
  }

  func write(_ sample: Equilibration.Sample, turn: Int) throws {
    try table.append(Series(turn: turn, sample: sample), to: Series.schema)
    let settings = configuration.prepare
    let whole = sample.phase == .run ? settings.sweeps : sample.phase == .burnIn ? settings.burnIn : nil
    progress.show(
      "T \(sample.temperature)  \(sample.phase.rawValue), sweep \(sample.sweep)\(whole.map { "/\($0)" } ?? "")  "
        + "energy \(sample.energyPerParticle)  self-overlap \(sample.selfOverlap)", fraction: 0)
  }

  /// Returns the file name of a state, as state-T0.4.h5, with the turn if a temperature occurs twice, and the
  /// replica if there are several.
  func stateName(_ temperature: Double, turn: Int) -> String {
    let settings = configuration.prepare
    let isUnique = settings.temperatures.count { $0 == temperature } == 1
    return "state-T\(temperature)" + (isUnique ? "" : "-\(turn)") + (settings.replicas > 1 ? "-r\(replica)" : "")
      + ".h5"
  }

  /// Writes a configuration with the record of its preparation. Collective.
  func save(_ snapshot: Snapshot, _ state: PreparedState, as name: String) throws {
    let text = String(decoding: try RunFolder.encoder(pretty: true).encode(state), as: UTF8.self)
    try StateFile.write(
      snapshot, to: folder.file(name),
      provenance: Build.provenance(config: configuration.resolved, notes: ["preparation": text]),
      observables: [
        Observable("parent_temperature", state.temperature), Observable("sweeps", Double(state.sweeps)),
        Observable("equilibrated", state.equilibrated ? 1 : 0),
        Observable("relaxation_time", state.relaxationTime),
      ], over: communicator)
    if replica == 0 { try folder.log(state, over: communicator) }
  }

  func finish() throws { try table.close() }

  /// One measurement at the turn-th of the temperatures.
  struct Series {
    var turn: Int
    var sample: Equilibration.Sample

    /// Columns of `/series` in prepare.h5.
    static let schema = Schema<Series>.table(
      "series", dimension: 3,
      [
        .whole("state", "which of the temperatures, from 0", in: .file) { $0.turn },
        .whole("phase", "0 burn-in, 1 measured run, 2 cold start", in: .file) {
          [.burnIn: 0, .run: 1, .cold: 2][$0.sample.phase]!
        },
        .real("temperature", unit: "ε/k_B", "of the thermostat", in: .file) { $0.sample.temperature },
        .whole("sweep", "of the phase", in: .file) { $0.sample.sweep },
        .real("energy_per_particle", unit: "ε", "potential energy per particle", in: .file) {
          $0.sample.energyPerParticle
        },
        .real("self_overlap", "share of particles near where they were at the origin", in: .file) {
          $0.sample.selfOverlap
        },
        .real("squared_displacement", unit: "λ²", "mean over the particles, since the origin", in: .file) {
          $0.sample.squaredDisplacement
        },
        .real("size_structure_factor", "at the longest waves; about 1 in a mixture", in: .file) { $0.sample.demixing },
      ])
  }
}
