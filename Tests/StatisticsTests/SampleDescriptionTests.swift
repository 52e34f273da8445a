import Foundation
import MessagePassing
import Statistics
import TestSupport
import Testing

extension StatisticsTests {
  @Suite struct Samples {
    /// Quantiles of a Weibull distribution at the middles of n equal intervals: shape and scale come out up to O(ln
    /// n/n) at the ends, half a percent for n = 2000.
    @Test(arguments: [(0.7, 3.0), (2.0, 0.08), (5.0, 40.0)]) func weibull(shape: Double, scale: Double) throws {
      let n = 2000
      let values = (0..<n).map { scale * pow(-log(1 - (Double($0) + 0.5) / Double(n)), 1 / shape) }
      let fit = try #require(try SampleDescription(of: values, over: MessagePassing.startForTests()).weibull)
      #expect(abs(fit.shape / shape - 1) < 5e-3, "\(fit)")
      #expect(abs(fit.scale / scale - 1) < 5e-3, "\(fit)")
      // It is the maximum: the likelihood falls to both sides. Its mean is checked by its definition.
      func likelihood(_ k: Double, _ l: Double) -> Double {
        values.map { log(k / l) + (k - 1) * log($0 / l) - pow($0 / l, k) }.reduce(0, +) / Double(n)
      }
      #expect(abs(likelihood(fit.shape, fit.scale) - fit.logLikelihood) < 1e-10)
      for (f, g) in [(1.01, 1.0), (0.99, 1), (1, 1.01), (1, 0.99)] {
        #expect(likelihood(f * fit.shape, g * fit.scale) < fit.logLikelihood)
      }
    }

    /// Small numbers, known by hand: moments exact, medians without rounding, NaN left out.
    @Test func moments() throws {
      let world = try MessagePassing.startForTests()
      let d = try SampleDescription(of: [4, .nan, -2, 1, 3], bins: 3, over: world)
      #expect(d.count == 4 && d.notPositive == 1 && d.minimum == -2 && d.maximum == 4)
      #expect(d.mean == 1.5 && abs(d.variance - 7) < 1e-15 && d.median == 2)
      #expect(d.histogram.edges == [-2, 0, 2, 4] && d.histogram.density == [0.125, 0.125, 0.25])
      #expect(try SampleDescription(of: [-3, -1, -2], over: world).median == -2)
      // The Gaussian's mean ln p is −½(ln 2πs² + 1), s² = Σ(x−mean)²/n = 21/4.
      #expect(abs(d.gaussianLogLikelihood + 0.5 * (log(2 * Double.pi * 5.25) + 1)) < 1e-15)
      let empty = try SampleDescription(of: [.nan], over: world)
      #expect(empty.count == 0 && empty.mean.isNaN && empty.median.isNaN && empty.histogram.density.isEmpty)
      #expect(try SampleDescription(of: [2, 2], over: world).weibull == nil)
    }

    @Test func correlations() throws {
      let world = try MessagePassing.startForTests()
      let x = (0..<50).map { sin(Double(7 * $0)) }
      #expect(abs(try correlation(x, x.map { 3 * $0 + 1 }, over: world) - 1) < 1e-14)
      #expect(abs(try correlation(x, x.map { -$0 }, over: world) + 1) < 1e-14)
      // By hand: (1,2,3) with (1,3,2) is 1/2; rows with a gap do not count.
      #expect(abs(try correlation([1, 2, 3, .nan], [1, 3, 2, 9], over: world) - 0.5) < 1e-15)
      #expect(try correlation([1], [1], over: world).isNaN)
    }
  }
}
