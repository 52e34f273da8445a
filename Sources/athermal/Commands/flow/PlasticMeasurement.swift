import Checkpoints
import Configuration
import Dynamics
import Geometry
import Measurement
import MessagePassing
import Particles
import Statistics

/// What is measured of plasticity in a flow at one rate: activity of particles over a lag, its clusters and its
/// correlation in time, and the differences of the stresses of blocks (Puosi, Olivier and Martens, Sec. 3.2 and 3.3).
final class PlasticMeasurement {
  /// Names in checkpoints.
  private enum Key {
    static let state = "plastic"
    static let window = "plastic/window-"
    static let stress = "plastic/stress"
    static let clusters = "plastic/clusters"
    static let correlation = "plastic/correlation"
  }

  private struct State: Codable {
    var shape: [Int]
    var smallShape: [Int]
    /// Number of rows so far.
    var rows = 0
    /// Numbers of the rows in which the open windows began.
    var windows: [Int] = []
    /// Sums over the elastic intervals: their number, change of strain, change of stress.
    var elastic = [0.0, 0.0, 0.0]
    var last: [Double] = []
    var flips = Tensor.identity
  }

  private let settings: FlowMeasurement
  private let lagRows: Int
  private let generator: Tensor
  private let stress: MesoscopicStress
  private let activity: CoMovingBlocks
  private let differences: StressDifference
  private let clusters: ActiveClusters
  private let correlation: ActivityCorrelation
  private var windows: [StrainWindow] = []
  private var state: State
  private var stresses: [Double] = []
  /// D²min of each owned particle over the last lag, in storage order; empty before the first lag is over.
  private(set) var d2min: [Double] = []

  /// Begins to measure, or continues from a checkpoint. Collective.
  /// - Throws: an input failure if blocks or neighbourhoods do not fit the box.
  init(
    _ configuration: FlowConfiguration, _ stage: FlowStage, discarded: Int, _ equations: EquationsOfMotion,
    _ system: ParticleSystem, resuming saved: Checkpoint?
  ) throws {
    settings = configuration.flow.measure
    let (settings, communicator) = (settings, system.communicator)
    lagRows = Int((settings.lag / settings.every).rounded())
    generator = equations.shear.generator(dimension: system.dimension)
    state = try saved?.value(State.self, of: Key.state) ?? Self.fresh(configuration, system.cell)
    let rows = stage.rows - discarded
    stress = MesoscopicStress(shape: state.shape, over: communicator)
    activity = CoMovingBlocks(shape: state.smallShape, width: 1, over: communicator)
    func count(_ time: Double) -> Int { max(1, min(rows, Int((time / settings.every).rounded()))) }
    let longest = count(
      settings.differenceTime ?? max(0.1 * Double(rows) * settings.every, settings.fitWindow?.upperBound ?? 0))
    let kick = min(lagRows, longest)
    let blocks = stress.blocks
    guard let saved else {
      differences = StressDifference(
        slabs: blocks.slabs, slabSize: blocks.slabSize, longest: longest, kick: kick, over: communicator)
      clusters = try ActiveClusters(shape: state.smallShape, slabs: activity.slabs, over: communicator)
      correlation = ActivityCorrelation(
        system, depth: count(settings.correlationTime) + 1, threshold: settings.threshold)
      return
    }
    differences = try StressDifference(
      slabs: blocks.slabs, slabSize: blocks.slabSize, longest: longest, kick: kick, resuming: saved, as: Key.stress)
    clusters = try ActiveClusters(shape: state.smallShape, slabs: activity.slabs, resuming: saved, as: Key.clusters)
    correlation = try ActivityCorrelation(system, threshold: settings.threshold, resuming: saved, as: Key.correlation)
    windows = try state.windows.map {
      try StrainWindow(system, radius: settings.radius, resuming: saved, as: Key.window + "\($0)")
    }
  }

  /// Returns the beginning, with the grids of blocks that fit the box.
  private static func fresh(_ configuration: FlowConfiguration, _ cell: Cell) throws -> State {
    let (settings, places) = (configuration.flow.measure, configuration.places)
    return State(
      shape: try places.namingPlace(of: "flow.measure.block") {
        try CoMovingBlocks.shape(of: cell, side: settings.block)
      },
      smallShape: try places.namingPlace(of: "flow.measure.small_block") {
        try CoMovingBlocks.shape(of: cell, side: settings.smallBlock)
      })
  }

