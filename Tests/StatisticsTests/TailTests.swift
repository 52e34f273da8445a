import Foundation
import TestSupport
import Testing

@testable import Statistics

/// Power laws that are known, drawn by the inverse of their distribution.
@Suite struct TailTests {
  private static func uniform(_ generator: inout Generator) -> Double {
    Double(generator.next() >> 11) * 0x1p-53 + 0x1p-54
  }

  /// P(C) = (a − 1) C^(−a) above 1, with other numbers below: exponent, amplitude, and an error that is neither too
  /// small nor too large. Four errors: one of 10⁴ tests fails by chance, and the numbers are always the same.
  @Test(arguments: [3.5, 11.0 / 6, 1.5]) func tailsAreFound(exponent: Double) throws {
    var generator = Generator(seed: 12)
    let samples = (0..<40).map { _ in
      var histogram = LogarithmicHistogram()
      for _ in 0..<5000 {
        let u = Self.uniform(&generator)
        histogram.add(Self.uniform(&generator) < 0.5 ? u : pow(u, -1 / (exponent - 1)))
      }
      return histogram
    }
    let tail = try #require(PowerLawTail(samples, fraction: 0.3))
    #expect(tail.threshold >= 1 && tail.fraction <= 0.3 && tail.fraction > 0.2)
    #expect(abs(tail.exponent - exponent) <= 4 * tail.error, "\(tail.exponent) ± \(tail.error)")
    // Independent numbers: the error over samples is that of their number, known to 1/√80.
    let ideal = (exponent - 1) / Double(tail.count).squareRoot()
    #expect(tail.error > 0.6 * ideal && tail.error < 1.5 * ideal, "\(tail.error), of independent numbers \(ideal)")
    let amplitude = tail.amplitude(forExponent: exponent)
    #expect(abs(amplitude / (0.5 * (exponent - 1)) - 1) < 0.03, "\(amplitude)")
    #expect(PowerLawTail(samples, fraction: 1e-4) == nil, "20 numbers are not a tail")
  }

  /// Samples that differ from each other by more than chance have a larger error than independent numbers would.
  @Test func samplesThatDifferShowIt() throws {
    var generator = Generator(seed: 13)
    let samples = (0..<20).map { k in
      var histogram = LogarithmicHistogram()
      for _ in 0..<5000 { histogram.add(pow(Self.uniform(&generator), k % 2 == 0 ? -0.5 : -1.0)) }
      return histogram
    }
    let tail = try #require(PowerLawTail(samples, fraction: 0.1))
    #expect(tail.error > 2 * (tail.exponent - 1) / Double(tail.count).squareRoot())
  }

  /// Each number in the bin whose edges enclose it; what lies outside in the first and the last.
  @Test func binsEncloseTheirNumbers() {
    var generator = Generator(seed: 14)
    for _ in 0..<1000 {
      let value = pow(10, 36 * Self.uniform(&generator) - 18)
      var histogram = LogarithmicHistogram()
      histogram.add(value)
      let bin = histogram.counts.firstIndex(of: 1)!
      let edges = LogarithmicHistogram.edges
      #expect(value >= edges[bin] * (1 - 1e-14) && value <= edges[bin + 1] * (1 + 1e-14), "\(value)")
      #expect(abs(histogram.density[bin] * (edges[bin + 1] - edges[bin]) - 1) < 1e-12)
    }
    var ends = LogarithmicHistogram()
    for value in [0, 1e-300, 1e300] { ends.add(value) }
    #expect(ends.counts.first == 2 && ends.counts.last == 1 && ends.total == 3)
  }

  /// D(ω) = A ωˢ per degree of freedom up to 1, of samples with the thirty softest modes each.
  @Test(arguments: [4.0, 3.0]) func softModesAreFound(exponent: Double) throws {
    var generator = Generator(seed: 15)
    let degrees = 2000.0
    let frequencies = (0..<200).map { _ in
      (0..<30).map { _ in pow(Self.uniform(&generator), 1 / (exponent + 1)) }.sorted()
    }
    let density = try #require(SoftModeDensity(frequencies, degreesOfFreedom: 200 * degrees, cutoff: 0.8))
    let expected = 200 * 30 * pow(0.8, exponent + 1)
    #expect(abs(Double(density.count) - expected) <= 4 * expected.squareRoot())
    #expect(abs(density.exponent - exponent) <= 4 * density.exponentError && density.exponentError < 0.15)
    // Of the modes per degree of freedom below ω, A ω⁵/5: 30/2000 of them below 1.
    if exponent == 4 { #expect(abs(density.prefactor - 5 * 30 / degrees) <= 4 * density.prefactorError) }
    #expect(SoftModeDensity(frequencies, degreesOfFreedom: 1, cutoff: 0.01) == nil)
  }
}
