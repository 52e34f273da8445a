import Checkpoints
import Interactions
import MessagePassing
import Particles
import Statistics

/// State of the equilibration at one temperature: its progress and its measurements so far.
final class EquilibrationState {
  /// Names in checkpoints.
  private enum Key {
    static let progress = "stay"
    static let overlap = "stay/overlap"
    static let liquid = "stay/liquid"
  }

  enum Stage: String, Codable {
    case burnIn, run, coldBurnIn, rewarming, coldRun, done
  }

  /// A measurement of the self-overlap.
  struct OverlapPoint: Codable {
    var sweep: Int
    var overlap: Double
  }

  struct Progress: Codable {
    var stage = Stage.burnIn
    /// Number of sweeps of the stage that are done.
    var sweep = 0
    /// Step of the trial moves that the burn-in has found, in units of length.
    var step = 0.0
    var tally = MoveTally()
    var energies = TimeSeries()
    var demixings = TimeSeries()
    /// Sweeps from each origin of the self-overlap until it had fallen to 1/e.
    var relaxationTimes: [Double] = []
    var before = OverlapPoint(sweep: 0, overlap: 1)
    var isFirstOrigin = true
    var lastOverlap = 1.0
    var squaredDisplacement = 0.0
    /// Energies of the run after the cold start.
    var cold: TimeSeries?
  }

  var progress = Progress()
  /// Self-overlap since the present origin; nil during the burn-in.
  var overlap: SelfOverlap?
  /// Configuration at the end of the run; nil before.
  var liquid: Snapshot?
  let communicator: Communicator

  /// Starts a stay, or restores the saved one. Collective.
  init(_ monteCarlo: SwapMonteCarlo, _ saved: Checkpoint?, skin: Double) throws {
    communicator = monteCarlo.particles.communicator
    // A checkpoint made between two stays holds none.
    guard let saved, saved.holds(Key.progress) else { return }
    progress = try saved.value(Progress.self, of: Key.progress)
    if saved.holds(Key.overlap) {
      overlap = try SelfOverlap(monteCarlo.particles, skin: skin, resuming: saved, as: Key.overlap)
    }
    if saved.holds(Key.liquid) { liquid = try Snapshot(resuming: saved, as: Key.liquid) }
  }

  /// Saves the stay. Collective.
  func save(to checkpoint: Checkpoint) throws {
    try checkpoint.put(progress, as: Key.progress)
    try overlap?.save(to: checkpoint, as: Key.overlap)
    try liquid?.save(to: checkpoint, as: Key.liquid)
  }

  func record(_ temperature: Double, verdict: EquilibriumVerdict) -> Equilibration.Record {
    .init(temperature: temperature, step: progress.step, tally: progress.tally, verdict: verdict, liquid: liquid!)
  }
}
