import Checkpoints
import Configuration
import Foundation
import Geometry
import MessagePassing
import Particles
import QuasistaticShear
import Statics
import Storage

/// Output of a loading: a row of shear.h5 and a line of log.jsonl per step, events, plastic activity,
/// and frames of the trajectory.
final class ShearOutput: ShearObserver {
  /// Names in checkpoints.
  private enum Key {
    static let state = "output"
    static let table = "shear.h5"
    static let trajectory = "trajectory.h5"
  }

  private let folder: RunFolder
  private let configuration: ShearConfiguration
  private let communicator: Communicator
  private let table: TableFile
  private let trajectory: TrajectoryWriter?
  private let activity: PlasticActivity
  private let forecast: EventForecast?
  private let generator: Tensor
  private let curve: Schema<StepRecord>
  private let events: Schema<PlasticEvent>
  private let stepCount: Int
  private let progress: Progress
  private var state = State()
  /// Interval of strain in which an event is being located.
  private var interval: Double?
  /// Whether the last step has been reported.
  private var isOver: Bool { state.step == stepCount && state.lastResult != nil }

  /// State for checkpoints, in addition to files.
  private struct State: Codable {
    var step = 0
    var frame = -1
    var eventCount = 0
    var lastResult: MinimizationResult?
    /// Number of steps that ended short of the tolerance; nil if no step may.
    var unconvergedSteps: Int?
  }

  var eventCount: Int { state.eventCount }
  var lastResult: MinimizationResult? { state.lastResult }
  var unconvergedSteps: Int? { state.unconvergedSteps }

  /// Starts the files, or restores them to their content at a checkpoint. Collective.
  init(
    _ folder: RunFolder, _ configuration: ShearConfiguration, _ system: ParticleSystem, _ schedule: StrainSchedule,
    resuming checkpoint: Checkpoint?
  ) throws {
    self.folder = folder
    self.configuration = configuration
    communicator = system.communicator
    stepCount = schedule.strains.count
    progress = Progress(isShown: communicator.isRoot)
    generator = try Model.loading(configuration.loading.mode, of: configuration, dimension: system.dimension)
      .generator(dimension: system.dimension)
    curve = StepRecord.schema(dimension: system.dimension, generator: generator)
    events = PlasticEvent.schema(dimension: system.dimension)
    forecast = configuration.events.prediction ? EventForecast(folder, generator: generator) : nil
    let (tablePath, trajectoryPath) = (folder.file(Key.table), folder.file(Key.trajectory))
    if let checkpoint {
      try folder.begin(resuming: true)
      activity = try PlasticActivity(configuration, system, resuming: checkpoint)
      table = try TableFile(path: tablePath, resuming: checkpoint, as: Key.table)
      trajectory =
        try checkpoint.holds(Key.trajectory)
        ? TrajectoryWriter(path: trajectoryPath, resuming: checkpoint, as: Key.trajectory) : nil
      state = try checkpoint.value(State.self, of: Key.state)
      try forecast?.resume(system, from: checkpoint)
    } else {
      activity = try PlasticActivity(configuration, system, schedule)
      // Nothing can refuse the run any more.
      try folder.begin()
      let provenance = Build.provenance(config: configuration.resolved)
      table = try TableFile(path: tablePath, provenance: provenance, over: communicator)
      trajectory =
        configuration.output.trajectory
        ? try TrajectoryWriter(
          path: trajectoryPath, particles: system.snapshot(), provenance: provenance, over: communicator) : nil
      try createTables()
    }
    try folder.resumeLog(checkpoint, over: communicator)
    let (progress, steps) = (progress, stepCount)
    let smallest = configuration.events.smallestStep
    system.onEvaluation = { [unowned self] statistics in
      guard !isOver else { return }
      let step = "step \(min(steps, state.step + (state.lastResult == nil ? 0 : 1)))/\(steps)  "
      if let interval {
        // The number of events in a step is not known in advance.
        progress.show(
          step + "locating an event, \(interval.shown) of \(smallest), evaluation \(statistics.evaluations)",
          fraction: 0)
      } else {
        progress.show(
          step + "minimising, evaluation \(statistics.evaluations)",
          fraction: Double(state.step) / Double(max(1, steps)))
      }
    }
  }

  private func createTables() throws {
    try table.create(curve)
    try table.create(events)
    if forecast != nil { try table.create(EventRanks.schema) }
  }

  /// Saves everything on which the next rows and frames depend. Collective.
  func save(_ system: ParticleSystem, to checkpoint: Checkpoint) throws {
    try checkpoint.put(state, as: Key.state)
    try activity.save(system, to: checkpoint)
    try forecast?.save(to: checkpoint)
    try table.save(to: checkpoint, as: Key.table)
    try trajectory?.save(to: checkpoint, as: Key.trajectory)
    try folder.saveLog(to: checkpoint)
  }

  /// Closes the files and writes the final state, from which another run can start. Collective.
  func finish(_ system: ParticleSystem) throws {
    try trajectory?.close()
    try table.close()
    try StateFile.write(
      system.snapshot(), to: folder.file("state.h5"), step: state.step,
      provenance: Build.provenance(config: configuration.resolved),
      over: communicator)
  }

  // MARK: ShearObserver

  func completed(_ step: StepRecord, of system: ParticleSystem) throws {
    try table.append(step, to: curve)
    try folder.log(curve.line(step), over: communicator)
    state.step = step.step
    state.lastResult = step.minimization
    if configuration.loading.unconverged == .accept {
      state.unconvergedSteps = (state.unconvergedSteps ?? 0) + (step.minimization.reason == .converged ? 0 : 1)
    }
    try forecast?.update(system)
    let isClosing = try activity.measure(step.strain, system, table)
    if step.step % configuration.output.every == 0 || step.step == stepCount { try writeFrame(step.step, system) }
    try activity.openWindow(system, afterOneThatClosed: isClosing)
    // The stress that does the work of the loading is σ:A.
    let working = step.stress.contracted(with: generator)
    progress.show(
      "step \(step.step)/\(stepCount)  strain \(step.strain.shown)  stress \(working.shown)  "
        + "evaluations \(step.evaluations)", fraction: Double(step.step) / Double(max(1, stepCount)))
  }

  func found(_ event: PlasticEvent, in system: ParticleSystem) throws {
    state.eventCount += 1
    try table.append(event, to: events)
    try folder.log(events.line(event, with: ["event": "plastic"]), over: communicator)
    try forecast?.record(event, system, table)
  }

  func locating(within interval: Double?) { self.interval = interval }

  // MARK: Frames

  private func writeFrame(_ step: Int, _ system: ParticleSystem) throws {
    guard let trajectory, step != state.frame else { return }
    state.frame = step
    try trajectory.append(step: step, snapshot: system.snapshot(), fields: columns(system))
  }

  private func columns(_ system: ParticleSystem) -> [ParticleColumn] {
    let d = system.dimension
    let n = system.ownedCount
    return configuration.output.fields.map { name in
      switch name {
      case "d2min": ParticleColumn("d2min", (0..<n).map { activity.d2min.values[$0] })
      case "plastic-count": ParticleColumn("plastic_count", (0..<n).map { Int32(activity.count.values[$0]) })
      case "energy": system.energyColumn()
      case "force": system.forceColumn()
      case "stress": system.stressColumn()
      case "displacement":
        ParticleColumn(
          "displacement", (0..<n).flatMap { i in (0..<d).map { activity.displacement(system, of: i)[$0] } }, width: d)
      default: preconditionFailure("the config allows no field \(name)")
      }
    }
  }
}
