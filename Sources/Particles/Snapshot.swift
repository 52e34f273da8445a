import Geometry

/// A configuration at rest: the cell, how far it has been strained, and this rank's share of the particles.
public struct Snapshot: Sendable {
  /// 2 or 3.
  public var dimension: Int
  /// Edge vectors as rows, in units of length.
  public var edges: Tensor
  /// Accumulated, unflipped strain of the loading so far.
  public var strain: Double
  /// The generator A of the deformation exp(γA) whose γ the strain is; nil where nobody knows.
  public var strainGenerator: Tensor?
  /// Particles on all ranks together.
  public var totalCount: Int
  /// The largest species number in use plus one, over all ranks.
  public var speciesCount: Int
  /// True where the source states a species per particle, also if it is the same for all.
  public var hasSpecies: Bool
  /// True where the source states a size per particle.
  public var hasDiameters: Bool
  /// The quantum that `particles.fixedPositions` are counted in; nil where the source has none.
  public var quantum: Double?
  /// This rank's share.
  public var particles: ParticleTable
  /// Names by which the source tells species apart, in the order of the alphabet, where it does not say which is the
  /// first.
  public var speciesNames: [String] = []

  public init(dimension: Int, edges: Tensor, totalCount: Int, particles: ParticleTable) {
    self.dimension = dimension
    self.edges = edges
    self.totalCount = totalCount
    self.particles = particles
    strain = 0
    speciesCount = 1
    hasSpecies = false
    hasDiameters = false
    quantum = nil
  }

  /// The strain from which a loading by A goes on: 0 where that of the configuration counts another deformation.
  public func strain(countedBy generator: Tensor) -> Double {
    strainGenerator.map { $0 == generator } ?? true ? strain : 0
  }
}
