import Statistics

/// The correlation C_p(t) of D²min of active particles, and how long it lasts, with errors from the scatter between
/// segments of the run, each at least twice as long as the longest lag that counts.
public struct ActivityCurve: Sendable {
  /// Number of lags, from 0 on.
  public let depth: Int
  /// Time between samples.
  public let interval: Double
  private let sums: SegmentSums

  init(depth: Int, interval: Double, sums: SegmentSums) {
    self.depth = depth
    self.interval = interval
    self.sums = sums
  }

  /// Lags in units of time.
  public var times: [Double] { (0..<depth).map { Double($0) * interval } }

  /// Returns the number of pairs of a lag: a particle that is active at an origin, and the end of its window.
  public func pairs(_ lag: Int) -> Int { Int(sums.total[2 * depth + lag]) }

  /// Returns C_p of a lag, in samples.
  public func correlation(_ lag: Int) -> Estimate { sums.estimate(over: 2 * lag) { value($0, lag) } }

  /// Returns the decay time τ_p of exp(−t/τ_p), fitted to C_p until it has first fallen below `level`; nil if there is
  /// nothing to fit.
  public func decayTime(downTo level: Double = 0.1) -> Estimate? {
    let curve = points(sums.total)
    let last = curve.indices.dropFirst().first { curve[$0].y < level } ?? curve.count - 1
    func time(_ sums: [Double]) -> Double? { ExponentialDecay(Array(points(sums).prefix(last + 1)))?.time }
    guard time(sums.total) != nil else { return nil }
    return sums.estimate(over: 2 * last) { time($0) ?? .nan }
  }

  /// Returns the time at which C_p has fallen to 1/e, NaN if it does not.
  public func timeToOneOverE() -> Estimate {
    let time = Statistics.timeToOneOverE(points(sums.total))
    let samples = time.isNaN ? depth : Int(time / interval) + 1
    return sums.estimate(over: 2 * samples) { Statistics.timeToOneOverE(points($0)) }
  }

  private func value(_ sums: [Double], _ lag: Int) -> Double { sums[lag] / sums[depth + lag] }

  /// Returns the curve up to the first lag that no window has reached.
  private func points(_ sums: [Double]) -> [(t: Double, y: Double)] {
    (0..<depth).prefix { sums[2 * depth + $0] > 0 }.map { (t: Double($0) * interval, y: value(sums, $0)) }
  }
}
