import Geometry

/// The wave vectors of a lattice that divides the edges of a cell, tilted or not: q = 2π Σ m_k b_k, where b_k are the
/// rows of the inverse of the edges, and m_k integers from −n_k/2 to n_k/2.
public struct WaveVectors: Sendable {
  public let lattice: Lattice
  /// Vectors 2π b_k for the three axes of the lattice; in two dimensions the middle one is not used.
  private let rows: (Vector, Vector, Vector)

  public init(_ lattice: Lattice, cell: Cell) {
    precondition(cell.dimension == lattice.dimension)
    self.lattice = lattice
    let b = 2 * Double.pi * cell.fractionsOfPosition
    rows = lattice.dimension == 2 ? (b[0], .zero, b[1]) : (b[0], b[1], b[2])
  }

  /// Returns the wave vector at wave numbers that count from 0 to n − 1 along each axis.
  /// - Parameter isOdd: whether to set the wave numbers ±n/2, which are the same number, to zero. A factor that is
  ///   odd in q, as for a derivative, has to vanish there, or a real field would get an imaginary part.
  public func vector(_ k: (Int, Int, Int), isOdd: Bool = false) -> Vector {
    func number(_ k: Int, _ n: Int) -> Double { 2 * k == n && isOdd ? 0 : Double(2 * k > n ? k - n : k) }
    let n = lattice.extents
    return number(k.0, n.0) * rows.0 + number(k.1, n.1) * rows.1 + number(k.2, n.2) * rows.2
  }
}

extension LatticeTransform.SpectralRow {
  /// Returns the wave numbers of the k-th complex number of the row.
  public func waveNumbers(_ k: Int) -> (Int, Int, Int) {
    axis == 0 ? (k, first.1, first.2) : (first.0, first.1, k)
  }
}
