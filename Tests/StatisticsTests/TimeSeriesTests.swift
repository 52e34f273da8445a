import Foundation
import Statistics
import TestSupport
import Testing

/// Series whose answer is known.
@Suite struct TimeSeriesTests {
  /// An autoregressive series x' = a x + noise has the correlation time 1/ln(1/a) and an error of the mean of
  /// σ √((1 + a)/((1 − a) n)); 20 000 values give both to some 5 %, and ten blocks the error to 25 %.
  @Test(arguments: [0.5, 0.9, 0.97]) func seriesHaveTheirTimes(memory: Double) {
    var generator = Generator(seed: 8)
    var series = TimeSeries()
    var x = 0.0
    let n = 20_000
    for _ in 0..<n {
      x = memory * x + (0..<12).reduce(-6.0) { sum, _ in sum + generator.uniform() }
      series.append(x)
    }
    let time = -1 / log(memory)
    #expect(abs(series.correlationTime - time) < 0.2 * time + 0.3, "\(series.correlationTime), not \(time)")
    let error = (1 / (1 - memory * memory) * (1 + memory) / (1 - memory) / Double(n)).squareRoot()
    #expect(series.error > 0.4 * error && series.error < 1.9 * error, "\(series.error), not \(error)")
    #expect(series.halves.0.distance(to: series.halves.1) < 5)
  }

  @Test func aDriftIsSeen() {
    var generator = Generator(seed: 9)
    let series = TimeSeries((0..<200).map { -1e-3 * Double($0) + 0.03 * generator.uniform() })
    #expect(series.halves.0.distance(to: series.halves.1) > 5)
  }
}
