import Dynamics
import Measurement
import Statistics

/// Means of a flow at one rate, over the rows after those that are discarded.
struct FlowStatistics: Codable {
  private let discarded: Int
  private var stress: BlockedMean
  private var kinetic: BlockedMean
  private var temperature: BlockedMean
  private var active: BlockedMean
  /// Work, heat and change of energy of the whole stage.
  private var last = [0.0, 0.0, 0.0]
  /// What is known of plasticity when the stage is over.
  private var plastic: PlasticNumbers?
  /// What is known of local yield stresses then.
  private var yield: FlowPoint.Yield?

  init(_ stage: FlowStage, discarded: Int) {
    self.discarded = discarded
    let length = stage.rows - discarded + 1
    stress = BlockedMean(length: length)
    kinetic = BlockedMean(length: length)
    temperature = BlockedMean(length: length)
    active = BlockedMean(length: length)
  }

  /// - Parameters:
  ///   - plane: axes of the flow and of its gradient.
  ///   - degrees: number of velocities.
  mutating func add(_ row: FlowRow, plane: (Int, Int), degrees: Int) {
    let record = row.record
    last = [record.work, record.heat, record.change]
    guard record.row >= discarded else { return }
    stress.add(record.stress[plane.0, plane.1])
    kinetic.add(record.kinetic[plane.0, plane.1])
    temperature.add(2 * record.kineticEnergy / Double(degrees))
    if !row.active.isNaN { active.add(row.active) }
  }

  mutating func finish(_ results: PlasticResults, smallBlockVolume: Double, dimension: Int) {
    plastic = PlasticNumbers(results, smallBlockVolume: smallBlockVolume, dimension: dimension)
  }

  mutating func finish(_ results: LocalYieldResults) { yield = FlowPoint.Yield(results) }

  /// Returns the point of the flow curve.
  func point(rate: Double) -> FlowPoint {
    let scale = last.map(abs).max()!
    return FlowPoint(
      flow: .init(
        rate: rate, stress: stress.mean, stressError: stress.error, kineticStress: kinetic.mean,
        temperature: temperature.mean, active: active.mean,
        energyImbalance: scale == 0 ? 0 : (last[0] - last[1] - last[2]) / scale),
      plastic: plastic ?? .init(), yield: yield ?? .init())
  }
}
