import Foundation
import MeanField

/// Moduli of an oscillation γ₀ sin ωt: σ = γ₀ Σ_n (G′_n sin nωt + G″_n cos nωt) over the odd harmonics.
struct OscillationModuli: Encodable {
  var storageModulus: Double
  var lossModulus: Double
  /// Intensities of the harmonics 3, 5, 7 and 9, over that of the first.
  var harmonics: [Double]

  /// Analyses one cycle of evenly spaced stresses, which ends at a multiple of the period.
  init(_ stresses: [Double], amplitude: Double) {
    let count = stresses.count
    func parts(_ n: Int) -> (sine: Double, cosine: Double) {
      var (sine, cosine) = (0.0, 0.0)
      for (k, stress) in stresses.enumerated() {
        let phase = 2 * .pi * Double(n * (k + 1)) / Double(count)
        sine += stress * sin(phase)
        cosine += stress * cos(phase)
      }
      return (2 * sine / Double(count) / amplitude, 2 * cosine / Double(count) / amplitude)
    }
    let first = parts(1)
    (storageModulus, lossModulus) = (first.sine, first.cosine)
    let intensity = hypot(first.sine, first.cosine)
    harmonics = [3, 5, 7, 9].filter { 2 * $0 < count }.map {
      let part = parts($0)
      return hypot(part.sine, part.cosine) / intensity
    }
  }
}

/// Scalars of a transient of the mean-field model, in summary.json.
///
/// More than 20 properties: one for each key.
struct TransientSummary: Encodable {
  var status = "done"
  var exitCode = 0
  var reason = "the end was reached"
  var commit = Build.commit
  var build = Build.text
  var wallSeconds: Double
  var alpha: Double
  /// State at the end.
  var time: Double
  var strain: Double
  var rate: Double
  var stress: Double
  var activity: Double
  var diffusion: Double
  /// The largest stress, and the strain and time at which it occurs.
  var peakStress: Double
  var peakStrain: Double
  var peakTime: Double
  var cells: Int
  var steps: Int
  var rejectedSteps: Int
  /// Largest probability that a step had to move to keep all of them positive.
  var largestClip: Double
  /// Largest change of the sum of probabilities in a step, before it was removed.
  var largestDrift: Double
  private var moduli: OscillationModuli?

  private enum CodingKeys: String, CodingKey {
    case status, exitCode, reason, commit, build, wallSeconds, alpha, time, strain, rate, stress, activity, diffusion
    case peakStress, peakStrain, peakTime, cells, steps, rejectedSteps, largestClip, largestDrift, moduli
  }

  init(
    _ samples: [TransientSample], _ evolution: Evolution.State?, _ moduli: OscillationModuli?, alpha: Double,
    cells: Int,
    seconds: Double
  ) {
    let last = samples.last!
    wallSeconds = seconds
    self.alpha = alpha
    (time, strain, rate, stress) = (last.time, last.strain, last.rate, last.stress)
    (activity, diffusion) = (last.activity, last.diffusion)
    let peak = samples.max { $0.stress < $1.stress }!
    (peakStress, peakStrain, peakTime) = (peak.stress, peak.strain, peak.time)
    self.cells = cells
    (steps, rejectedSteps) = (evolution?.steps ?? 0, evolution?.rejectedSteps ?? 0)
    (largestClip, largestDrift) = (evolution?.largestClip ?? 0, evolution?.largestDrift ?? 0)
    self.moduli = moduli
  }

  var text: String {
    var text = String(
      format: "time %.6g: strain %.6g, rate %.6g, stress %.8g, activity %.6g; %d steps", time, strain, rate, stress,
      activity, steps)
    if let moduli {
      text += String(
        format: "\nG′ = %.8g, G″ = %.8g, third harmonic %.3g", moduli.storageModulus, moduli.lossModulus,
        moduli.harmonics.first ?? 0)
    }
    return text
  }
}
