/// The planes of a lattice that a rank owns: blocks of equal thickness along the first axis, the last ones thinner or
/// empty. This is also how FFTW cuts it.
public struct Slab: Sendable {
  public let planes: Range<Int>
  /// How many of the ranks own anything.
  public let ranksInUse: Int

  public init(extent: Int, rank: Int, ranks: Int) {
    let thickness = (extent + ranks - 1) / ranks
    planes = min(extent, rank * thickness)..<min(extent, (rank + 1) * thickness)
    ranksInUse = (extent + thickness - 1) / thickness
  }
}
