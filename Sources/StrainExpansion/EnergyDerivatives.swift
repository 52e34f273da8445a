import Geometry
import Interactions
import Particles

/// The second, third and fourth derivatives of the potential energy with respect to the particle positions, H, T and M,
/// contracted with displacements, bond by bond and without any matrix (Richard, eqs. B6–B15).
///
/// Displacements may be affine up to a periodic field, so H·(A x) is one of the products.
/// Their fields must have ghosts.
public struct EnergyDerivatives {
  let system: ParticleSystem
  let bonds: BondNetwork

  /// Creates the derivatives of a system whose forces are up to date.
  public init(_ system: ParticleSystem, _ bonds: BondNetwork) {
    self.system = system
    self.bonds = bonds
  }

  /// Adds factor · H·v to `result`.
  public func addHessian(_ v: StrainedDisplacement, times factor: Double = 1, to result: ParticleField) {
    add(factor, to: result) { x, s, i, j, d in s.gradient(x, along: v.change(x, from: i, to: j, dimension: d)) }
  }

  /// Adds factor · T:v u to `result`.
  public func addThird(
    _ v: StrainedDisplacement, _ u: StrainedDisplacement, times factor: Double = 1, to result: ParticleField
  ) {
    add(factor, to: result) { x, s, i, j, d in
      s.gradient(x, along: v.change(x, from: i, to: j, dimension: d), u.change(x, from: i, to: j, dimension: d))
    }
  }

  /// Adds factor · M∴v u w to `result`.
  public func addFourth(
    _ v: StrainedDisplacement, _ u: StrainedDisplacement, _ w: StrainedDisplacement, times factor: Double = 1,
    to result: ParticleField
  ) {
    add(factor, to: result) { x, s, i, j, d in
      s.gradient(
        x, along: v.change(x, from: i, to: j, dimension: d), u.change(x, from: i, to: j, dimension: d),
        w.change(x, from: i, to: j, dimension: d))
    }
  }

  /// Returns H:u v, T∴u v w or M∷u v w w': the derivative of the energy along two to four
  /// given displacements. Collective.
  public func contraction(_ displacements: StrainedDisplacement...) throws -> Double {
    precondition((2...4).contains(displacements.count), "H, T and M take two, three and four displacements")
    let d = bonds.dimension
    return try system.sums(1) { i, out in
      var sum = 0.0
      for end in bonds.ends(of: i) {
        let x = bonds.bond(end)
        let s = bonds.stiffness(end)
        let j = Int(bonds.partner[end])
        func change(_ k: Int) -> Vector { displacements[k].change(x, from: i, to: j, dimension: d) }
        switch displacements.count {
        case 2: sum += s.gradient(x, along: change(0)).dot(change(1))
        case 3: sum += s.gradient(x, along: change(0), change(1)).dot(change(2))
        default: sum += s.gradient(x, along: change(0), change(1), change(2)).dot(change(3))
        }
      }
      // Each bond is visited at both of its ends.
      out[0] = sum / 2
    }[0]
  }

  /// Adds the gradients of all bonds to `result`. A bond from i to j adds its gradient to the derivative at j and
  /// subtracts it at i; here each end handles its own part.
  @inline(__always)
  private func add(
    _ factor: Double, to result: ParticleField,
    _ gradient: (_ bond: Vector, _ stiffness: BondStiffness, _ i: Int, _ j: Int, _ dimension: Int) -> Vector
  ) {
    let d = bonds.dimension
    for i in 0..<system.ownedCount {
      var sum = Vector.zero
      for end in bonds.ends(of: i) {
        sum += gradient(bonds.bond(end), bonds.stiffness(end), i, Int(bonds.partner[end]), d)
      }
      for k in 0..<d { result.values[i * d + k] -= factor * sum[k] }
    }
  }
}
