import Geometry

/// A configuration of particles: the cell, its strain, and this rank's share of the particles.
public struct Snapshot: Sendable {
  /// Dimension of space, 2 or 3.
  public var dimension: Int
  /// Edge vectors as rows, in units of length.
  public var edges: Tensor
  /// Accumulated strain of the loading so far; flips of the box do not change it.
  public var strain: Double
  /// Generator A of the deformation exp(γA) that the strain γ measures; nil if unknown.
  public var strainGenerator: Tensor?
  /// Number of particles on all ranks.
  public var totalCount: Int
  /// Largest species number in use plus one, over all ranks.
  public var speciesCount: Int
  /// Whether the source gives a species per particle, even if it is the same for all.
  public var hasSpecies: Bool
  /// Whether the source gives a size per particle.
  public var hasDiameters: Bool
  /// Quantum in which `particles.fixedPositions` are counted, in units of length; nil if the source has none.
  public var quantum: Double?
  /// This rank's share of the particles.
  public var particles: ParticleTable
  /// Names of the species in the source, in alphabetical order, if the source does not say which is the first.
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

  /// Returns the strain from which a loading by generator A continues: 0 if the configuration's strain
  /// measures another deformation.
  public func strain(countedBy generator: Tensor) -> Double {
    strainGenerator.map { $0 == generator } ?? true ? strain : 0
  }
}