  /// Verifies that blocks and neighbourhoods fit the box at any strain. Collective.
  static func check(
    _ configuration: FlowConfiguration, _ positions: Snapshot, _ cell: Cell, _ equations: EquationsOfMotion, ranks: Int,
    over communicator: Communicator
  ) throws {
    _ = try fresh(configuration, cell)
    // The box is thinnest when it is tilted by half an edge, just before it is flipped.
    var tilted = positions
    let (flow, gradient) = equations.plane
    if positions.edges[flow][gradient] == 0 { tilted.edges[gradient][flow] = 0.5 * positions.edges[flow][flow] }
    try configuration.places.namingPlace(of: "flow.measure.radius") {
      try StrainWindow.check(
        tilted, radius: configuration.flow.measure.radius, key: "flow.measure.radius", ranks: ranks, over: communicator)
    }
  }

  func save(_ system: ParticleSystem, to checkpoint: Checkpoint) throws {
    try checkpoint.put(state, as: Key.state)
    for (window, row) in zip(windows, state.windows) {
      try window.save(system, to: checkpoint, as: Key.window + "\(row)")
    }
    try differences.save(to: checkpoint, as: Key.stress)
    try clusters.save(to: checkpoint, as: Key.clusters)
    try correlation.save(to: checkpoint, as: Key.correlation)
  }

  // MARK: Rows

  /// Measures a row. Collective.
  /// - Returns: the number of particles that were active in the last lag; nil before the first lag is over.
  func measure(_ record: FlowRecord, _ integrator: any TimeIntegrator) throws -> Int? {
    let system = integrator.system
    if integrator.loading.flips != state.flips {
      // Blocks of the box after a flip are others.
      if state.rows > 0 {
        differences.restart()
        clusters.restart()
      }
      state.flips = integrator.loading.flips
    }
    try stress.measure(system, velocities: integrator.velocities, mass: integrator.equations.inertia)
    stress.contract(with: generator, into: &stresses)
    try differences.add(stresses)
    let active = try closeWindow(system)
    noteModulus(record, active)
    windows.append(try StrainWindow(system, radius: settings.radius))
    state.windows.append(state.rows)
    state.rows += 1
    return active
  }

  /// Takes D²min of the window that is one lag old.
  private func closeWindow(_ system: ParticleSystem) throws -> Int? {
    guard state.rows >= lagRows else { return nil }
    d2min = try windows.removeFirst().d2min(system, normalisation: .sum)
    state.windows.removeFirst()
    let threshold = settings.threshold
    try d2min.withUnsafeBufferPointer { values in
      try correlation.add(values.baseAddress ?? UnsafePointer(bitPattern: 8)!)
      try activity.measure(system) { i, out in out[0] = values[i] > threshold ? 1 : 0 }
    }
    try clusters.add((0..<activity.blockCount).map { activity.sum(0, of: $0) > 0 })
    return try system.communicator.reduce(d2min.count { $0 > threshold }, .sum)
  }

  /// Notes the slope of the stress between two rows between which, and for the lag before, nothing was active.
  private func noteModulus(_ record: FlowRecord, _ active: Int?) {
    let stress = record.stress.contracted(with: generator)
    if active == 0, state.last.count == 2 {
      state.elastic[0] += 1
      state.elastic[1] += record.strain - state.last[0]
      state.elastic[2] += stress - state.last[1]
    }
    state.last = [record.strain, stress]
  }

  // MARK: Results

  /// Returns what the rows have given. Collective.
  func results(rate: Double) throws -> PlasticResults {
    let modulus = state.elastic[0] > 0 ? state.elastic[2] / state.elastic[1] : .nan
    return PlasticResults(
      blocks: stress.blocks.totalCount, every: settings.every, modulus: modulus,
      drift: modulus.isNaN ? 0 : modulus * rate, fitWindow: settings.fitWindow,
      differences: try differences.curve(interval: settings.every), kicks: try differences.kickHistograms(),
      kickLags: differences.kickLags, dropped: differences.dropped,
      correlation: try correlation.curve(interval: settings.every),
      clusters: try clusters.summary(), smallBlocks: state.smallShape)
  }
}
