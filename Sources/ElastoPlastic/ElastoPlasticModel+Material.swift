extension ElastoPlasticModel {
  /// Material of the blocks.
  public struct Material {
    /// Shear modulus of blocks that have not yielded yet, and of those that have.
    public var modulus: (initial: Double, renewed: Double)
    public var thresholds: ThresholdSource
    public var renewal: ThresholdSource
    public var eigenstrain: Eigenstrain
    /// Whether a block also yields at −Y, with a negative eigenstrain.
    public var bothSigns: Bool
    public var seed: UInt64
    /// Number of this realisation among several with the same seed.
    public var realisation: Int

    public init(
      modulus: (initial: Double, renewed: Double), thresholds: ThresholdSource, renewal: ThresholdSource,
      eigenstrain: Eigenstrain, bothSigns: Bool, seed: UInt64, realisation: Int = 0
    ) {
      self.modulus = modulus
      self.thresholds = thresholds
      self.renewal = renewal
      self.eigenstrain = eigenstrain
      self.bothSigns = bothSigns
      self.seed = seed
      self.realisation = realisation
    }
  }

  public enum Eigenstrain: Sendable {
    case single(Double)
    case drawn(Distribution)
  }
}
