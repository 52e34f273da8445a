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
  /// The largest stress of a block at time 0.
  let reach: Double
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
    var (shift, imposed, oscillation): (Double, Double, (Double, Double)?) = (0, 0, nil)
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
      // Far above the threshold, the rate is about the stress.
      imposed = stress / units.stress
      (driving, fastest, layer) = (.stress(imposed), max(1, imposed), resting(duration / units.time))
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
    // An imposed stress moves all blocks by its distance from their mean.
    reach = self.initial.reach + shift + (imposed > 0 ? imposed + self.initial.reach : 0)
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
    guard let range = initial.range else { return 0 }
    let threshold = model.thresholds.map(\.value).min()!
    let (ahead, behind) = (threshold - range.upperBound - shift, threshold + range.lowerBound + shift)
    guard ahead > 0, behind > 0 else { return 0 }
    switch driving {
    case .rates(let steps) where steps.count == 1 && steps[0].rate > 0: return ahead / steps[0].rate
    case .oscillation(let amplitude, let frequency):
      if amplitude >= ahead { return asin(ahead / amplitude) / frequency }
      return amplitude < behind ? .infinity : (.pi + asin(behind / amplitude)) / frequency
    default: return 0
    }
  }

  /// The elastic stress that has been added by a time before any block yields.
  func elasticStress(at time: Double) -> Double {
    switch driving {
    case .rates(let steps): shift + steps[0].rate * time
    case .oscillation(let amplitude, let frequency): shift + amplitude * sin(frequency * time)
    case .stress: shift
    }
  }
}
