import Foundation
import Geometry
import Measurement
import Testing

/// Bands, sizes and power laws of known shape.
@Suite struct BandTests {
  @Test(arguments: [(100, 20, 3), (128, 7, 120), (30, 1, 0)]) func aBoxHasItsOwnWidth(bins: Int, width: Int, start: Int)
  {
    var profile = [Double](repeating: 0.25, count: bins)
    for k in 0..<width { profile[(start + k) % bins] = 1.25 }
    let band = BandProfile(profile, thickness: 0.5)
    // Sums of a few numbers of order 1.
    #expect(abs(band.width - 0.5 * Double(width)) < 1e-12)
    #expect(abs(band.localisation - (1 - Double(width) / Double(bins))) < 1e-12)
    let centre = (0.5 * (Double(start) + Double(width) / 2)).truncatingRemainder(dividingBy: 0.5 * Double(bins))
    let off = abs(band.centre - centre)
    #expect(min(off, 0.5 * Double(bins) - off) < 1e-9)
    // Straight lines from the last full bin to the first empty one put the half half-way.
    #expect(abs(band.fullWidthHalfMaximum - 0.5 * Double(width)) < 1e-12)
  }

  @Test func aGaussianHasItsKnownWidths() {
    let s = 6.0
    let profile = (0..<200).map { exp(-pow(Double($0) + 0.5 - 80, 2) / (2 * s * s)) }
    let band = BandProfile(profile, thickness: 1)
    // Sums over bins for integrals: exponentially small error. The highest bin is 1/(8 s²) below the maximum, which
    // widens the half maximum by 0.05.
    #expect(abs(band.width - 2 * Double.pi.squareRoot() * s) < 1e-9)
    #expect(abs(band.fullWidthHalfMaximum - 2.354820045 * s) < 0.06)
    #expect(abs(band.centre - 80) < 1e-6)
  }

  @Test func aFlatProfileIsNoBand() {
    let band = BandProfile([Double](repeating: 2, count: 40), thickness: 1)
    #expect(band.localisation == 0 && band.width == 40 && band.contrast < 1e-12)
    #expect(BandProfile([0, 0, 0, 0], thickness: 1).localisation == 0)
  }

  @Test func theBandLiesAcrossTheAxisWithTheLargerMode() {
    var sharp = [Double](repeating: 0, count: 32)
    sharp[4] = 3
    let flat = [Double](repeating: 1, count: 48)
    #expect(BandProfile.across([(flat, 1), (sharp, 1)]).axis == 1)
    #expect(BandProfile.across([(sharp, 1), (flat, 1)]).axis == 0)
  }

  @Test func nucleationHasToLast() {
    let strains = (0...20).map { Double($0) * 0.01 }
    func nucleation(_ localised: Set<Int>, peak: Double = 0.03) -> Double? {
      BandProfile.nucleation(
        strains: strains, localisations: strains.indices.map { localised.contains($0) ? 0.8 : 0.2 }, peakStrain: peak)
    }
    #expect(nucleation([1, 2, 5, 8, 9, 10, 11]) == 0.08)
    #expect(nucleation([3, 4, 5]) == 0.03)
    #expect(nucleation([0, 1, 2]) == nil)
    // The data end before it has lasted.
    #expect(nucleation([19, 20]) == nil)
  }

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
