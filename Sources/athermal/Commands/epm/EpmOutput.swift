import Checkpoints
import Configuration
import ElastoPlastic
import Foundation
import MessagePassing
import Statistics
import Storage

/// Output of an elasto-plastic run: the list of avalanches, samples of the state at given strains, and the final state.
final class EpmOutput: AvalancheObserver {
  /// Names in checkpoints.
  private enum Key {
    static let state = "output"
    static let file = "epm.h5"
  }

  private let folder: RunFolder?
  private let place: String
  private let configuration: EpmConfiguration
  private let communicator: Communicator
  private let file: LatticeFile
  private let progress: Progress
  /// Number of this realisation among those that these ranks compute.
  private let turn: (index: Int, of: Int)
  private var waiting: [Avalanche] = []
  private var curve: StressCurve
  /// Statistics from the steady strain on.
  private(set) var statistics = SteadyStatistics()
  private let edges: [Double]

  private let avalanches: Schema<Avalanche>
  private let samples: Schema<LatticeSample>

  /// Starts the files, or restores them to their content at a checkpoint. Collective.
  /// - Parameters:
  ///   - folder: folder of the run, whose log gets a line for each sample; nil for one of many realisations.
  ///   - turn: number of this realisation among those that these ranks compute.
  init(
    _ place: String, _ configuration: EpmConfiguration, _ model: ElastoPlasticModel, folder: RunFolder?,
    turn: (index: Int, of: Int), progress: Progress, resuming checkpoint: Checkpoint?
  ) throws {
    self.folder = folder
    self.place = place
    self.configuration = configuration
    let communicator = model.communicator
    self.communicator = communicator
    self.turn = turn
    self.progress = progress
    curve = StressCurve(steadyFrom: configuration.epm.steadyFrom)
    edges = ResidualStrengths.edges
    avalanches = Avalanche.schema(dimension: model.lattice.dimension)
    samples = LatticeSample.schema(shape: model.lattice.shape, bins: edges.count + 1)
    try folder?.resumeLog(checkpoint, over: communicator)
    if let checkpoint {
      file = try LatticeFile(
        path: "\(place)/epm.h5", resuming: checkpoint, as: Key.file)
      let state = try checkpoint.value(State.self, of: Key.state)
      curve = state.curve
      statistics = state.statistics
      return
    }
    file = try LatticeFile(
      path: "\(place)/epm.h5", provenance: Build.provenance(config: configuration.resolved), over: communicator)
    try file.create(avalanches)
    try file.create(samples)
    try file.write(model, of: ElastoPlasticModel.residualEdges)
    try file.flush()
  }

  private struct State: Codable {
    var curve: StressCurve
    var statistics: SteadyStatistics
  }

  /// Saves the output. Collective.
  func save(to checkpoint: Checkpoint) throws {
    try writeAvalanches()
    try checkpoint.put(State(curve: curve, statistics: statistics), as: Key.state)
    try file.save(to: checkpoint, as: Key.file)
    try folder?.saveLog(to: checkpoint)
  }

  // MARK: AvalancheObserver

  func completed(_ avalanche: Avalanche, of model: ElastoPlasticModel) throws {
    waiting.append(avalanche)
    curve.add(avalanche)
    // An avalanche that is cut off by the strain limit under stress control has no size.
    if isSteady(at: avalanche.strain, model), !isCutOff(avalanche) { statistics.add(size: avalanche.failures) }
    if waiting.count >= 16384 { try writeAvalanches() }
    let covered = min(0.999, model.coveredStrain(at: model.strain) / configuration.epm.path.coveredStrain)
    progress.show(
      (turn.of > 1 ? "realisation \(turn.index + 1) of \(turn.of)  " : "")
        + "strain \(model.strain.shown)  stress \(model.stress.shown)  avalanches \(model.avalanches)",
      fraction: (Double(turn.index) + covered) / Double(turn.of))
  }

  private func isSteady(at strain: Double, _ model: ElastoPlasticModel) -> Bool {
    model.coveredStrain(at: strain) >= configuration.epm.steadyFrom
  }

  private func isCutOff(_ avalanche: Avalanche) -> Bool {
    if case .finalStress(_, let limit) = configuration.epm.path { avalanche.strainAfter >= limit } else { false }
  }

  func reached(strain: Double, of model: ElastoPlasticModel) throws {
    try writeAvalanches()
    let look = try StateSample(model, edges: edges)
    guard look.meanStress.isFinite else {
      throw Failure.everywhere(.physics, "the mean stress at strain \(strain) is \(look.meanStress)")
    }
    let sample = LatticeSample(strain: strain, model, look)
    try file.append([sample], to: samples)
    if isSteady(at: strain, model) {
      statistics.add(residualCounts: look.residualCounts)
    }
    if configuration.output.frames {
      try file.appendFields(model, to: ElastoPlasticModel.frames)
    }
    try file.flush()
    try folder?.log(samples.line(sample), over: model.communicator)
  }

  private func writeAvalanches() throws {
    try file.append(waiting, to: avalanches)
    waiting.removeAll(keepingCapacity: true)
  }

  // MARK: The end

  /// Writes the final state, verifies the stress balance, and gives the file its final name. Collective.
  func finish(_ model: ElastoPlasticModel, realisation: Int, seconds: Double) throws -> EpmSummary {
    try writeAvalanches()
    let measured = try model.blocks.meanStress()
    // The mean stress is accumulated from loads and failures; the blocks themselves have to agree with it.
    let scale = max(abs(measured), try model.blocks.meanThreshold())
    guard abs(measured - model.stress) <= 1e-9 * scale else {
      throw Failure.everywhere(
        .physics, "the mean stress of the blocks is \(measured), but loads and failures add up to \(model.stress)")
    }
    let blocks = model.blocks
    try file.write(model, of: ElastoPlasticModel.lastState)
    curve.end(strain: model.strain, stress: model.stress)
    let hash = try LatticeHash.sha256(
      stress: blocks.stress.pointer, thresholds: blocks.thresholds.pointer, yieldCounts: model.yieldCounts.pointer,
      count: blocks.ownCount, over: communicator)
    try file.close()
    if configuration.output.vtk { try writeForParaView(model) }
    return EpmSummary(
      model, configuration.epm, realisation: realisation, curve: curve, measuredStress: measured,
      statistics: statistics,
      stateSha256: hash, wallSeconds: seconds)
  }

  private func writeForParaView(_ model: ElastoPlasticModel) throws {
    let file = try VTKHDFFile(
      path: "\(place)/fields.vtkhdf", shape: model.lattice.shape, planes: model.blocks.planes, over: communicator)
    try file.write(UnsafePointer(model.blocks.stress.pointer), as: "stress")
    try file.write(UnsafePointer(model.blocks.thresholds.pointer), as: "threshold")
    try file.write(UnsafePointer(model.yieldCounts.pointer), as: "failures")
    try file.close()
  }

  /// Names of the output files.
  var files: [String] { [Key.file] + (configuration.output.vtk ? ["fields.vtkhdf"] : []) }

  /// Removes an unfinished file.
  func discard() { file.discard() }
}
