import Geometry

/// The bonds of a configuration at rest: each owned particle with its partners within the cutoff, the bond vectors, and
/// the derivatives of the pair energy along them.
///
/// A bond between owned particles has two ends here, one in the list of each. The ends of a particle are in the order
/// of its neighbour list, so that sums over them have the same bits on any number of ranks.
public final class BondNetwork {
  public let dimension: Int
  /// First end of each owned particle; one more entry than particles.
  public let firstEnd = AlignedBuffer<Int>()
  /// Local number of the partner, owned or ghost.
  public let partner = AlignedBuffer<Int32>()
  /// Bond vector x_j − x_i, `dimension` numbers per end.
  public let vector = AlignedBuffer<Double>()
  /// Derivatives of φ with respect to r²/2, first to fourth: φ'/r, φ''/r² − φ'/r³, … (Richard, eqs.
  /// B1–B4), four numbers per end.
  public let derivatives = AlignedBuffer<Double>()
  public internal(set) var ownedCount = 0
  /// Number of ends of all owned particles: about twice the number of bonds.
  public internal(set) var endCount = 0

  public init(dimension: Int) { self.dimension = dimension }

  /// Allocates the given numbers of ends of the owned particles.
  func resize(_ counts: [Int]) {
    ownedCount = counts.count
    firstEnd.reserve(exactly: ownedCount + 1)
    firstEnd[0] = 0
    for i in 0..<ownedCount { firstEnd[i + 1] = firstEnd[i] + counts[i] }
    endCount = firstEnd[ownedCount]
    partner.reserve(exactly: endCount)
    vector.reserve(exactly: endCount * dimension)
    derivatives.reserve(exactly: endCount * 4)
  }

  @inline(__always) public func ends(of particle: Int) -> Range<Int> { firstEnd[particle]..<firstEnd[particle + 1] }

  /// Returns the bond vector of an end; its third component is zero in two dimensions.
  @inline(__always) public func bond(_ end: Int) -> Vector {
    dimension == 2
      ? Vector(vector[2 * end], vector[2 * end + 1], 0)
      : Vector(vector[3 * end], vector[3 * end + 1], vector[3 * end + 2])
  }

  @inline(__always) public func stiffness(_ end: Int) -> BondStiffness {
    BondStiffness(
      first: derivatives[4 * end], second: derivatives[4 * end + 1], third: derivatives[4 * end + 2],
      fourth: derivatives[4 * end + 3])
  }

  /// Returns the network of the ends for which `holds` is true, in the same order.
  public func filtered(_ holds: (_ i: Int, _ j: Int) -> Bool) -> BondNetwork {
    let kept = BondNetwork(dimension: dimension)
    kept.ownedCount = ownedCount
    kept.firstEnd.reserve(exactly: ownedCount + 1)
    kept.partner.reserve(exactly: endCount)
    kept.vector.reserve(exactly: endCount * dimension)
    kept.derivatives.reserve(exactly: endCount * 4)
    var end = 0
    for i in 0..<ownedCount {
      kept.firstEnd[i] = end
      for old in ends(of: i) where holds(i, Int(partner[old])) {
        kept.partner[end] = partner[old]
        for k in 0..<dimension { kept.vector[end * dimension + k] = vector[old * dimension + k] }
        for k in 0..<4 { kept.derivatives[4 * end + k] = derivatives[4 * old + k] }
        end += 1
      }
    }
    kept.firstEnd[ownedCount] = end
    kept.endCount = end
    return kept
  }
}
