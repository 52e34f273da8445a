import Configuration
import ElastoPlastic
import Foundation
import MessagePassing
import Statistics

/// Scalars of an elasto-plastic run; for several realisations, those of each and their means.
struct EpmSummary: Encodable {
  var realisation: Int
  var avalanches: Int
  var failures: Int
  var sweeps: Int
  var peakStress: Double
  var peakStrain: Double
  var finalStrain: Double
  /// Accumulated mean stress; the mean over the blocks agrees with it to 1e-9.
  var finalStress: Double
  var measuredStress: Double
  var meanModulus: Double
  var steadyStressMean: Double?
  var steadyStressVariance: Double?
  /// Peak stress minus the steady mean.
  var overshoot: Double?
  /// Fit P(S) ∝ S^−τ exp(−S/S_c) to the sizes of avalanches from `steady_from` on.
  var sizeDistribution: TruncatedPowerLaw?
  /// Fit P(x) ∝ x^θ, x = (Y − σ)/⟨Y⟩, to the samples from `steady_from` on.
  var residualStrength: ResidualExponent?
  var stateSha256: String
  var transforms: Int
  var sparseSweeps: Int
  var wallSeconds: Double

  init(
    _ model: ElastoPlasticModel, _ epm: EpmSection, realisation: Int, curve: StressCurve, measuredStress: Double,
    statistics: SteadyStatistics, stateSha256: String, wallSeconds: Double
  ) {
    self.realisation = realisation
    avalanches = model.avalanches
    failures = model.failures
    sweeps = model.sweeps
    peakStress = curve.peakStress
    peakStrain = curve.peakStrain
    finalStrain = model.strain
    finalStress = model.stress
    self.measuredStress = measuredStress
    meanModulus = model.meanModulus
    if case .finalStrain = epm.path, let steady = curve.steady {
      steadyStressMean = steady.mean
      steadyStressVariance = steady.variance
      overshoot = curve.peakStress - steady.mean
    }
    sizeDistribution = statistics.sizeDistribution
    residualStrength = statistics.residualStrength(epm.residualFit)
    self.stateSha256 = stateSha256
    transforms = model.blocks.statistics.transforms
    sparseSweeps = model.blocks.statistics.sparseSweeps
    self.wallSeconds = wallSeconds
  }

  /// Writes summary.json: the scalars of a single realisation, or means and a list. Collective.
  static func write(
    _ list: [EpmSummary], _ statistics: SteadyStatistics, _ configuration: EpmConfiguration,
    to folder: RunFolder,
    over world: Communicator
  ) throws {
    let epm = configuration.epm
    if epm.realisations == 1 {
      try folder.finish(
        MergedObject(head: Head("the loading reached its end", epm, ranks: world.size), content: list[0]))
      if world.isRoot { print(list[0].text + "\n" + folder.whereabouts) }
      return
    }
    let runs = Runs(list, epm, statistics: try statistics.pooled(over: world), wallSeconds: folder.seconds)
    try folder.finish(
      MergedObject(head: Head("the loadings reached their ends", epm, ranks: world.size), content: runs))
    if world.isRoot { print(runs.text + "\n" + folder.whereabouts) }
  }

  private static func short(_ x: Double) -> String { String(format: "%.5g", x) }

  private static func text(_ sizes: TruncatedPowerLaw?) -> String {
    sizes.map { ", sizes ∝ S^(−\(String(format: "%.2f ± %.2f", $0.exponent, $0.exponentError))), ± the standard error" }
      ?? ""
  }

  /// Text for the terminal; stresses are in the unit of the modulus.
  private var text: String {
    let steady = steadyStressMean.map { "; steady stress \(Self.short($0))" } ?? ""
    return
      "strain \(Self.short(finalStrain)) reached at stress \(Self.short(finalStress)); peak \(Self.short(peakStress)) "
      + "at strain \(Self.short(peakStrain))\(steady)\n\(avalanches) avalanches of \(failures) failures"
      + Self.text(sizeDistribution)
  }

  /// Part that the summaries of one realisation and of many have in common.
  private struct Head: Encodable {
    var status = "done"
    var exitCode = 0
    var reason: String
    var units = "strains are numbers; stresses in the unit of the modulus; lengths in blocks"
    var seed: UInt64
    var shape: [Int]
    var ranks: Int
    var commit = Build.commit
    var build = Build.text
    var steadyFrom: Double

    init(_ reason: String, _ epm: EpmSection, ranks: Int) {
      self.reason = reason
      seed = epm.seed
      shape = epm.shape
      self.ranks = ranks
      steadyFrom = epm.steadyFrom
    }
  }

  private struct Runs: Encodable {
    var wallSeconds: Double
    /// Total numbers over all realisations.
    var avalanches: Int
    var failures: Int
    var sweeps: Int
    /// Means over the realisations, and their standard errors.
    var peakStress: Double
    var peakStressError: Double
    var peakStrain: Double
    var peakStrainError: Double
    var finalStress: Double
    var finalStressError: Double
    var steadyStressMean: Double?
    var steadyStressMeanError: Double?
    /// Mean of the variances along strain, and its standard error.
    var steadyStressVariance: Double?
    var steadyStressVarianceError: Double?
    var overshoot: Double?
    var overshootError: Double?
    /// Fits to the avalanches and samples of all realisations together.
    var sizeDistribution: TruncatedPowerLaw?
    var residualStrength: ResidualExponent?
    var realisations: [EpmSummary]

    init(_ list: [EpmSummary], _ epm: EpmSection, statistics: SteadyStatistics, wallSeconds: Double) {
      self.wallSeconds = wallSeconds
      avalanches = list.map(\.avalanches).reduce(0, +)
      failures = list.map(\.failures).reduce(0, +)
      sweeps = list.map(\.sweeps).reduce(0, +)
      (peakStress, peakStressError) = Self.mean(list.map(\.peakStress))
      (peakStrain, peakStrainError) = Self.mean(list.map(\.peakStrain))
      (finalStress, finalStressError) = Self.mean(list.map(\.finalStress))
      if list.allSatisfy({ $0.steadyStressMean != nil }) {
        (steadyStressMean, steadyStressMeanError) = Self.mean(list.compactMap(\.steadyStressMean))
        (steadyStressVariance, steadyStressVarianceError) = Self.mean(list.compactMap(\.steadyStressVariance))
        (overshoot, overshootError) = Self.mean(list.compactMap(\.overshoot))
      }
      sizeDistribution = statistics.sizeDistribution
      residualStrength = statistics.residualStrength(epm.residualFit)
      realisations = list
    }

    var text: String {
      func value(_ mean: Double, _ error: Double) -> String { String(format: "%.5g ± %.2g", mean, error) }
      var line =
        "\(realisations.count) realisations, means ± standard errors: "
        + "peak stress \(value(peakStress, peakStressError)), at strain \(value(peakStrain, peakStrainError))"
      if let steadyStressMean, let steadyStressMeanError {
        line += ", steady stress \(value(steadyStressMean, steadyStressMeanError))"
      }
      return line + "\n\(avalanches) avalanches of \(failures) failures" + EpmSummary.text(sizeDistribution)
    }

    private static func mean(_ values: [Double]) -> (mean: Double, error: Double) {
      let count = Double(values.count)
      let mean = values.reduce(0, +) / count
      let scatter = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +)
      return (mean, (scatter / (count - 1) / count).squareRoot())
    }
  }
}

extension EpmSummary: Decodable {}
