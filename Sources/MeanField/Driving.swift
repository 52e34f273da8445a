import Foundation

/// What is imposed on a block: a strain rate in time, or a stress.
public enum Driving: Sendable, Equatable {
  /// Strain rates, each from a time on; the first from 0. One rate, or a protocol of steps.
  case rates([(from: Double, rate: Double)])
  /// γ = amplitude · sin(frequency · t).
  case oscillation(amplitude: Double, frequency: Double)
  /// The mean stress, kept by the strain rate.
  case stress(Double)

  /// The imposed strain rate at a time; nil if the stress is imposed. `isBefore` asks for the limit from the left.
  public func rate(at time: Double, isBefore: Bool = false) -> Double? {
    switch self {
    case .rates(let steps): (steps.last { isBefore ? $0.from < time : $0.from <= time } ?? steps[0]).rate
    case .oscillation(let amplitude, let frequency): amplitude * frequency * cos(frequency * time)
    case .stress: nil
    }
  }

  /// The next time after `time` at which the strain rate jumps or changes its sign.
  func jump(after time: Double) -> Double {
    switch self {
    case .rates(let steps): return steps.first { $0.from > time }?.from ?? .infinity
    case .oscillation(_, let frequency):
      let half = .pi / frequency
      let turn = ((time / half + 0.5).rounded(.down) + 0.5) * half
      return turn > time * (1 + 1e-12) ? turn : turn + half
    case .stress: return .infinity
    }
  }

  public static func == (a: Driving, b: Driving) -> Bool {
    switch (a, b) {
    case (.rates(let x), .rates(let y)): x.map(\.from) == y.map(\.from) && x.map(\.rate) == y.map(\.rate)
    case (.oscillation(let x, let y), .oscillation(let z, let w)): x == z && y == w
    case (.stress(let x), .stress(let y)): x == y
    default: false
    }
  }
}
