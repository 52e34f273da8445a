/// The lags of a correlation over many decades of time: level k sees every 2^k-th sample and goes back by up to 16 of
/// those. Nothing is averaged, so that a difference over a lag is that of two samples.
///
/// Level 0 has the lags 1 … 16, level k those of 9 … 16 times 2^k; the shorter ones of a level are already there.
public struct DecimatedLags: Equatable, Sendable {
  /// Number of samples that each level keeps.
  public static let ring = 16

  /// Lags, in samples, ascending.
  public let samples: [Int]
  public let levels: Int

  /// All lags up to `longest` samples.
  public init(upTo longest: Int) {
    precondition(longest >= 1, "a lag is at least one sample")
    var samples: [Int] = []
    var level = 0
    while samples.count == Self.first(of: level) {
      samples += Self.multiples(of: level).map { $0 << level }.prefix { $0 <= longest }
      level += 1
    }
    self.samples = samples
    levels = Self.first(of: level - 1) == samples.count ? level - 1 : level
  }

  /// Multiples of its interval that a level adds.
  static func multiples(of level: Int) -> ClosedRange<Int> { (level == 0 ? 1 : ring / 2 + 1)...ring }

  /// Number of lags of all lower levels.
  static func first(of level: Int) -> Int { level == 0 ? 0 : ring + (level - 1) * ring / 2 }
}
