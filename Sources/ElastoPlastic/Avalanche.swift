/// What happens between the first block that yields under the load and the moment when none does.
public struct Avalanche: Codable, Sendable, Equatable {
  /// The strain at which the first block yielded.
  public var strain: Double
  /// The mean stress before the first block yielded, and after the last.
  public var stressBefore: Double
  public var stressAfter: Double
  /// Failures, blocks that yield twice counted twice.
  public var failures: Int
  /// Rounds in which all blocks at their thresholds yield together.
  public var sweeps: Int
  /// Periodic radius of gyration of the failures along each axis, in blocks.
  public var gyration: [Double]
  /// The strain when the last block had yielded: that of the start under strain control.
  public var strainAfter: Double
  /// The direction of the load, +1 or −1.
  public var direction: Int

  /// The largest radius of gyration.
  public var extent: Double { gyration.max() ?? 0 }
}
