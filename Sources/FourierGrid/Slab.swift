/// The planes of a lattice that a rank owns: slabs of equal thickness along the first axis, the last ones thinner or
/// empty. FFTW divides the lattice in the same way.
public struct Slab: Sendable {
  public let planes: Range<Int>
  /// Number of ranks that own at least one plane.
  public let ranksInUse: Int

  public init(extent: Int, rank: Int, ranks: Int) {
    let thickness = (extent + ranks - 1) / ranks
    planes = min(extent, rank * thickness)..<min(extent, (rank + 1) * thickness)
    ranksInUse = (extent + thickness - 1) / thickness
  }
}
