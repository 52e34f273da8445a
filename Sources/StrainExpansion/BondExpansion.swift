import Geometry
import Interactions

/// Expansion of one bond along its path x + d₁γ + d₂γ²/2 + d₃γ³/6: the derivatives, at γ = 0, of its energy
/// and of its contribution to Vσ.
///
/// All follow from s = r²/2, whose derivatives along the path are scalar products (Richard, eqs. 13, 15–18).
struct BondExpansion {
  /// Energy derivatives φ_γ, φ_γγ, φ_γγγ.
  let energy: (Double, Double, Double)
  private let x: Vector
  private let d: (Vector, Vector, Vector)
  /// g = (φ'/r) x and its first three derivatives.
  private let g: (Vector, Vector, Vector, Vector)

  @inline(__always)
  init(_ x: Vector, _ s: BondStiffness, _ d1: Vector, _ d2: Vector, _ d3: Vector) {
    let s1 = x.dot(d1)
    let s2 = d1.dot(d1) + x.dot(d2)
    let s3 = 3 * d1.dot(d2) + x.dot(d3)
    // Derivatives of φ'/r along the path.
    let t1 = s.second * s1
    let t2 = s.third * s1 * s1 + s.second * s2
    let t3 = s.fourth * s1 * s1 * s1 + 3 * s.third * s1 * s2 + s.second * s3
    self.x = x
    d = (d1, d2, d3)
    energy = (
      s.first * s1, s.second * s1 * s1 + s.first * s2, s.third * s1 * s1 * s1 + 3 * s.second * s1 * s2 + s.first * s3
    )
    g = (
      s.first * x, t1 * x + s.first * d1, t2 * x + (2 * t1) * d1 + s.first * d2,
      t3 * x + (3 * t2) * d1 + (3 * t1) * d2 + s.first * d3
    )
  }

  /// Returns component ab of g⊗x and of its first three derivatives: the contribution of the bond
  /// to Vσ_ab and its derivatives.
  @inline(__always) func stress(_ a: Int, _ b: Int) -> (Double, Double, Double, Double) {
    let (g0, g1, g2, g3) = (g.0[a], g.1[a], g.2[a], g.3[a])
    let (x0, x1, x2, x3) = (x[b], d.0[b], d.1[b], d.2[b])
    return (
      g0 * x0, g1 * x0 + g0 * x1, g2 * x0 + 2 * (g1 * x1) + g0 * x2,
      g3 * x0 + 3 * (g2 * x1) + 3 * (g1 * x2) + g0 * x3
    )
  }
}
