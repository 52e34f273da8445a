import Foundation
import Geometry
import Statistics
import Testing

/// Power laws of known shape.
@Suite struct PowerLawTests {
  @Test func powerLawsAreFound() throws {
    let points = (1...30).map { (x: Double($0), y: 3 * pow(Double($0), 0.42)) }
    let exact = try #require(PowerLawFit(points))
    #expect(abs(exact.exponent - 0.42) < 1e-12 && abs(exact.amplitude - 3) < 1e-12 && exact.exponentError < 1e-12)
    #expect(PowerLawFit([(1, 1), (2, 2)]) == nil)
    #expect(PowerLawFit([(2, 1), (2, 2), (2, 3)]) == nil)
    let two = [
      PowerLawFit((1...9).map { (Double($0), pow(Double($0), 0.4)) })!,
      PowerLawFit((1...9).map { (Double($0), pow(Double($0), 0.6)) })!,
    ]
    let mean = try #require(PowerLawFit(ensemble: two))
    #expect(abs(mean.exponent - 0.5) < 1e-12 && abs(mean.exponentError - 0.1) < 1e-12)
  }

  /// A histogram with the exact chances of its bins.
  @Test(arguments: [0.0, 0.35, 0.6, 1.0]) func residualExponentsComeBack(exponent: Double) throws {
    let edges = (0...40).map { pow(10, Double($0) / 10 - 4) }
    var counts: [Int64] = [7]
    for k in 1..<edges.count {
      counts.append(Int64((1e9 * (pow(edges[k], exponent + 1) - pow(edges[k - 1], exponent + 1))).rounded()))
    }
    counts.append(12345)
    let fit = try #require(ResidualExponent(counts: counts, edges: edges, from: 1e-3, to: 0.1))
    // Whole counts: some 1e-9 of the largest bin; the maximum is found to the root of rounding, 1e-7.
    #expect(abs(fit.exponent - exponent) < 1e-5 && fit.exponentError < 1e-3)
    #expect(abs(fit.from - 1e-3) < 1e-12 && abs(fit.to - 0.1) < 1e-12)
    #expect(ResidualExponent(counts: counts, edges: edges, from: 1e-3, to: 1.5e-3) == nil)
  }

  /// 20 000 sizes drawn from a known law come back within four of the errors that the fit itself states.
  @Test(arguments: [(1.3, 60.0), (1.0, 400.0), (1.8, 25.0)]) func sizesComeBack(exponent: Double, cutoff: Double) throws
  {
    let weights = (1...20_000).map { pow(Double($0), -exponent) * exp(-Double($0) / cutoff) }
    var cumulative = weights
    for k in 1..<cumulative.count { cumulative[k] += cumulative[k - 1] }
    let stream = RandomStream(seed: 4, purpose: .position)
    var sizes: [Int: Int] = [:]
    for item in 0..<20_000 {
      let target = stream.uniformPair(item: item).0 * cumulative.last!
      var (low, high) = (0, cumulative.count - 1)
      while low < high {
        let middle = (low + high) / 2
        if cumulative[middle] < target { low = middle + 1 } else { high = middle }
      }
      sizes[low + 1, default: 0] += 1
    }
    let fit = try #require(TruncatedPowerLaw(sizes: sizes))
    #expect(abs(fit.exponent - exponent) < 4 * fit.exponentError && fit.exponentError < 0.03)
    #expect(abs(fit.cutoff - cutoff) < 4 * fit.cutoffError && fit.cutoffError < 0.1 * cutoff)
    #expect(TruncatedPowerLaw(sizes: [1: 20, 2: 3]) == nil)
  }
}
