import Geometry
import Interactions

/// The Hessian of the free particles of a cavity, assembled bond by bond and factored. One object is used for many
/// cavities, one after the other.
final class CavityHessian {
  /// A bond of a free particle with another one, or with a point that does not move.
  struct Bond {
    var from: Int
    /// Number of the other free particle, higher than ``from``; −1 if there is none.
    var to: Int
    /// Vector from the first end to the other, one component after the other.
    var vector: UnsafePointer<Double>
    /// Stiffnesses φ'/r and φ''/r² − φ'/r³.
    var first: Double
    var second: Double
  }

  /// Lower triangle of the Hessian, or its factor.
  let matrix = EnvelopeCholesky()
  /// Largest entry on the diagonal from bonds alone. Tethers do not count: stiff ones would make a
  /// mode of the cavity appear soft.
  private(set) var largestDiagonal = 0.0
  private let diagonal = AlignedBuffer<Double>()
  private let firstColumn = AlignedBuffer<Int32>()

  /// Assembles the matrix of `count` particles.
  /// - Parameters:
  ///   - bond: returns a bond in 0 ..< `bondCount`; nil if it contributes nothing.
  ///   - hold: returns the number to add to the diagonal entries of a particle.
  @inline(__always)
  func assemble<S: Space>(
    _ space: S.Type, count: Int, bondCount: Int, bond: (Int) -> Bond?, hold: (_ particle: Int) -> Double
  ) {
    let d = S.dimension
    firstColumn.reserve(count)
    for i in 0..<count { firstColumn[i] = Int32(i) }
    for k in 0..<bondCount {
      guard let bond = bond(k), bond.to >= 0 else { continue }
      firstColumn[bond.to] = min(firstColumn[bond.to], Int32(bond.from))
    }
    matrix.prepare(size: count * d) { d * Int(firstColumn[$0 / d]) }
    let entries = d * d
    diagonal.reserve(count * entries)
    diagonal.pointer.update(repeating: 0, count: count * entries)
    for k in 0..<bondCount {
      guard let bond = bond(k) else { continue }
      let (i, j, x) = (bond.from, bond.to, bond.vector)
      for a in 0..<d {
        for b in 0..<d {
          let block = bond.second * x[a] * x[b] + (a == b ? bond.first : 0)
          diagonal[i * entries + a * d + b] += block
          if j >= 0 {
            diagonal[j * entries + a * d + b] += block
            matrix[j * d + a, i * d + b] -= block
          }
        }
      }
    }
    largestDiagonal = 0
    for i in 0..<count {
      let held = hold(i)
      for a in 0..<d {
        for b in 0...a { matrix[i * d + a, i * d + b] = diagonal[i * entries + a * d + b] }
        largestDiagonal = max(largestDiagonal, diagonal[i * entries + a * d + a])
        matrix[i * d + a, i * d + a] += held
      }
    }
  }

  /// Factors the matrix. Returns false if it is not positive definite.
  func factor() -> Bool {
    // Pivots carry the rounding of the largest entries, so a mode this much softer than the
    // stiffest one counts as zero.
    matrix.factor(smallestPivot: 1e-12 * largestDiagonal) == nil
  }
}
