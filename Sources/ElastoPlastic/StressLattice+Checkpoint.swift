import Checkpoints
import ElasticLattice
import Geometry
import MessagePassing

/// Checkpoints of the stresses. They are saved without settling, since that would round them.
///
/// Pending failures are saved as they are. Candidates, bounds and floors are computed anew: they decide which blocks
/// are examined closely, and an examined block has the same bits whenever that begins.
extension StressLattice {
  /// Names in checkpoints.
  private enum Key {
    static let stress = "/stress"
    static let thresholds = "/threshold"
  }

  private struct State: Codable {
    var shape: [Int]
    var offset: Double
    /// Sites of the failures since the last settling.
    var pendingSites: [Int]
    var pendingAmplitudes: [Double]
    var statistics: RedistributionStatistics
  }

  /// Saves the stresses. Collective.
  func save(to checkpoint: Checkpoint, as name: String) throws {
    var statistics = statistics
    statistics.candidates = try communicator.reduce(statistics.candidates, .maximum)
    let pending = redistribution.pending
    try checkpoint.put(
      State(
        shape: lattice.shape, offset: blocks.offset, pendingSites: pending.sites,
        pendingAmplitudes: pending.amplitudes, statistics: statistics), as: name)
    checkpoint.put(column(stress.pointer), as: name + Key.stress)
    checkpoint.put(column(thresholds.pointer), as: name + Key.thresholds)
  }

  /// Restores the stresses. Collective.
  func resume(_ checkpoint: Checkpoint, as name: String) throws {
    let state = try checkpoint.value(State.self, of: name)
    guard state.shape == lattice.shape else {
      throw Failure.everywhere(.input, "the checkpoint is of a lattice of \(state.shape) blocks, not \(lattice.shape)")
    }
    let sites = firstSite..<(firstSite + ownCount)
    let stresses = try checkpoint.rows(Double.self, of: name + Key.stress, sites)
    let known = try checkpoint.rows(Double.self, of: name + Key.thresholds, sites)
    for i in 0..<ownCount {
      stress[i] = stresses[i]
      thresholds[i] = known[i]
    }
    redistribution.transform.clearField()
    blocks.add(fieldOf: redistribution.transform)
    blocks.offset = state.offset
    var pending = FailureList()
    pending.sites = state.pendingSites
    pending.amplitudes = state.pendingAmplitudes
    redistribution.resume(pending: pending, of: blocks)
    blocks.statistics = state.statistics
  }

  private func column(_ values: UnsafeMutablePointer<Double>) -> Checkpoint.Column {
    Checkpoint.Column(
      .reals(Array(UnsafeBufferPointer(start: values, count: ownCount))), width: 1, firstRow: firstSite,
      totalRows: lattice.siteCount)
  }
}
