/// Some of the particles of a configuration, as columns: the form in which readers deliver them, writers accept them,
/// and ranks exchange them.
///
/// A rank holds any subset; the subsets of all ranks make up the configuration without overlap.
public struct ParticleTable: Sendable {
  /// Identifiers, unique over all ranks, 1 … N.
  public var ids: [Int64] = []
  /// Species from 0; empty if all particles are of one species.
  public var species: [Int32] = []
  /// Sizes λ (polydisperse), or the diameters of the species, in units of length; empty if there are none.
  public var diameters: [Double] = []
  /// Positions in units of length, measured from the origin of the cell; `dimension` numbers per particle.
  public var positions: [Double] = []
  /// Image numbers: how many cell edges separate the wrapped from the unwrapped position;
  /// `dimension` numbers per particle.
  public var images: [Int32] = []
  /// Positions in quanta, `dimension` numbers per particle; empty if the source does not have them. They take
  /// precedence over `positions`, so that a run continues from a saved state with the same bits.
  public var fixedPositions: [Int64] = []

  public init() {}

  public var count: Int { ids.count }

  public func species(_ i: Int) -> Int32 { species.isEmpty ? 0 : species[i] }
  public func diameter(_ i: Int) -> Double { diameters.isEmpty ? 1 : diameters[i] }
}
