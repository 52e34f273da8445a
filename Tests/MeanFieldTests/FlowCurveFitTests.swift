import Foundation
import Testing

@testable import MeanField

/// Fits of flow curves that the model itself made.
@Suite struct FlowCurveFitTests {
  static let rates = (0..<9).map { pow(10, -4 + 0.5 * Double($0)) }

  /// The stresses of the model at the rates of the suite.
  private static func curve(alpha: Double, stress: Double, viscosity: Double) -> [Double] {
    rates.map { stress * ExactStationaryState(alpha: alpha, rate: $0 * viscosity / stress).stress }
  }

  /// Without noise the minimum is at zero; derivatives by differences leave less than 1e-6 of a parameter.
  @Test(arguments: [(0.1, 1.0, 1.0), (0.3, 2.0, 5.0), (0.45, 0.03, 0.2), (0.6, 1.0, 1.0)]) func parametersComeBack(
    alpha: Double, stress: Double, viscosity: Double
  ) throws {
    let stresses = Self.curve(alpha: alpha, stress: stress, viscosity: viscosity)
    for isGiven in [(false, false), (true, false), (false, true), (true, true)] {
      let fit = try FlowCurveFit(
        rates: Self.rates, stresses: stresses, errors: stresses.map { 0.01 * $0 },
        localYieldStress: isGiven.0 ? stress : nil, viscosity: isGiven.1 ? viscosity : nil)
      #expect(abs(fit.alpha.value / alpha - 1) < 1e-6)
      #expect(abs(fit.localYieldStress.value / stress - 1) < 1e-6)
      #expect(abs(fit.viscosity.value / viscosity - 1) < 1e-6)
      #expect((fit.localYieldStress.error == nil) == isGiven.0 && (fit.viscosity.error == nil) == isGiven.1)
      #expect(fit.degreesOfFreedom == 6 + (isGiven.0 ? 1 : 0) + (isGiven.1 ? 1 : 0))
    }
  }

  /// Gaussian noise of known errors, forty times. The variance of forty pulls is that of χ²/39: 1 ± 0.23, so that the
  /// bounds are two of these below and three above; the seeds are fixed. χ² itself has the mean of its degrees of
  /// freedom, 6 ± √(2·6/40).
  @Test func errorsDescribeTheScatter() throws {
    let (alpha, stress, viscosity) = (0.3, 2.0, 5.0)
    let exact = Self.curve(alpha: alpha, stress: stress, viscosity: viscosity)
    var (pulls, squares): ([[Double]], [Double]) = ([[], [], []], [])
    for seed in 1...40 {
      var random = Normal(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15)
      let errors = exact.map { 0.01 * $0 }
      let stresses = zip(exact, errors).map { $0 + $1 * random.next() }
      let fit = try FlowCurveFit(
        rates: Self.rates, stresses: stresses, errors: errors, localYieldStress: nil, viscosity: nil)
      for (k, (found, truth)) in [(fit.alpha, alpha), (fit.localYieldStress, stress), (fit.viscosity, viscosity)]
        .enumerated()
      {
        pulls[k].append((found.value - truth) / (try #require(found.error)))
      }
      squares.append(fit.chiSquared)
    }
    for pull in pulls {
      let mean = pull.reduce(0, +) / 40
      let variance = pull.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 39
      #expect(variance > 0.5 && variance < 1.7)
      #expect(abs(mean) < 3 / 40.0.squareRoot())
    }
    let square = squares.reduce(0, +) / 40
    #expect(abs(square - 6) < 3 * (12.0 / 40).squareRoot())
  }

  /// Without errors the scatter stands for them: scaling all stresses scales σ_c and G₀τ with their errors, and no α.
  @Test func unitsOfStressDoNotMatter() throws {
    var random = Normal(state: 77)
    let stresses = Self.curve(alpha: 0.25, stress: 1, viscosity: 1).map { $0 * (1 + 0.01 * random.next()) }
    let fits = try [1.0, 1000].map { unit in
      try FlowCurveFit(
        rates: Self.rates, stresses: stresses.map { $0 * unit }, errors: nil, localYieldStress: nil, viscosity: nil)
    }
    let (small, large) = (fits[0], fits[1])
    #expect(abs(large.alpha.value / small.alpha.value - 1) < 1e-5)
    #expect(abs(large.localYieldStress.value / small.localYieldStress.value - 1000) < 1e-2)
    let errors = try (#require(small.alpha.error), #require(large.alpha.error))
    #expect(abs(errors.1 / errors.0 - 1) < 1e-3)
  }

  /// Normal numbers by Box and Muller from a generator of Knuth.
  private struct Normal {
    var state: UInt64

    mutating func uniform() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (Double(state >> 11) + 0.5) / 9_007_199_254_740_992
    }

    mutating func next() -> Double {
      let (a, b) = (uniform(), uniform())
      return (-2 * log(a)).squareRoot() * cos(2 * .pi * b)
    }
  }
}
