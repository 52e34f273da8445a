import Geometry
import Interactions

/// Expansion of the stress of a cavity in a rigid, affinely moving matrix to third order in the strain (Richard, Sec.
/// IV). The Hessian of the free particles is factored once; each loading takes three solves.
///
/// With x = D(γ)X + w, where w is the nonaffine displacement and D = exp(γA), the derivatives of a bond are d_n = Aⁿx +
/// Δw_n. Equilibrium to order n reads H w_n = Σ g_n, with g_n the n-th derivative of (φ'/r)x for w_n = 0.
final class CavityExpansion {
  let cavity: Cavity
  /// Stiffness of the tethers that hold the particles of the shell.
  let matrixStiffness: Double
  private let hessian = CavityHessian()
  /// Nonaffine fields w₁, w₂, w₃ of the last loading.
  private let field = (AlignedBuffer<Double>(), AlignedBuffer<Double>(), AlignedBuffer<Double>())

  init(_ cavity: Cavity, matrixStiffness: Double) {
    self.cavity = cavity
    self.matrixStiffness = matrixStiffness
  }

  private(set) var phases = Phases()

  private var dimension: Int { cavity.dimension }

  /// Assembles and factors the Hessian of the cavity. If there is no response, returns the reason, otherwise nil.
  func factor() -> Discarded? {
    guard cavity.bondList.contains(where: { $0.coreEnds > 0 }) else { return .noBonds }
    var watch = Stopwatch()
    dimension == 2 ? assemble(Plane.self) : assemble(Volume.self)
    watch.lap(&phases.assembly)
    let isStable = hessian.factor()
    watch.lap(&phases.factorisation)
    return isStable ? nil : .unstable
  }

  @inline(never)
  private func assemble<S: Space>(_ space: S.Type) {
    let d = S.dimension
    let vectors = UnsafePointer(cavity.bonds.vector.pointer)
    let derivatives = UnsafePointer(cavity.bonds.derivatives.pointer)
    cavity.bondList.withUnsafeBufferPointer { list in
      hessian.assemble(S.self, count: cavity.count, bondCount: list.count) { k in
        let bond = list[k]
        let end = Int(bond.end)
        return CavityHessian.Bond(
          from: Int(bond.from), to: Int(bond.to), vector: vectors + end * d, first: derivatives[4 * end],
          second: derivatives[4 * end + 1])
      } hold: { i in
        cavity.isCore[i] ? 0 : matrixStiffness
      }
    }
  }

  /// Returns σ:A of the cavity along exp(γA), for the three weights in the order of
  /// ``StressWeight``. Call it after ``factor()``.
  func series(along generator: Tensor) -> [StressSeries] {
    dimension == 2 ? series(Plane.self, generator) : series(Volume.self, generator)
  }

  private func series<S: Space>(_ space: S.Type, _ generator: Tensor) -> [StressSeries] {
    var watch = Stopwatch()
    let a = SpaceMatrix<S>(generator)
    let a2 = SpaceMatrix<S>(generator * generator)
    let a3 = SpaceMatrix<S>(generator * generator * generator)
    solve(S.self, into: field.0) { x, k, _, _ in BondPath(x, k, a * x).g1 }
    let w1 = field.0.pointer
    solve(S.self, into: field.1) { x, k, i, j in
      BondPath(x, k, a * x + change(S.self, w1, i, j), a2 * x).g2
    }
    let w2 = field.1.pointer
    solve(S.self, into: field.2) { x, k, i, j in
      BondPath(x, k, a * x + change(S.self, w1, i, j), a2 * x + change(S.self, w2, i, j), a3 * x).g3
    }
    let w3 = field.2.pointer
    watch.lap(&phases.solves)
    // Sums over bonds with both ends inside, and with one.
    var both = (0.0, 0.0, 0.0, 0.0)
    var one = (0.0, 0.0, 0.0, 0.0)
    forEachBond(S.self) { bond, x, k in
      if bond.coreEnds == 0 { return }
      let (i, j) = (Int(bond.from), Int(bond.to))
      let path = BondPath(
        x, k, a * x + change(S.self, w1, i, j), a2 * x + change(S.self, w2, i, j), a3 * x + change(S.self, w3, i, j))
      let s = path.stress(a)
      if bond.coreEnds == 2 {
        both = (both.0 + s.0, both.1 + s.1, both.2 + s.2, both.3 + s.3)
      } else {
        one = (one.0 + s.0, one.1 + s.1, one.2 + s.2, one.3 + s.3)
      }
    }
    watch.lap(&phases.contraction)
    let v = 1 / cavity.volume
    return StressWeight.allCases.map { weight in
      let q = weight.share
      return StressSeries(
        v * (both.0 + q * one.0), v * (both.1 + q * one.1), v * (both.2 + q * one.2), v * (both.3 + q * one.3))
    }
  }

  /// Returns u_j − u_i; an end that is not free (−1) does not move.
  @inline(__always)
  private func change<S: Space>(
    _ space: S.Type, _ u: UnsafeMutablePointer<Double>, _ i: Int, _ j: Int
  ) -> SpaceVector<S> {
    let d = S.dimension
    let own = SpaceVector<S>(u + i * d)
    return j < 0 ? .zero - own : SpaceVector<S>(u + j * d) - own
  }

  @inline(__always)
  private func forEachBond<S: Space>(
    _ space: S.Type, _ visit: (_ bond: Cavity.Bond, _ x: SpaceVector<S>, _ derivatives: UnsafePointer<Double>) -> Void
  ) {
    let vectors = cavity.bonds.vector.pointer
    let derivatives = UnsafePointer(cavity.bonds.derivatives.pointer)
    cavity.bondList.withUnsafeBufferPointer { list in
      for bond in list {
        let end = Int(bond.end)
        visit(bond, SpaceVector<S>(vectors + end * S.dimension), derivatives + 4 * end)
      }
    }
  }

  /// Solves H w = Σ g, a sum over the bonds of each particle: g pulls at the first end of a
  /// bond and pushes at its second.
  @inline(__always)
  private func solve<S: Space>(
    _ space: S.Type, into result: AlignedBuffer<Double>,
    _ g: (_ x: SpaceVector<S>, _ derivatives: UnsafePointer<Double>, _ i: Int, _ j: Int) -> SpaceVector<S>
  ) {
    let d = S.dimension
    result.reserve(hessian.matrix.paddedSize)
    let w = result.pointer
    w.update(repeating: 0, count: hessian.matrix.paddedSize)
    forEachBond(S.self) { bond, x, k in
      let (i, j) = (Int(bond.from), Int(bond.to))
      let pull = g(x, k, i, j)
      pull.add(to: w + i * d)
      if j >= 0 { pull.subtract(from: w + j * d) }
    }
    hessian.matrix.solve(w)
  }

  /// Computes the nonaffine displacement at a strain, to third order, from the last ``series(along:)``; `dimension`
  /// numbers per free particle.
  func nonaffine(at strain: Double, into u: UnsafeMutablePointer<Double>) {
    for k in 0..<cavity.unknowns {
      u[k] = strain * (field.0[k] + strain * (field.1[k] / 2 + strain * field.2[k] / 6))
    }
  }

  /// Returns the lowest eigenvalue of the Hessian of the cavity, to a relative accuracy of about 1e-9. Call
  /// it after ``series(along:)``.
  func lowestEigenvalue() -> Double {
    var watch = Stopwatch()
    defer { watch.lap(&phases.eigenvalues) }
    return InverseLanczos.lowestEigenvalue(of: hessian.matrix, start: field.0.pointer)
  }
}
