import Interactions
import Preparation

/// Description of one state, in summary.json and in the state's own file.
/// More than 20 properties: one for each key.
struct PreparedState: Codable {
  var temperature: Double
  var density: Double
  var replica: Int
  var seed: UInt64
  /// Number of sweeps that were measured, after the burn-in.
  var sweeps: Int
  var burnIn: Int
  /// Relaxation time of the slower of self-overlap and energy, in sweeps; infinite if the run
  /// was too short to measure it.
  var relaxationTime: Double
  var relaxationTimesRun: Double
  var overlapRelaxationTime: Double
  var energyRelaxationTime: Double
  var equilibrated: Bool
  var reasons: [String]
  var acceptanceDisplacement: Double
  /// Acceptance of swaps of two particles whose sizes are within the window of each other.
  var acceptanceSwap: Double
  var swapsWithinWindow: Double
  var step: Double
  /// Energy of the liquid per particle and its error, and that after a cold start if there was one.
  var liquidEnergy: Double
  var liquidEnergyError: Double
  var coldStartEnergy: Double?
  var selfOverlap: Double
  var meanSquareDisplacement: Double
  var hexaticOrder: Double
  var hexaticCoherence: Double
  var structureFactorPeak: Double
  var structureFactorLargest: Double
  var sizeStructureFactor: Double
  /// Energy per particle of the quenched state; absent if the liquid was not quenched.
  var inherentEnergy: Double?
  var file: String

  init(
    _ record: Equilibration.Record, density: Double, replica: Int, seed: UInt64, burnIn: Int, inherentEnergy: Double?,
    file: String
  ) {
    let verdict = record.verdict
    temperature = record.temperature
    self.density = density
    self.replica = replica
    self.seed = seed
    sweeps = verdict.sweeps
    self.burnIn = burnIn
    relaxationTime = verdict.relaxationTime
    relaxationTimesRun = verdict.relaxationTimesRun
    overlapRelaxationTime = verdict.overlapTime
    energyRelaxationTime = verdict.energyTime
    equilibrated = verdict.isEquilibrated
    reasons = verdict.reasons
    acceptanceDisplacement = record.tally.displacementAcceptance
    acceptanceSwap = record.tally.swapAcceptance
    swapsWithinWindow = Double(record.tally.eligibleSwaps) / Double(record.tally.swaps)
    step = record.step
    liquidEnergy = verdict.hot.mean
    liquidEnergyError = verdict.hot.error
    coldStartEnergy = verdict.cold?.mean
    selfOverlap = verdict.lastOverlap
    meanSquareDisplacement = verdict.squaredDisplacement
    hexaticOrder = verdict.orientation.order
    hexaticCoherence = verdict.orientation.coherence
    structureFactorPeak = verdict.structure.peak
    structureFactorLargest = verdict.structure.largest
    sizeStructureFactor = verdict.demixing
    self.inherentEnergy = inherentEnergy
    self.file = file
  }
}
