import Interactions

/// A bond along the path x + d₁γ + d₂γ²/2 + d₃γ³/6: the derivatives at γ = 0 of g = (φ'/r) x, whose balance is
/// equilibrium (Richard, eqs. 9–12). These few lines contain the tensors of eqs. B6–B15.
struct BondPath<S: Space> {
  let x: (SpaceVector<S>, SpaceVector<S>, SpaceVector<S>, SpaceVector<S>)
  /// Derivatives of s = r²/2 and of φ'/r along the path.
  private let s: (Double, Double)
  private let t: (Double, Double, Double)
  private let first: Double
  private let k: UnsafePointer<Double>

  /// Computes the derivatives along a path.
  /// - Parameter derivatives: derivatives of φ with respect to s, first to fourth.
  @inline(__always)
  init(
    _ x: SpaceVector<S>, _ derivatives: UnsafePointer<Double>, _ d1: SpaceVector<S>, _ d2: SpaceVector<S> = .zero,
    _ d3: SpaceVector<S> = .zero
  ) {
    self.x = (x, d1, d2, d3)
    k = derivatives
    first = k[0]
    let s1 = x.dot(d1)
    let s2 = d1.dot(d1) + x.dot(d2)
    s = (s1, s2)
    let s3 = 3 * d1.dot(d2) + x.dot(d3)
    t = (k[1] * s1, k[2] * s1 * s1 + k[1] * s2, k[3] * s1 * s1 * s1 + 3 * k[2] * s1 * s2 + k[1] * s3)
  }

  @inline(__always) var g0: SpaceVector<S> { first * x.0 }
  @inline(__always) var g1: SpaceVector<S> { t.0 * x.0 + first * x.1 }
  @inline(__always) var g2: SpaceVector<S> { t.1 * x.0 + (2 * t.0) * x.1 + first * x.2 }
  @inline(__always) var g3: SpaceVector<S> { t.2 * x.0 + (3 * t.1) * x.1 + (3 * t.0) * x.2 + first * x.3 }

  /// Returns the component of g⊗x that works on the motion A x, and its three derivatives: the
  /// contribution of the bond to V σ:A.
  @inline(__always) func stress(_ a: SpaceMatrix<S>) -> (Double, Double, Double, Double) {
    let (a0, a1, a2, a3) = (a * x.0, a * x.1, a * x.2, a * x.3)
    let (g0, g1, g2, g3) = (g0, g1, g2, g3)
    return (
      g0.dot(a0), g1.dot(a0) + g0.dot(a1), g2.dot(a0) + 2 * g1.dot(a1) + g0.dot(a2),
      g3.dot(a0) + 3 * g2.dot(a1) + 3 * g1.dot(a2) + g0.dot(a3)
    )
  }
}
