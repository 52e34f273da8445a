import Foundation
import Statistics
import TestSupport
import Testing

@Suite struct HerschelBulkleyTests {
  static let rates = [1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2]

  static func points(noise: Double, seed: UInt64) -> [HerschelBulkley.Point] {
    var generator = Generator(seed: seed)
    return rates.map { rate in
      // Twelve uniform numbers have the variance 1 and are nearly normal.
      let normal = (0..<12).reduce(-6.0) { sum, _ in sum + generator.uniform(0...1) }
      return HerschelBulkley.Point(rate: rate, stress: 0.7 + 3 * pow(rate, 0.55) + noise * normal, error: noise)
    }
  }

  /// Exact points give the parameters back, to the resolution of the search, √ε in the exponent.
  @Test func exactCurve() throws {
    let free = try #require(HerschelBulkley(Self.points(noise: 0, seed: 1)))
    #expect(abs(free.exponent - 0.55) < 1e-7)
    #expect(abs(free.yieldStress - 0.7) < 1e-8)
    #expect(abs(free.prefactor - 3) < 1e-6)
    let fixed = try #require(HerschelBulkley(Self.points(noise: 0, seed: 1), exponent: 0.55))
    #expect(abs(fixed.prefactor - 3) < 1e-12)
    #expect(fixed.exponentError == 0)
  }

  /// Over 400 noisy curves the deviations have the stated errors, to three standard errors of a variance, 3 √(2/400),
  /// and what the χ² above 1 adds to them.
  @Test func errorsAreThoseOfTheScatter() throws {
    var sums = [0.0, 0, 0]
    for seed in 1...400 {
      let fit = try #require(HerschelBulkley(Self.points(noise: 1e-3, seed: UInt64(seed))))
      sums[0] += pow((fit.yieldStress - 0.7) / fit.yieldStressError, 2)
      sums[1] += pow((fit.prefactor - 3) / fit.prefactorError, 2)
      sums[2] += pow((fit.exponent - 0.55) / fit.exponentError, 2)
    }
    for sum in sums { #expect((0.6...1.3).contains(sum / 400), "\(sums)") }
  }

  @Test func tooFewRates() {
    let points = Self.points(noise: 1e-3, seed: 1)
    #expect(HerschelBulkley(Array(points.prefix(2))) == nil)
    #expect(HerschelBulkley(Array(points.prefix(2)), exponent: 0.5) != nil)
    #expect(HerschelBulkley(Array(points.prefix(1)), exponent: 0.5) == nil)
  }
}
