/// Measurements of one quantity at equal intervals in a stationary state.
public struct TimeSeries: Codable, Sendable {
  public private(set) var values: [Double] = []

  public init(_ values: [Double] = []) { self.values = values }

  public mutating func append(_ value: Double) { values.append(value) }

  public var mean: Double { values.reduce(0, +) / Double(values.count) }

  public var variance: Double {
    let m = mean
    return values.reduce(0) { $0 + ($1 - m) * ($1 - m) } / Double(max(1, values.count - 1))
  }

  /// Standard error of the mean, from the scatter of the means of ten blocks; infinite for fewer than ten values.
  public var error: Double {
    let blocks = 10
    guard values.count >= blocks else { return .infinity }
    let means = TimeSeries(
      (0..<blocks).map { b in
        let part = values[(values.count * b / blocks)..<(values.count * (b + 1) / blocks)]
        return part.reduce(0, +) / Double(part.count)
      })
    return (means.variance / Double(blocks)).squareRoot()
  }

  public var halves: (TimeSeries, TimeSeries) {
    (TimeSeries(Array(values[..<(values.count / 2)])), TimeSeries(Array(values[(values.count / 2)...])))
  }

  /// Returns the distance between the means of two series in units of their combined block error; infinite if a series
  /// is too short to have an error.
  public func distance(to other: TimeSeries) -> Double {
    let combined = (error * error + other.error * other.error).squareRoot()
    guard combined.isFinite else { return .infinity }
    let difference = abs(mean - other.mean)
    return difference == 0 ? 0 : difference / combined
  }

  /// Interval, in measurements, after which the autocorrelation has fallen to 1/e, interpolated; half the length of the
  /// series if it has not fallen that far by then, 0 for a constant.
  public var correlationTime: Double {
    let m = mean
    let deviations = values.map { $0 - m }
    let zero = deviations.reduce(0) { $0 + $1 * $1 } / Double(values.count)
    guard zero > 0 else { return 0 }
    let threshold = 0.36787944117144233
    var last = 1.0
    for lag in 1..<max(2, values.count / 2) {
      var sum = 0.0
      for k in 0..<(values.count - lag) { sum += deviations[k] * deviations[k + lag] }
      let now = sum / Double(values.count - lag) / zero
      if now < threshold { return Double(lag - 1) + (last - threshold) / (last - now) }
      last = now
    }
    return Double(values.count) / 2
  }
}
