import Interactions
import Preparation

/// One state of summary.json, and of the state's own file.
struct PreparedState: Codable {
  var temperature: Double
  var density: Double
  var replica: Int
  var seed: UInt64
  /// Measured, after the burn-in.
  var sweeps: Int
  var burnIn: Int
  /// The slower of self-overlap and energy, in sweeps; infinite where the run was too short to tell.
  var relaxationTime: Double
  var relaxationTimesRun: Double
  var overlapRelaxationTime: Double
  var energyRelaxationTime: Double
  var equilibrated: Bool
  var reasons: [String]
  var acceptanceDisplacement: Double
  /// Of trials of two particles whose sizes are within the window of each other.
  var acceptanceSwap: Double
  var swapsWithinWindow: Double
  var step: Double
  /// Of the liquid, per particle, with its error, and of a cold start where there was one.
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
  /// Per particle, of the quenched state; absent where nothing was quenched.
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
