/// Some of the particles of a configuration, as columns: what readers deliver, writers take, and ranks exchange.
///
/// A rank holds any subset; the subsets of all ranks make up the configuration without overlap.
public struct ParticleTable: Sendable {
  /// Identifiers, unique over all ranks, 1 … N.
  public var ids: [Int64] = []
  /// Species from 0; empty where all are of one.
  public var species: [Int32] = []
  /// Sizes λ (polydisperse), or the diameter that belongs to the species; empty where there are none.
  public var diameters: [Double] = []
  /// Positions in units of length, measured from the origin of the cell; `dimension` numbers per particle.
  public var positions: [Double] = []
  /// How many cell edges the wrapped position stands away from the unwrapped one; `dimension` numbers per particle.
  public var images: [Int32] = []
  /// Positions in quanta, where the source knows them (a file of our own): they take precedence over `positions`, so
  /// that a saved state continues with the same bits. Empty, or `dimension` numbers per particle.
  public var fixedPositions: [Int64] = []

  public init() {}

  public var count: Int { ids.count }

  public func species(_ i: Int) -> Int32 { species.isEmpty ? 0 : species[i] }
  public func diameter(_ i: Int) -> Double { diameters.isEmpty ? 1 : diameters[i] }
}
