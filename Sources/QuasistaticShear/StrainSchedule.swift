/// The strains that a loading visits. Each is computed from the product of a step number and the step, never as a
/// running sum; the last step of a leg is shortened to end on its turning point.
public struct StrainSchedule: Equatable, Sendable {
  /// Strain of one step, positive.
  public let step: Double
  /// Turning points, without the start.
  public let turns: [Double]
  /// Strain at the start.
  public let start: Double

  /// Goes from `start` by `amount`, upwards or downwards.
  public init(from start: Double, by amount: Double, step: Double) {
    self.start = start
    self.step = step
    turns = [start + amount]
  }

  /// Goes from `start` to one turning point after the other, upwards or downwards.
  public init(from start: Double, through turns: [Double], step: Double) {
    self.start = start
    self.step = step
    self.turns = turns
  }

  /// Makes `count` cycles start → +amplitude → −amplitude → start, with the first leg
  /// downwards for a negative amplitude.
  public init(cyclesFrom start: Double, amplitude: Double, count: Int, step: Double) {
    self.start = start
    self.step = step
    turns = (0..<count).flatMap { _ in [start + amplitude, start - amplitude, start] }
  }

  /// Approximate number of steps, without listing them.
  public var length: Double { zip([start] + turns, turns).reduce(0) { $0 + abs($1.1 - $1.0) } / step }

  /// All strains to be visited, in order, without the start.
  public var strains: [Double] {
    var result: [Double] = []
    var from = start
    for turn in turns {
      let length = abs(turn - from)
      let direction = turn > from ? 1.0 : -1.0
      // A whole number of steps up to rounding counts as a whole number.
      let steps = Int((length / step - 1e-9).rounded(.up))
      for k in 1..<max(1, steps) { result.append(from + direction * Double(k) * step) }
      if length > 0 { result.append(turn) }
      from = turn
    }
    return result
  }
}
