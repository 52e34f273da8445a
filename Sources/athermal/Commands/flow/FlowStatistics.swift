import Dynamics
import Statistics

/// Means of a flow at one rate, over the rows after those that are discarded.
struct FlowStatistics: Codable {
  private let discarded: Int
  private var stress: BlockedMean
  private var kinetic: BlockedMean
  private var temperature: BlockedMean
  /// Work, heat and change of energy of the whole stage.
  private var last = [0.0, 0.0, 0.0]

  init(_ stage: FlowStage, discarded: Int) {
    self.discarded = discarded
    let length = stage.rows - discarded + 1
    stress = BlockedMean(length: length)
    kinetic = BlockedMean(length: length)
    temperature = BlockedMean(length: length)
  }

  /// - Parameter plane: axes of the flow and of its gradient.
  mutating func add(_ record: FlowRecord, plane: (Int, Int), degrees: Int) {
    last = [record.work, record.heat, record.change]
    guard record.row >= discarded else { return }
    stress.add(record.stress[plane.0, plane.1])
    kinetic.add(record.kinetic[plane.0, plane.1])
    temperature.add(2 * record.kineticEnergy / Double(degrees))
  }

  /// Returns the point of the flow curve.
  func point(rate: Double) -> FlowPoint {
    let scale = last.map(abs).max()!
    return FlowPoint(
      rate: rate, stress: stress.mean, stressError: stress.error, kineticStress: kinetic.mean,
      temperature: temperature.mean, energyImbalance: scale == 0 ? 0 : (last[0] - last[1] - last[2]) / scale)
  }
}

/// A point of the flow curve, as summary.json has it.
struct FlowPoint: Codable {
  /// Shear rate γ̇, per τ.
  var rate: Double
  /// Mean virial stress in the plane of the flow, and its standard error, in ε/λ^d.
  var stress: Double
  var stressError: Double
  /// Mean kinetic stress in the plane of the flow, in ε/λ^d.
  var kineticStress: Double
  /// Kinetic temperature of the peculiar velocities, in ε/k_B.
  var temperature: Double
  /// Work that neither heat nor energy accounts for, as a share of the largest of the three.
  var energyImbalance: Double
}
