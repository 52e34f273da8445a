import Checkpoints
import Configuration
import Foundation
import Geometry
import Measurement
import MessagePassing
import Particles
import QuasistaticShear
import Statics
import Storage
import StrainExpansion

/// Writes what a loading does: a row of shear.h5 and a line of log.jsonl per step, events, D²min windows and profiles, and
/// frames of the trajectory.
final class ShearOutput: ShearObserver {
  private let folder: RunFolder
  private let configuration: RunConfiguration
  private let communicator: Communicator
  private let table: TableFile
  private var trajectory: TrajectoryWriter?
  private let stepCount: Int
  private let progress: Progress
  private let provenance: Provenance

  private let measuresWindows: Bool
  private var window: StrainWindow?
  /// D²min of the last window closed, and the number of windows in which it was above the threshold.
  private let d2min: ParticleField
  private let plasticCount: ParticleField
  private var state = State()

  /// What is remembered besides fields and files.
  private struct State: Codable {
    var step = 0
    var frame = -1
    var eventCount = 0
    var lastWindowEnd: Double?
    /// The slices of the first window, kept as fractions of the edges while the box changes its shape.
    var profileBins: [Int]?
    var lastResult: MinimizationResult?
    var hasWindow = false
    /// Steps that ended short of the tolerance; nil where none may.
    var unconvergedSteps: Int?
  }

  var eventCount: Int { state.eventCount }
  var lastResult: MinimizationResult? { state.lastResult }
  var unconvergedSteps: Int? { state.unconvergedSteps }

  /// What the first state, and the last one that was reported (a step or an event), foretell.
  private var predictions: (first: EventPrediction?, last: EventPrediction?)?

  /// Starts the files. Collective.
  convenience init(
    _ folder: RunFolder, _ configuration: RunConfiguration, _ system: ParticleSystem, _ schedule: StrainSchedule
  ) throws {
    let provenance = Build.provenance(config: configuration.resolved)
    if Self.measuresWindows(configuration) {
      // Whether the box has room for the neighbourhoods is told before anything is computed.
      _ = try configuration.places.blaming("d2min.radius") {
        try StrainWindow(system, radius: configuration.d2min.radius * system.spacing)
      }
      let farthest = schedule.strains.map { abs($0 - schedule.start) }.max() ?? 0
      if system.communicator.isRoot, farthest < configuration.d2min.window * (1 - 1e-9) {
        print(
          "D²min is not measured: the loading goes \(farthest) from its start, less than d2min.window = "
            + "\(configuration.d2min.window)")
      }
    }
    let table = try TableFile(path: folder.file("shear.h5"), provenance: provenance, over: system.communicator)
    try Self.createTables(table, configuration, dimension: system.dimension)
    let trajectory =
      configuration.output.trajectory
      ? try TrajectoryWriter(
        path: folder.file("trajectory.h5"), particles: system.snapshot(), provenance: provenance, over: system.communicator)
      : nil
    let (d2min, plasticCount) = (system.makeField(width: 1), system.makeField(width: 1))
    for i in 0..<system.ownedCount { d2min.values[i] = .nan }
    try folder.goOnWithLog(nil, over: system.communicator)
    self.init(folder, configuration, system, schedule, table, trajectory, d2min, plasticCount)
  }

  /// Goes on with the files as they were when the checkpoint was made. Collective.
  convenience init(
    _ folder: RunFolder, _ configuration: RunConfiguration, _ system: ParticleSystem, _ schedule: StrainSchedule,
    resuming checkpoint: Checkpoint
  ) throws {
    self.init(
      folder, configuration, system, schedule,
      try TableFile(path: folder.file("shear.h5"), resuming: checkpoint, as: "shear.h5"),
      try checkpoint.holds("trajectory.h5")
        ? TrajectoryWriter(path: folder.file("trajectory.h5"), resuming: checkpoint, as: "trajectory.h5") : nil,
      try system.makeField(resuming: checkpoint, as: "output/d2min"),
      try system.makeField(resuming: checkpoint, as: "output/plastic_count"))
    state = try checkpoint.value(State.self, of: "output")
    if state.hasWindow {
      window = try StrainWindow(
        system, radius: configuration.d2min.radius * system.spacing, resuming: checkpoint, as: "output/window")
    }
    if checkpoint.holds("output/predictions") {
      let names = ["output/first", "output/last"]
      let known = try names.map { try checkpoint.holds($0) ? EventPrediction(system, resuming: checkpoint, as: $0) : nil }
      predictions = (known[0], known[1])
    }
    try folder.goOnWithLog(checkpoint, over: system.communicator)
  }

