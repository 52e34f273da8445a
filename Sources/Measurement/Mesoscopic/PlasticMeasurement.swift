import Checkpoints
import Geometry
import MessagePassing
import Particles

/// What is measured of plasticity over rows that are equally spaced, those of a flow or frames at rest: activity of
/// particles over a lag, its clusters and its correlation, and the differences of the stresses of blocks (Puosi,
/// Olivier and Martens 2015, Sec. 3.2 and 3.3).
public final class PlasticMeasurement {
  /// What is to be measured, in numbers of rows.
  public struct Settings: Sendable {
    /// Rows over which D²min is taken.
    public var lag: Int
    /// Longest lag of the differences of block stresses.
    public var longest: Int
    /// Longest lag of the correlation of activity.
    public var correlation: Int
    /// D²min, summed over the neighbours, above which a particle is active, in units of squared length.
    public var threshold: Double
    /// Radius of the neighbourhood of D²min, in units of length.
    public var radius: Double
    /// Key of the config that the radius comes from, for messages.
    public var radiusKey: String
    /// Generator A of the deformation; stresses are σ : A.
    public var generator: Tensor

    public init(
      lag: Int, longest: Int, correlation: Int, threshold: Double, radius: Double, radiusKey: String,
      generator: Tensor
    ) {
      self.lag = lag
      self.longest = longest
      self.correlation = correlation
      self.threshold = threshold
      self.radius = radius
      self.radiusKey = radiusKey
      self.generator = generator
    }
  }

  /// The state of the whole at a row.
  public struct Row: Sendable {
    public var strain: Double
    /// Stress without its kinetic part.
    public var stress: Tensor
    /// Basis of the box, which changes when the box is flipped.
    public var flips: Tensor

    public init(strain: Double, stress: Tensor, flips: Tensor) {
      self.strain = strain
      self.stress = stress
      self.flips = flips
    }
  }

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

  private let settings: Settings
  private let stress: MesoscopicStress
  private let activity: CoMovingBlocks
  private let differences: StressDifference
  private let clusters: ActiveClusters
  private let correlation: ActivityCorrelation
  private var windows: [StrainWindow] = []
  private var state: State
  /// σ : A of each block of this rank at the last row.
  public private(set) var stresses: [Double] = []
  /// D²min of each owned particle over the last lag, in storage order; empty before the first lag is over.
  public private(set) var d2min: [Double] = []

  /// The blocks whose stresses are followed.
  public var blocks: CoMovingBlocks { stress.blocks }

  /// Begins to measure, or continues from a checkpoint. Collective.
  /// - Parameter grids: the blocks of a measurement that begins; one that continues has its own.
  /// - Throws: an input failure if blocks or neighbourhoods do not fit the box.
  public init(
    _ settings: Settings, _ grids: @autoclosure () throws -> BlockGrids, _ system: ParticleSystem,
    resuming saved: Checkpoint? = nil
  ) throws {
    self.settings = settings
    let communicator = system.communicator
    if let saved {
      state = try saved.value(State.self, of: Key.state)
    } else {
      let grids = try grids()
      state = State(shape: grids.blocks, smallShape: grids.small)
    }
    stress = MesoscopicStress(shape: state.shape, over: communicator)
    activity = CoMovingBlocks(shape: state.smallShape, width: 1, over: communicator)
    let (longest, kick) = (settings.longest, min(settings.lag, settings.longest))
    let blocks = stress.blocks
    guard let saved else {
      differences = StressDifference(
        slabs: blocks.slabs, slabSize: blocks.slabSize, longest: longest, kick: kick, over: communicator)
      clusters = try ActiveClusters(shape: state.smallShape, slabs: activity.slabs, over: communicator)
      correlation = ActivityCorrelation(system, depth: settings.correlation + 1, threshold: settings.threshold)
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

  /// Saves the measurement. Collective.
  public func save(_ system: ParticleSystem, to checkpoint: Checkpoint) throws {
    try checkpoint.put(state, as: Key.state)
    for (window, row) in zip(windows, state.windows) {
      try window.save(system, to: checkpoint, as: Key.window + "\(row)")
    }
    try differences.save(to: checkpoint, as: Key.stress)
    try clusters.save(to: checkpoint, as: Key.clusters)
    try correlation.save(to: checkpoint, as: Key.correlation)
  }

  // MARK: Rows

  /// Measures a row, at which energy and stress have been evaluated. Collective.
  /// - Parameters:
  ///   - velocities: peculiar velocities; nil leaves out the kinetic part of the stresses of blocks.
  ///   - mass: mass of every particle.
  /// - Returns: the number of particles that were active in the last lag; nil before the first lag is over.
  public func measure(
    _ row: Row, _ system: ParticleSystem, velocities: ParticleField? = nil, mass: Double = 0
  ) throws -> Int? {
    if row.flips != state.flips {
      // Blocks of the box after a flip are others.
      if state.rows > 0 {
        differences.restart()
        clusters.restart()
      }
      state.flips = row.flips
    }
    try stress.measure(system, velocities: velocities, mass: mass)
    stress.contract(with: settings.generator, into: &stresses)
    try differences.add(stresses)
    let active = try closeWindow(system)
    noteModulus(row, active)
    windows.append(try StrainWindow(system, radius: settings.radius, key: settings.radiusKey))
    state.windows.append(state.rows)
    state.rows += 1
    return active
  }

  /// Takes D²min of the window that is one lag old.
  private func closeWindow(_ system: ParticleSystem) throws -> Int? {
    guard state.rows >= settings.lag else { return nil }
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
  private func noteModulus(_ row: Row, _ active: Int?) {
    let stress = row.stress.contracted(with: settings.generator)
    if active == 0, state.last.count == 2 {
      state.elastic[0] += 1
      state.elastic[1] += row.strain - state.last[0]
      state.elastic[2] += stress - state.last[1]
    }
    state.last = [row.strain, stress]
  }

  // MARK: Results

  /// Returns what the rows have given. Collective.
  /// - Parameters:
  ///   - every: time between rows.
  ///   - rate: strain per unit of that time.
  ///   - fitWindow: times between which the diffusion of block stresses is fitted; nil for no fit.
  public func results(every: Double, rate: Double, fitWindow: ClosedRange<Double>?) throws -> PlasticResults {
    let modulus = state.elastic[0] > 0 ? state.elastic[2] / state.elastic[1] : .nan
    return PlasticResults(
      blocks: stress.blocks.totalCount, every: every, modulus: modulus, drift: modulus.isNaN ? 0 : modulus * rate,
      fitWindow: fitWindow, differences: try differences.curve(interval: every),
      kicks: try differences.kickHistograms(), kickLags: differences.kickLags, dropped: differences.dropped,
      correlation: try correlation.curve(interval: every), clusters: try clusters.summary(),
      smallBlocks: state.smallShape)
  }
}
