import Measurement
import Statistics

/// Measurements at one temperature after the burn-in, and the decision whether the liquid was in equilibrium
/// (Docs/Theory/Preparation.md).
public struct EquilibriumVerdict: Sendable {
  /// Limits that a liquid in equilibrium satisfies.
  public enum Limit {
    /// Smallest length of the run after the burn-in, in relaxation times.
    public static let relaxationTimes = 20.0
    /// Largest distance between two means, in block errors.
    public static let distance = 3.0
    /// Largest global bond-orientational order, ψ₆ or Q₆.
    public static let order = 0.4
    /// Largest bond-orientational order shared with neighbours.
    public static let coherence = 0.7
    /// Largest first peak of S(q), as a mean over a shell.
    public static let peak = 5.0
    /// Largest S(q) of a single wave vector.
    public static let bragg = 80.0
    /// Largest structure factor of the sizes at long waves.
    public static let demixing = 4.0
  }

  /// Number of sweeps of the run.
  public let sweeps: Int
  /// Potential energies per particle after the burn-in of the hot start, in ε.
  public let hot: TimeSeries
  /// Potential energies per particle after the cold start, in ε; nil if it was not measured.
  public let cold: TimeSeries?
  /// Sweeps until the self-overlap has fallen to 1/e, mean over the origins used; infinite if it never did.
  public let overlapTime: Double
  /// Self-overlap at the end, from the last origin.
  public let lastOverlap: Double
  /// Mean square displacement over the use of the first origin of the self-overlap, in λ².
  public let squaredDisplacement: Double
  /// Sweeps until the autocorrelation of the energy has fallen to 1/e.
  public let energyTime: Double
  public let orientation: BondOrientation
  public let structure: StructureFactor
  /// Structure factor of the sizes at long waves, mean over the second half of the run.
  public let demixing: Double

  /// Larger of ``overlapTime`` and ``energyTime``, in sweeps.
  public var relaxationTime: Double { max(overlapTime, energyTime) }
  public var relaxationTimesRun: Double { relaxationTime > 0 ? Double(sweeps) / relaxationTime : .infinity }
  public var isEquilibrated: Bool { reasons.isEmpty }

  /// Reasons why this was not equilibrium, as messages; empty if it was.
  public var reasons: [String] {
    var list: [String] = []
    func round(_ x: Double) -> String {
      guard x.isFinite else { return "\(x)" }
      return abs(x) >= 100 ? "\(Int(x.rounded()))" : "\((x * 100).rounded() / 100)"
    }
    if !overlapTime.isFinite {
      list.append("the self-overlap did not fall to 1/e in \(sweeps) sweeps (\(round(lastOverlap)) at the end)")
    } else if relaxationTimesRun < Limit.relaxationTimes {
      list.append(
        "\(round(relaxationTimesRun)) relaxation times of \(round(relaxationTime)) sweeps were run, "
          + "\(Int(Limit.relaxationTimes)) are needed")
    }
    let halves = hot.halves
    let drift = halves.0.distance(to: halves.1)
    if drift == .infinity {
      list.append("\(hot.values.count) measurements of the energy are too few to tell a drift (20 are needed)")
    } else if !(drift <= Limit.distance) {
      list.append(
        "the mean energies of the two halves are \(round(drift)) errors apart (at most \(round(Limit.distance)))")
    }
    if let cold {
      let distance = hot.distance(to: cold)
      if !(distance <= Limit.distance) {
        list.append("the mean energies from a hot and a cold start are \(round(distance)) errors apart")
      }
    }
    if !(orientation.order <= Limit.order) {
      list.append("bond-orientational order \(round(orientation.order)) (at most \(Limit.order)): a crystal")
    }
    if !(orientation.coherence <= Limit.coherence) {
      list.append(
        "neighbours share \(round(orientation.coherence)) of their bond order "
          + "(at most \(Limit.coherence)): crystallites")
    }
    if !(structure.peak <= Limit.peak) {
      list.append("the first peak of S(q) is \(round(structure.peak)) (at most \(round(Limit.peak)))")
    }
    if !(structure.largest <= Limit.bragg) {
      list.append(
        "S(q) is \(round(structure.largest)) at one wave vector (at most \(round(Limit.bragg))): a Bragg peak")
    }
    if !(demixing <= Limit.demixing) {
      list.append(
        "the structure factor of sizes at long waves is \(round(demixing)) (at most \(round(Limit.demixing))): demixed")
    }
    return list
  }
}
