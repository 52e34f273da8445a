import Foundation
import Geometry
import Measurement
import Testing

/// Bands of known shape.
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
}
