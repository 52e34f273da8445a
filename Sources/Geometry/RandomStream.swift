import CLanes
import Foundation

/// Counter-based random numbers (Philox 4x32-10). The key is a seed and a purpose; the counter is an
/// item (particle, site, cell), a step and the number of the draw. So a number depends on its use only,
/// never on the rank that draws it.
public struct RandomStream: Sendable {
  /// Use of the random numbers; streams of different purposes are independent.
  public enum Purpose: UInt32, Sendable {
    case position = 1
    case size = 2
    case species = 3
    case threshold = 40
    case renewal = 41
    case eigenstrain = 42
    /// Trial moves of a Monte Carlo simulation, by block and sweep.
    case trialMove = 4
    /// Offset of the blocks of a sweep, and the order of their colours.
    case blockShift = 5
    /// Random displacements whose forces tell a saddle from a minimum.
    case probe = 6
    /// Thermal noise of a particle, by particle and step.
    case thermalNoise = 7
    /// Thermal noise between two particles, by pair and step.
    case pairNoise = 8
  }

  @usableFromInline let key: (UInt32, UInt32)

  /// Creates the stream of a seed and a purpose; the purpose is mixed into the upper word of the key.
  public init(seed: UInt64, purpose: Purpose) {
    key = (
      UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32) ^ (purpose.rawValue &* 0x9E37_79B9)
    )
  }

  /// Returns four words of 32 random bits for a counter of four words.
  @inlinable @inline(__always)
  public func words(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32) -> (UInt32, UInt32, UInt32, UInt32) {
    CLanes_philox(a, b, c, d, key.0, key.1).word
  }

  /// Returns two independent numbers in [0, 1), with 53 random bits each.
  public func uniformPair(item: Int, step: Int = 0, draw: Int = 0) -> (Double, Double) {
    let words = self.words(
      UInt32(truncatingIfNeeded: item), UInt32(truncatingIfNeeded: item >> 32) ^ UInt32(truncatingIfNeeded: draw) << 16,
      UInt32(truncatingIfNeeded: step), UInt32(truncatingIfNeeded: step >> 32))
    return (Self.unit(words.0, words.1), Self.unit(words.2, words.3))
  }

  /// Returns two independent numbers in [0, 1) for a pair of items, with 53 random bits each. A stream is used for
  /// pairs or for single items, not for both. Steps are below 2⁴⁸, draws below 2¹⁶.
  public func uniformPair(of first: UInt32, _ second: UInt32, step: Int, draw: Int = 0) -> (Double, Double) {
    let words = self.words(
      first, second, UInt32(truncatingIfNeeded: step),
      UInt32(truncatingIfNeeded: step >> 32) ^ UInt32(truncatingIfNeeded: draw) << 16)
    return (Self.unit(words.0, words.1), Self.unit(words.2, words.3))
  }

  /// Returns two independent numbers of the standard normal distribution, from two that are uniform in [0, 1) (Box and
  /// Muller). None is larger than 8.6, since 1 − u is at least 2⁻⁵³.
  public static func normals(_ uniform: (Double, Double)) -> (Double, Double) {
    let radius = (-2 * log(1 - uniform.0)).squareRoot()
    let angle = 2 * Double.pi * uniform.1
    return (radius * cos(angle), radius * sin(angle))
  }

  /// Returns a number in [0, 1) from the upper 53 of the 64 bits.
  @inlinable @inline(__always) public static func unit(_ high: UInt32, _ low: UInt32) -> Double {
    let bits = (UInt64(high) << 32 | UInt64(low)) >> 11
    return Double(bits) * 0x1p-53
  }
}
