import Measurement
import Statistics

/// What summary.json says of the frames of a trajectory.
struct FramesSummary: Codable {
  /// Number of frames.
  var count: Int
  /// Accumulated strains of the first and of the last frame.
  var strainFrom: Double
  var strainTo: Double
  /// Strain between two frames, and over the lag of D²min.
  var strainStep: Double
  var lagStrain: Double
  /// Number of blocks whose stresses are followed.
  var blocks: Int
  /// Mean number of active particles; its standard error from blocks of frames, null if there are too few.
  var active: Double
  @Nullable var activeError: Double?
  /// Number of flips of the box, and of windows of one block, over all lags, that they have ended.
  var flips: Int
  var droppedWindows: Int
  /// Clusters of activity, and the diffusion of block stresses, per strain.
  var plastic: PlasticNumbers

  init(
    _ sequence: FrameSequence, _ interval: Double, lag: Int, _ results: PlasticResults, _ active: BlockedMean
  ) {
    let (strains, system) = (sequence.frames.strains, sequence.system)
    count = strains.count
    strainFrom = strains[0]
    strainTo = strains.last!
    strainStep = interval
    lagStrain = Double(lag) * interval
    blocks = results.blocks
    self.active = active.mean
    activeError = active.error.isFinite ? active.error : nil
    flips = sequence.flipCount
    droppedWindows = results.dropped.reduce(0, +)
    let small = results.smallBlocks.reduce(1, *)
    plastic = PlasticNumbers(
      results, smallBlockVolume: system.cell.volume / Double(small), dimension: system.dimension)
  }
}
