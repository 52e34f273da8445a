import Configuration
import Foundation
import MeanField
import MessagePassing

/// A transient of the mean-field model, in reduced units: what is imposed, from which stresses, and when it is sampled.
struct TransientPlan {
  let driving: Driving
  let initial: InitialStresses
  /// Stress of an elastic strain at time 0.
  let shift: Double
  /// Times of the samples, ascending, the first 0.
  let times: [Double]
  /// The largest strain rate, and the width at the threshold that has to be resolved.
  let fastest: Double
  let layer: Double
  /// Amplitude and frequency, of an oscillation.
  let oscillation: (amplitude: Double, frequency: Double)?

  /// Makes the plan. Files are read. Collective.
  init(_ section: MeanfieldSection, over communicator: Communicator) throws {
    let units = MeanfieldUnits(section)
    var (shift, oscillation): (Double, (Double, Double)?) = (0, nil)
    func stresses(_ initial: MeanfieldInitial) throws -> InitialStresses {
      try InitialStresses(initial, units, over: communicator)
    }
    // At rest, the diffusion falls as t^−2, and with it the layer as 1/t.
    func resting(_ duration: Double) -> Double { min(0.1, max(0.2 / duration, 1e-7)) }
    func flowing(_ rate: Double) -> Double {
      max(ExactStationaryState(alpha: section.alphas[0], rate: rate).diffusion.squareRoot(), rate)
    }
    switch section.loading {
    case .startUp(let rates, let starts, let strain, let initial):
      let steps = zip(starts, rates).map { (from: $0 / units.time, rate: $1 / units.rate) }
      self.initial = try stresses(initial)
      driving = .rates(steps)
      times = (0...section.samples).map {
        Self.time(of: strain / units.strain * Double($0) / Double(section.samples), steps)
      }
      (fastest, layer) = (steps.map(\.rate).max()!, flowing(steps.map(\.rate).min()!))
    case .stop(let rate, let duration):
      initial = .stationary(rate: rate / units.rate)
      (driving, fastest, layer) = (.rates([(0, 0)]), rate / units.rate, resting(duration / units.time))
      times = Self.spread(duration / units.time, section.samples)
    case .step(let strain, let duration, let initial):
      self.initial = try stresses(initial)
      shift = strain / units.strain
      (driving, fastest, layer) = (.rates([(0, 0)]), 0, resting(duration / units.time))
      times = Self.spread(duration / units.time, section.samples)
    case .creep(let stress, let duration, let initial):
      self.initial = try stresses(initial)
      // A stress of several σ_c is carried by a rate of several σ_c/(G₀τ).
      let reduced = stress / units.stress
      (driving, fastest, layer) = (.stress(reduced), max(1, reduced), resting(duration / units.time))
      times = Self.spread(duration / units.time, section.samples)
    case .oscillation(let amplitude, let frequency, let cycles, let initial):
      self.initial = try stresses(initial)
      let reduced = (amplitude / units.strain, frequency * units.time)
      driving = .oscillation(amplitude: reduced.0, frequency: reduced.1)
      oscillation = reduced
      (fastest, layer) = (reduced.0 * reduced.1, 0.3 * flowing(reduced.0 * reduced.1))
      times = (0...(cycles * section.samples)).map {
        2 * .pi / reduced.1 * Double($0) / Double(section.samples)
      }
    case .ageing(let duration, let initial):
      self.initial = try stresses(initial)
      (driving, fastest, layer) = (.rates([(0, 0)]), 0, resting(duration / units.time))
      times = Self.spread(duration / units.time, section.samples)
    case .flowCurve, .fit: preconditionFailure("no transient")
    }
    self.shift = shift
    self.oscillation = oscillation.map { (amplitude: $0.0, frequency: $0.1) }
  }

  /// Returns the time at which a strain is reached.
  private static func time(of strain: Double, _ steps: [(from: Double, rate: Double)]) -> Double {
    var done = 0.0
    for (step, next) in zip(steps, steps.dropFirst()) {
      let part = (next.from - step.from) * step.rate
      if done + part >= strain { return step.from + (strain - done) / step.rate }
      done += part
    }
    return steps.last!.from + (strain - done) / steps.last!.rate
  }

  /// Returns 0 and times in equal ratios up to the last.
  private static func spread(_ duration: Double, _ count: Int) -> [Double] {
    let first = min(1e-3, duration / 1000)
    let between = (0..<(count - 1)).map { first * pow(duration / first, Double($0) / Double(count - 1)) }
    return [0] + between + [duration]
  }

  /// Time up to which no block reaches a threshold, so that stresses only move: exact, however sharp they are.
  func elasticTime(_ model: MeanFieldModel) -> Double {
    guard case .rates(let steps) = driving, steps.count == 1, steps[0].rate > 0, let range = initial.range else {
      return 0
    }
    let threshold = model.thresholds.map(\.value).min()!
    guard range.lowerBound + shift > -threshold, range.upperBound + shift < threshold else { return 0 }
    return (threshold - range.upperBound - shift) / steps[0].rate
  }
}