  /// Keeps everything that the next rows and frames depend on. Collective.
  func save(_ system: ParticleSystem, to checkpoint: Checkpoint) throws {
    state.hasWindow = window != nil
    try checkpoint.put(state, as: "output")
    try system.save(d2min, to: checkpoint, as: "output/d2min")
    try system.save(plasticCount, to: checkpoint, as: "output/plastic_count")
    try window?.save(system, to: checkpoint, as: "output/window")
    if let predictions {
      try checkpoint.put(true, as: "output/predictions")
      try predictions.first?.save(to: checkpoint, as: "output/first")
      try predictions.last?.save(to: checkpoint, as: "output/last")
    }
    try table.save(to: checkpoint, as: "shear.h5")
    try trajectory?.save(to: checkpoint, as: "trajectory.h5")
    try folder.saveLog(to: checkpoint)
  }

  static func measuresWindows(_ configuration: RunConfiguration) -> Bool {
    configuration.output.profiles
      || !Set(configuration.output.fields).isDisjoint(with: ["d2min", "plastic-count", "displacement"])
  }

  private init(
    _ folder: RunFolder, _ configuration: RunConfiguration, _ system: ParticleSystem, _ schedule: StrainSchedule,
    _ table: TableFile, _ trajectory: TrajectoryWriter?, _ d2min: ParticleField, _ plasticCount: ParticleField
  ) {
    self.folder = folder
    self.configuration = configuration
    communicator = system.communicator
    stepCount = schedule.strains.count
    measuresWindows = Self.measuresWindows(configuration)
    provenance = Build.provenance(config: configuration.resolved)
    progress = Progress(isShown: communicator.isRoot)
    self.table = table
    self.trajectory = trajectory
    self.d2min = d2min
    self.plasticCount = plasticCount
    let progress = progress
    let steps = stepCount
    system.onEvaluation = { [unowned self] statistics in
      let done = Double(state.step) / Double(max(1, steps))
      progress.show("step \(min(steps, state.step + (state.lastResult == nil ? 0 : 1)))/\(steps)  minimising, evaluation \(statistics.evaluations)", fraction: done)
    }
  }

  private static func createTables(_ table: TableFile, _ configuration: RunConfiguration, dimension d: Int) throws {
    let axes = ["x", "y", "z"].prefix(d)
    let stress = axes.flatMap { a in axes.map { b in "stress_\(a)\(b)" } }
    try table.createTable(
      "curve",
      columns: ["step", "strain"] + stress + [
        "energy_per_particle", "pressure", "evaluations", "force_max", "displacement_max", "displacement_mean",
      ])
    try table.createSeries(
      "events",
      [
        ("strain_before", []), ("strain_after", []), ("stress_before", [d, d]), ("stress_after", [d, d]),
        ("stress_drop", [d, d]), ("energy_before", []), ("energy_after", []), ("energy_drop", []),
        ("participation_ratio", []), ("centre", [d]),
      ])
    if configuration.events.prediction {
      try table.createSeries(
        "events", ["fields_strain", "rank_velocity", "rank_product", "rank_velocity_start", "rank_product_start"].map { ($0, []) })
    }
  }

  // MARK: ShearObserver

  func completed(_ step: StepRecord, of system: ParticleSystem) throws {
    let d = system.dimension
    let stress = step.stress.block(d).flatMap { $0 }
    try table.appendRow(
      to: "curve",
      [Double(step.step), step.strain] + stress + [
        step.energyPerParticle, step.pressure, Double(step.evaluations), step.forceMax, step.displacementMax,
        step.displacementMean,
      ])
    try folder.log(LogLine(step, d), over: communicator)
    state.step = step.step
    state.lastResult = step.minimization
    if configuration.loading!.unconverged == .accept {
      state.unconvergedSteps = (state.unconvergedSteps ?? 0) + (step.minimization.reason == .converged ? 0 : 1)
    }
    if configuration.events.prediction {
      let now = try foretell(system)
      predictions = (predictions == nil ? now : predictions!.first, now)
    }
    let isClosing = try measureWindow(step.strain, system)
    if step.step % configuration.output.every == 0 || step.step == stepCount { try writeFrame(step.step, system) }
    if measuresWindows, window == nil || (isClosing && configuration.d2min.reference == .window) {
      window = try openWindow(system)
    }
    // What does the work of the loading, σ:A.
    let working = step.stress.contracted(with: try generator(d))
    progress.show(
      "step \(step.step)/\(stepCount)  strain \(short(step.strain))  stress \(short(working))  "
        + "evaluations \(step.evaluations)", fraction: Double(step.step) / Double(max(1, stepCount)))
  }

