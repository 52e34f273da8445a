/// An avalanche: all failures from the first block that yields under the load until no block is at its threshold.
public struct Avalanche: Codable, Sendable, Equatable {
  /// Strain at which the first block yielded.
  public var strain: Double
  /// Mean stress before the first block yielded, and after the last one.
  public var stressBefore: Double
  public var stressAfter: Double
  /// Number of failures; a block that yields twice counts twice.
  public var failures: Int
  /// Number of rounds in which all blocks at their thresholds yield together.
  public var sweeps: Int
  /// Periodic radius of gyration of the failures along each axis, in blocks.
  public var gyration: [Double]
  /// Strain after the last block yielded. Under strain control it equals the strain at the start.
  public var strainAfter: Double
  /// Direction of the load, +1 or −1.
  public var direction: Int

  /// Largest radius of gyration, in blocks.
  public var extent: Double { gyration.max() ?? 0 }
}
