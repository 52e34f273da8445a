import Foundation

/// A shear band, described by the profile of plastic activity along one axis.
///
/// The background is the mean of the lowest quarter of the bins; q ≥ 0 is the excess over it. The width is Δx
/// (Σq)²/Σq²: that of a box for a box, and 2√π s for a Gaussian of standard deviation s.
public struct BandProfile: Sendable, Codable, Equatable {
  /// Width of the band, in the unit of the bins' thickness.
  public let width: Double
  /// Full width of the highest peak at half of its height q; the whole length if q never falls to one half.
  public let fullWidthHalfMaximum: Double
  /// Centre of the band: phase of the first Fourier mode of the profile, as a position from 0 to the length.
  public let centre: Double
  /// Localisation 1 − width/length: 0 for a uniform profile.
  public let localisation: Double
  /// Contrast: amplitude of the first Fourier mode over the mean.
  public let contrast: Double

  /// Measures the band in a profile.
  /// - Parameters:
  ///   - profile: one number per bin of a periodic axis, all finite and at least 0.
  ///   - thickness: thickness of a bin.
  public init(_ profile: [Double], thickness: Double) {
    let n = profile.count
    precondition(n > 0)
    let length = Double(n) * thickness
    var (c, s) = (0.0, 0.0)
    for (k, p) in profile.enumerated() {
      let angle = 2 * Double.pi * (Double(k) + 0.5) / Double(n)
      c += p * cos(angle)
      s += p * sin(angle)
    }
    let sum = profile.reduce(0, +)
    contrast = sum > 0 ? 2 * (c * c + s * s).squareRoot() / sum : 0
    let turn = atan2(s, c) / (2 * Double.pi)
    centre = (turn - turn.rounded(.down)) * length

    let quarter = max(1, n / 4)
    let background = profile.sorted()[..<quarter].reduce(0, +) / Double(quarter)
    let q = profile.map { max($0 - background, 0) }
    let first = q.reduce(0, +)
    let second = q.reduce(0) { $0 + $1 * $1 }
    guard second > 0 else {
      width = length
      fullWidthHalfMaximum = length
      localisation = 0
      return
    }
    width = thickness * first * first / second
    localisation = 1 - width / length
    let peak = q.indices.max { q[$0] < q[$1] }!
    // Returns the distance, in bins, from the peak to the place where a straight line between bins crosses one half.
    func reach(_ step: Int) -> Double? {
      for k in 1..<max(2, n) {
        let here = q[((peak + step * k) % n + n) % n]
        if here < q[peak] / 2 {
          let before = q[((peak + step * (k - 1)) % n + n) % n]
          return Double(k - 1) + (before - q[peak] / 2) / (before - here)
        }
      }
      return nil
    }
    if let right = reach(1), let left = reach(-1) {
      fullWidthHalfMaximum = min(length, (left + right) * thickness)
    } else {
      fullWidthHalfMaximum = length
    }
  }

  /// Returns the axis across the band, which is the one whose profile has the larger first Fourier
  /// mode, and the band along it.
  public static func across(_ profiles: [(profile: [Double], thickness: Double)]) -> (axis: Int, band: BandProfile) {
    let bands = profiles.map { BandProfile($0.profile, thickness: $0.thickness) }
    let axis = bands.indices.max { bands[$0].contrast < bands[$1].contrast }!
    return (axis, bands[axis])
  }

  /// Returns the strain at which a band nucleates: the first strain after the peak of the stress from which on the
  /// localisation stays above one half for `duration`. Nil if there is none, or if the data end too early.
  public static func nucleation(
    strains: [Double], localisations: [Double], peakStrain: Double, duration: Double = 0.02
  ) -> Double? {
    // A strain that is a sum of steps may miss a multiple of the step by rounding.
    let slack = 1e-9
    for start in strains.indices where strains[start] >= peakStrain - slack && localisations[start] > 0.5 {
      guard let end = strains[start...].firstIndex(where: { $0 >= strains[start] + duration - slack }) else {
        return nil
      }
      if localisations[start...end].allSatisfy({ $0 > 0.5 }) { return strains[start] }
    }
    return nil
  }
}