  func found(_ event: PlasticEvent, in system: ParticleSystem) throws {
    state.eventCount += 1
    let d = system.dimension
    func tensor(_ t: Tensor) -> [Double] { t.block(d).flatMap { $0 } }
    try table.append(
      to: "events",
      [
        Observable("strain_before", event.strainBefore), Observable("strain_after", event.strainAfter),
        Observable("stress_before", tensor(event.stressBefore), shape: [d, d]),
        Observable("stress_after", tensor(event.stressAfter), shape: [d, d]),
        Observable("stress_drop", tensor(event.stressDrop), shape: [d, d]),
        Observable("energy_before", event.energyBefore), Observable("energy_after", event.energyAfter),
        Observable("energy_drop", event.energyDrop), Observable("participation_ratio", event.participationRatio),
        Observable("centre", (0..<d).map { event.centre[$0] }, shape: [d]),
      ])
    try folder.log(EventLine(event, d), over: communicator)
    if let predictions { try judge(predictions, by: event, system) }
  }

  // MARK: Prediction

  /// Nil, and a line in the log, where the state has no response to foretell from: at a saddle, or where it is floppy.
  private func foretell(_ system: ParticleSystem) throws -> EventPrediction? {
    do {
      return try EventPrediction(system, generator: try generator(system.dimension))
    } catch let failure as Failure where failure.kind == .notConverged && failure.agreedRank != nil {
      try folder.log(NoPrediction(strain: system.strain, reason: failure.message), over: communicator)
      return nil
    }
  }

  private struct NoPrediction: Encodable {
    var prediction = "none"
    var strain: Double
    var reason: String
  }

  /// Where the event stood in what the first and the last state had foretold; then looks ahead anew.
  private func judge(
    _ predictions: (first: EventPrediction?, last: EventPrediction?), by event: PlasticEvent, _ system: ParticleSystem
  ) throws {
    let forward = event.strainAfter > event.strainBefore
    let last = try predictions.last?.ranks(of: event.centre, forward: forward)
    let first = try predictions.first?.ranks(of: event.centre, forward: forward)
    try table.append(
      to: "events",
      [
        Observable("fields_strain", predictions.last?.strain ?? .nan), Observable("rank_velocity", last?.velocity ?? .nan),
        Observable("rank_product", last?.product ?? .nan), Observable("rank_velocity_start", first?.velocity ?? .nan),
        Observable("rank_product_start", first?.product ?? .nan),
      ])
    self.predictions = (predictions.first, try foretell(system))
  }

  /// Closes the files and keeps the last state, from which another run can go on. Collective.
  func finish(_ system: ParticleSystem) throws {
    try trajectory?.close()
    try table.close()
    try StateFile.write(
      system.snapshot(), to: folder.file("state.h5"), step: state.step, provenance: provenance, over: communicator)
  }

  // MARK: D²min

  private func openWindow(_ system: ParticleSystem) throws -> StrainWindow {
    try StrainWindow(system, radius: configuration.d2min.radius * system.spacing)
  }

  /// Measures D²min whenever the strain has come a window's length; tells whether it did.
  private func measureWindow(_ strain: Double, _ system: ParticleSystem) throws -> Bool {
    let settings = configuration.d2min
    guard let window, abs(strain - (state.lastWindowEnd ?? window.strain)) >= settings.window * (1 - 1e-9) else { return false }
    let measured = try window.d2min(system, normalisation: settings.normalisation == .mean ? .mean : .sum)
    for i in 0..<system.ownedCount {
      d2min.values[i] = measured[i]
      if measured[i] > settings.threshold { plasticCount.values[i] += 1 }
    }
    if configuration.output.profiles { try writeProfiles(strain, system, window) }
    state.lastWindowEnd = strain
    return true
  }

