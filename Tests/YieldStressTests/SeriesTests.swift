import TestSupport
import Testing
import YieldStress

extension YieldStressTests {
  @Suite struct Series {
    /// σ = a γ − b γ³ has its maximum at √(a/3b); rounding alone.
    @Test func maximumOfACubic() throws {
      let (a, b, prestress) = (90.0, 1100.0, -1.5)
      let series = StressSeries(prestress, a, 0, -6 * b)
      let point = try series.yield.get()
      let strain = (a / (3 * b)).squareRoot()
      #expect(isClose(point.strain, strain, 1e-15))
      #expect(isClose(point.stress, prestress + 2 / 3 * a * strain, 1e-15))
      // Backwards the prestress helps.
      #expect(isClose(try series.reversed.yield.get().stress, -prestress + 2 / 3 * a * strain, 1e-15))
    }

    /// Where the third order vanishes, the parabola remains, and the formula stays accurate on the way.
    @Test(arguments: [0, 1e-8, -1e-8, 1e-14]) func parabola(third: Double) throws {
      let point = try StressSeries(0.2, 60, -500, third).yield.get()
      // σ₃ shifts the maximum by about σ₃γ/2σ₂ of itself, 1e-12 here.
      #expect(isClose(point.strain, 60 / 500, 1e-11))
    }

    /// It is the first maximum, also where a positive third order turns the curve up again.
    @Test func theFirstOfTwoExtrema() throws {
      let series = StressSeries(0, 60, -900, 3000)
      let point = try series.yield.get()
      for h in [1e-3, -1e-3] { #expect(series.stress(at: point.strain + h) < point.stress) }
      // σ' = 60 − 900γ + 1500γ² vanishes at 0.0764 and 0.5236.
      let discriminant: Double = 900 * 900 - 4 * 1500 * 60
      #expect(isClose(point.strain, (900 - discriminant.squareRoot()) / 3000, 1e-14))
    }

    @Test func reasonsWhyThereIsNone() {
      #expect(StressSeries(0, 60, 10, 100).yield == .failure(.neverYields), "all positive")
      #expect(StressSeries(0, 60, -10, 100).yield == .failure(.neverYields), "the slope stays positive")
      #expect(StressSeries(0, 60, 0, 0).yield == .failure(.neverYields), "a straight line")
      #expect(StressSeries(0, -1, 10, 0).yield == .failure(.nonpositiveModulus))
      #expect(StressSeries(0, .nan, 10, 0).yield == .failure(.nonpositiveModulus))
      #expect(StressSeries(0, 60, .nan, 0).yield == .failure(.neverYields))
    }
  }
}
