import Foundation
import Statistics
import TestSupport
import Testing

/// Lines, exponential decays and errors from segments, for data whose answer is known.
@Suite struct FitTests {
  /// A normal number as the sum of twelve uniform ones.
  private func normal(_ generator: inout Generator) -> Double {
    (0..<12).reduce(-6.0) { sum, _ in sum + generator.uniform() }
  }

  /// Points on a line give it back to rounding, and only those of the window count.
  @Test func aLineIsFound() throws {
    var points = (0...10).map { (x: Double($0), y: 3 - 0.25 * Double($0)) }
    points.append((x: 11, y: 1000))
    let fit = try #require(LinearFit(points, in: 2...10))
    #expect(fit.count == 9)
    #expect(abs(fit.intercept - 3) < 1e-13 && abs(fit.slope + 0.25) < 1e-14)
    #expect(fit.slopeError < 1e-14)
    #expect(LinearFit(points, in: 3...3) == nil && LinearFit([(1, 1), (2, .nan)]) == nil)
  }

  /// The standard errors are the scatter of the fits of 2000 noisy lines, whose own error is 2 %: 8 % is four times
  /// that.
  @Test func errorsOfALineAreItsScatter() throws {
    var generator = Generator(seed: 5)
    let fits = try (0..<2000).map { _ in
      try #require(LinearFit((0..<20).map { (x: Double($0), y: 2 * Double($0) + 0.3 * normal(&generator)) }))
    }
    func compare(_ value: (LinearFit) -> Double, _ error: (LinearFit) -> Double) {
      let series = TimeSeries(fits.map(value))
      let claimed = (fits.map { error($0) * error($0) }.reduce(0, +) / 2000).squareRoot()
      #expect(abs(claimed / series.variance.squareRoot() - 1) < 0.08)
    }
    compare(\.slope, \.slopeError)
    compare(\.intercept, \.interceptError)
  }

  /// Points of a decay give its time to the tolerance of the search, wherever it lies; the time to 1/e is the same,
  /// since the interpolation is exact for an exponential.
  @Test(arguments: [0.3, 1, 7.5, 400]) func aDecayIsFound(time: Double) throws {
    let points = (0...30).map { (t: Double($0), y: exp(-Double($0) / time)) }
    let fit = try #require(ExponentialDecay(points))
    #expect(abs(fit.time - time) < 1e-6 * time && fit.count == 30)
    if time < 30 {
      #expect(abs(timeToOneOverE(points) - time) < 1e-12 * time)
    } else {
      #expect(timeToOneOverE(points).isNaN)
    }
  }

  /// The scatter of 500 noisy decays is their standard error to within 15 %, four times the error of that scatter.
  @Test func errorsOfADecayAreItsScatter() throws {
    var generator = Generator(seed: 6)
    let fits = try (0..<500).map { _ in
      try #require(
        ExponentialDecay((0...30).map { (t: Double($0), y: exp(-Double($0) / 8) + 0.02 * normal(&generator)) }))
    }
    let series = TimeSeries(fits.map(\.time))
    let claimed = (fits.map { $0.timeError * $0.timeError }.reduce(0, +) / 500).squareRoot()
    #expect(abs(claimed / series.variance.squareRoot() - 1) < 0.15)
    #expect(abs(series.mean - 8) < 5 * claimed / 500.squareRoot() + 0.01)
  }

  @Test func whatDoesNotDecayHasNoTime() {
    #expect(ExponentialDecay((0...10).map { (t: Double($0), y: 1) }) == nil)
    #expect(ExponentialDecay((0...10).map { (t: Double($0), y: $0 == 0 ? 1 : 0) }) == nil)
    #expect(ExponentialDecay([(t: 0, y: 1)]) == nil)
  }

  /// However many segments were appended, no more than 32 are kept, all of the same length, and nothing is lost.
  @Test func segmentsAreMerged() {
    var sums = SegmentSums(width: 2)
    var appended = 0
    while appended < 1000 {
      let span = sums.isFull ? 2 * sums.span : sums.span
      sums.append([Double(span), Double((appended..<(appended + span)).reduce(0, +))])
      appended += span
      #expect(sums.segments.count <= SegmentSums.most)
      #expect(sums.segments.allSatisfy { $0[0] == Double(sums.span) })
      #expect(sums.total == [Double(appended), Double(appended * (appended - 1) / 2)])
    }
    #expect(sums.span == 32 && sums.segments.count == 32)
  }

  /// The error of the mean of an autoregressive series is its scatter among 300 series, whose own error is 4 %: 15 % is
  /// less than four times that. So is the error of a ratio of two means. Two groups have none.
  @Test func errorsComeFromSegments() {
    var generator = Generator(seed: 7)
    var estimates: [[Estimate]] = [[], []]
    for _ in 0..<300 {
      var sums = SegmentSums(width: 2)
      var x = 0.0
      for _ in 0..<32 {
        var segment = [0.0, 0]
        for _ in 0..<20 {
          x = 0.6 * x + normal(&generator)
          segment[0] += 5 + x
          segment[1] += 4 + generator.uniform()
        }
        sums.append(segment)
      }
      estimates[0].append(sums.estimate { $0[0] / 640 })
      estimates[1].append(sums.estimate(over: 2) { $0[0] / $0[1] })
      #expect(sums.estimate(over: 16) { $0[0] }.error.isNaN)
    }
    for kind in estimates {
      let claimed = (kind.map { $0.error * $0.error }.reduce(0, +) / 300).squareRoot()
      #expect(abs(claimed / TimeSeries(kind.map(\.value)).variance.squareRoot() - 1) < 0.15)
    }
  }
}
