import Checkpoints
import Configuration
import Dynamics
import Geometry
import Interactions
import Measurement
import MessagePassing
import Particles
import Statics
import YieldStress

/// Local yield stresses of states of a flow at one rate (Puosi, Olivier and Martens, Sec. 3.4): at rows that are evenly
/// spaced, a copy of the particles is brought to rest, and each block of the grid of block stresses is sheared in a
/// matrix that deforms affinely. The flow itself is left as it is.
final class LocalYield {
  /// Names in checkpoints.
  private enum Key {
    static let state = "yield"
    static let blocks = "yield/blocks-"
  }

  /// Step of the strain, and the strain at which a block counts as one that does not yield: the defaults of `yieldmap`.
  private static let strains = (step: 1e-3, maximum: 0.5)

  private struct State: Codable {
    /// Number of blocks along each edge.
    var shape: [Int]
    /// Rows of the states that were measured.
    var rows: [Int] = []
    /// Rows of the states that could not be brought to rest, and are left out.
    var unconvergedRows: [Int] = []
    /// Number of blocks without a yield stress, by reason.
    var discarded: [String: Int] = [:]
  }

  /// What became of one state, for the log.
  struct Outcome: Encodable {
    var rate: Double
    var row: Int
    /// Why the minimisation ended, and its largest force component.
    var minimisation: MinimizationResult.Reason
    var forceMax: Double
    /// Number of blocks without a yield stress, by reason.
    var discarded: [String: Int] = [:]
  }

  private let configuration: FlowConfiguration
  private let stage: FlowStage
  private let firstRow: Int
  private let generator: Tensor
  private let interaction: PairInteraction
  private var state: State
  /// Numbers of the blocks of this rank at each state: blocks × quantities.
  private var blocks: [[Double]] = []

  /// Begins to measure, or continues from a checkpoint. Collective.
  /// - Parameters:
  ///   - firstRow: row at which the part of the flow that is measured begins.
  ///   - generator: A of the flow.
  init(
    _ configuration: FlowConfiguration, _ stage: FlowStage, from firstRow: Int, generator: Tensor,
    _ system: ParticleSystem, resuming saved: Checkpoint?
  ) throws {
    self.configuration = configuration
    self.stage = stage
    self.firstRow = firstRow
    self.generator = generator
    interaction = Model.pairModel(configuration.potential).compiled(dimension: system.dimension)
    guard let saved else {
      state = State(shape: try Self.shape(configuration, system))
      return
    }
    state = try saved.value(State.self, of: Key.state)
    let shares = shares(over: system.communicator)
    blocks = try state.rows.map { try saved.rows(Double.self, of: Key.blocks + "\($0)", shares.own) }
  }

  func save(to checkpoint: Checkpoint) throws {
    try checkpoint.put(state, as: Key.state)
    let shares = shares(over: checkpoint.communicator)
    for (row, numbers) in zip(state.rows, blocks) {
      checkpoint.put(
        .init(
          .reals(numbers), width: LocalYieldResults.Quantity.allCases.count, firstRow: shares.own.lowerBound,
          totalRows: shares.count), as: Key.blocks + "\(row)")
    }
  }

  /// Verifies that each block has a matrix around it. Collective.
  static func check(_ configuration: FlowConfiguration, _ system: ParticleSystem) throws {
    if configuration.flow.measure.yieldSnapshots > 0 { _ = try shape(configuration, system) }
  }

  private static func shape(_ configuration: FlowConfiguration, _ system: ParticleSystem) throws -> [Int] {
    let shape = try configuration.places.namingPlace(of: "flow.measure.block") {
      try CoMovingBlocks.shape(of: system.cell, side: configuration.flow.measure.block)
    }
    guard shape.contains(where: { $0 > 1 }) else {
      throw Failure.everywhere(
        .input,
        "\(configuration.places.nearest("flow.measure.block")): flow.measure.block makes one block of the whole box, "
          + "which has no matrix around it for flow.measure.yield_snapshots; take a smaller block")
    }
    return shape
  }

  private func shares(over communicator: Communicator) -> RowShares {
    RowShares(state.shape.reduce(1, *), over: communicator)
  }

  // MARK: States

  /// Measures the state of a row if its turn has come. Collective.
  /// - Returns: nil at the other rows.
  func measure(row: Int, _ system: ParticleSystem) throws -> Outcome? {
    guard isDue(row) else { return nil }
    let phase = Heartbeat.phase
    defer { Heartbeat.enter(phase: phase) }
    Heartbeat.enter(phase: "bringing the state of row \(row) to rest")
    let copy = try ParticleSystem(
      system.snapshot(), interaction: interaction, skin: configuration.neighbours.skin,
      communicator: system.communicator)
    let rest = try Model.minimization(configuration.minimizer).run(copy)
    var outcome = Outcome(rate: stage.rate, row: row, minimisation: rest.reason, forceMax: rest.forceMax)
    guard rest.reason == .converged else {
      state.unconvergedRows.append(row)
      return outcome
    }
    try copy.evaluate(.forcesEnergyAndStress)
    Heartbeat.enter(phase: "yield stresses of blocks")
    let map = try YieldMap.compute(
      copy,
      YieldMap.Settings(
        blocks: state.shape, of: copy.cell, generator: generator, strainStep: Self.strains.step,
        maximumStrain: Self.strains.maximum),
      isAbsent: YieldmapCommand.rattlers(of: copy, configuration.potential), progress: { _, _ in })
    outcome.discarded = try keep(map, row: row, over: copy.communicator)
    return outcome
  }

  /// Whether a row is one of those that divide the measured ones evenly; the last row is among them.
  private func isDue(_ row: Int) -> Bool {
    let (done, rows, states) = (row - firstRow, stage.rows - firstRow, configuration.flow.measure.yieldSnapshots)
    return done > 0 && done * states / rows > (done - 1) * states / rows
  }

  /// Keeps the numbers of all blocks, and returns how many do not yield, by reason. Collective.
  private func keep(_ map: YieldMap, row: Int, over communicator: Communicator) throws -> [String: Int] {
    let order = try IdentifierBlocks(ids: map.nodes.map { Int64($0 + 1) }, totalCount: map.total, over: communicator)
    let quantities = LocalYieldResults.Quantity.allCases.map { $0.values(of: map.frozenMatrix!) }
    let numbers = map.nodes.indices.flatMap { node in quantities.map { $0[node] } }
    blocks.append(try order.column(numbers, width: quantities.count))
    state.rows.append(row)
    let discarded = try map.frozenMatrix!.result.discarded(map.settings.weight, .forward, over: communicator)
    let named = Dictionary(uniqueKeysWithValues: discarded.map { ($0.key.rawValue, $0.value) })
    state.discarded.merge(named, uniquingKeysWith: +)
    return named
  }

  // MARK: Results

  /// Returns what the states have given. Collective.
  func results(over communicator: Communicator) throws -> LocalYieldResults {
    try LocalYieldResults(
      shape: state.shape, rows: state.rows, unconverged: state.unconvergedRows.count, discarded: state.discarded,
      blocks: blocks, firstBlock: shares(over: communicator).own.lowerBound, over: communicator)
  }
}
