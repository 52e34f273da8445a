import Foundation
import FourierGrid

/// The Eshelby kernel of a scalar model in Fourier space: the stress change that the plastic shear of one block causes
/// in all others, in an infinite, uniform, incompressible elastic medium.
///
/// In two dimensions G(q) = −4 q_x² q_y² / q⁴ (Richard et al., Sec. V). In three, with the shear in the plane of the
/// first two axes, G(q) = −(4 q_x² q_y² + q_z² q²) / q⁴, which is the same for q_z = 0. G is dimensionless: a block of
/// plastic strain ε in a medium of modulus μ changes the stress by Δσ(q) = 2με G(q).
public struct StressKernel: Sendable {
  public enum Discretisation: Sendable {
    /// Wave numbers of the continuum, q_i = 2π k_i / L_i, with k_i from −L_i/2 to L_i/2.
    case continuum
    /// Wave numbers of nearest-neighbour differences: q_i → 2 sin(q_i/2).
    case lattice
  }

  public enum Control: Sendable {
    /// Fixed total strain, G(0) = −1: plastic strain lowers the mean stress.
    case strain
    /// Fixed mean stress, G(0) = 0.
    case stress
  }

  public let lattice: Lattice
  /// Value of G(0).
  public let uniform: Double
  /// Squares of the wave numbers along the three axes. They are even in k; here k runs from 0 to L−1.
  let squares: [[Double]]

  public init(_ lattice: Lattice, discretisation: Discretisation = .continuum, control: Control = .strain) {
    self.lattice = lattice
    uniform = control == .strain ? -1 : 0
    squares = [lattice.extents.0, lattice.extents.1, lattice.extents.2].map { n in
      (0..<n).map { k in
        let q = 2 * Double.pi * Double(min(k, n - k)) / Double(n)
        let component = discretisation == .continuum ? q : 2 * sin(q / 2)
        return component * component
      }
    }
  }

  /// Returns G at the wave numbers (k0, k1, k2) along the three axes, each from 0 to L−1.
  public func value(_ k0: Int, _ k1: Int, _ k2: Int) -> Double {
    if k0 == 0 && k1 == 0 && k2 == 0 { return uniform }
    return lattice.dimension == 2
      ? Self.value(inPlane: squares[0][k0], squares[2][k2], normal: 0)
      : Self.value(inPlane: squares[0][k0], squares[1][k1], normal: squares[2][k2])
  }

  @inline(__always)
  static func value(inPlane a: Double, _ b: Double, normal c: Double) -> Double {
    let square = a + b + c
    return -(4 * a * b + c * square) / (square * square)
  }
}