  private func writeProfiles(_ strain: Double, _ system: ParticleSystem, _ window: StrainWindow) throws {
    let flow: Int
    if case .simpleShear(let axis, _) = configuration.loading!.mode { flow = axis } else { flow = 0 }
    let bins: [Int]
    if let known = state.profileBins {
      bins = known
    } else {
      bins = Profile.bins(for: system)
      state.profileBins = bins
      for axis in 0..<system.dimension {
        let edges = (0...bins[axis]).map { Double($0) / Double(bins[axis]) }
        try table.write("profiles/edges_\(Self.axisName(axis))", edges, shape: [edges.count])
      }
    }
    let profile = try Profile(system, bins: bins, quantities: 3) { i, out in
      out[0] = self.plasticCount.values[i]
      out[1] = self.d2min.values[i]
      out[2] = window.displacement(system, of: i)[flow]
    }
    let undefined = try communicator.reduce((0..<system.ownedCount).count { d2min.values[$0].isNaN }, .sum)
    var entries = [Observable("strain", strain), Observable("d2min_undefined", Double(undefined))]
    for (q, name) in ["plastic_count", "d2min", "displacement"].enumerated() {
      for axis in 0..<system.dimension {
        entries.append(
          Observable("\(name)_\(Self.axisName(axis))", profile.means[q][axis], shape: [profile.bins[axis]]))
      }
    }
    try table.append(to: "profiles", entries)
  }

  private static func axisName(_ axis: Int) -> String { ["x", "y", "z"][axis] }

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
      case "d2min": ParticleColumn("d2min", (0..<n).map { d2min.values[$0] })
      case "plastic-count": ParticleColumn("plastic_count", (0..<n).map { Int32(plasticCount.values[$0]) })
      case "energy": ParticleColumn("energy", (0..<n).map(system.energy(of:)))
      case "force": ParticleColumn("force", (0..<(n * d)).map { system.forces[$0] }, width: d)
      case "stress":
        // The particle's share of V σ; divided by the volume and added up it is the stress of the system.
        ParticleColumn("stress", (0..<n).flatMap { system.stressShare(of: $0).block(d).flatMap { $0 } }, width: d * d)
      case "displacement":
        ParticleColumn(
          "displacement",
          (0..<n).flatMap { i in (0..<d).map { (window?.displacement(system, of: i) ?? .zero)[$0] } }, width: d)
      default: preconditionFailure("the config allows no field \(name)")
      }
    }
  }

  /// A of the loading.
  private func generator(_ d: Int) throws -> Tensor {
    try Model.loading(configuration.loading!.mode, of: configuration, dimension: d).generator(dimension: d)
  }

  private func short(_ x: Double) -> String { String(format: "%.6g", x) }

  // MARK: log.jsonl

  private struct LogLine: Encodable {
    var step: Int
    var strain: Double
    var stress: [[Double]]
    var energyPerParticle: Double
    var pressure: Double
    var reason: String
    var forceMax: Double
    var evaluations: Int
    var iterations: Int
    var negativeCurvatures: Int
    var cappedSteps: Int
    var rejectedSteps: Int
    var displacementMax: Double

    init(_ step: StepRecord, _ dimension: Int) {
      self.step = step.step
      strain = step.strain
      stress = step.stress.block(dimension)
      energyPerParticle = step.energyPerParticle
      pressure = step.pressure
      reason = step.minimization.reason.rawValue
      forceMax = step.forceMax
      evaluations = step.evaluations
      iterations = step.minimization.iterations
      negativeCurvatures = step.minimization.negativeCurvatures
      cappedSteps = step.minimization.cappedSteps
      rejectedSteps = step.minimization.rejectedSteps
      displacementMax = step.displacementMax
    }
  }

  private struct EventLine: Encodable {
    var event = "plastic"
    var strainBefore: Double
    var strainAfter: Double
    var stressDrop: [[Double]]
    var energyDrop: Double
    var participationRatio: Double
    var centre: [Double]

    init(_ event: PlasticEvent, _ dimension: Int) {
      strainBefore = event.strainBefore
      strainAfter = event.strainAfter
      stressDrop = event.stressDrop.block(dimension)
      energyDrop = event.energyDrop
      participationRatio = event.participationRatio
      centre = (0..<dimension).map { event.centre[$0] }
    }
  }
}
