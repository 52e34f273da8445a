import Geometry
import Interactions
import Particles

/// A displacement of all particles that is affine up to a periodic field: between the ends of a bond x
/// it changes by G·x + u_j − u_i.
///
/// The derivatives of the particle positions with respect to strain have this form: d₁ = A x + ẋ, d₂ = A d₁ + ẍ, and so
/// on (Richard, eqs. 9–12).
public struct StrainedDisplacement {
  /// The displacement gradient G of the affine part.
  public var gradient: Tensor
  /// The periodic field u, whose ghosts have been gathered; nil for zero.
  public var field: ParticleField?

  public init(gradient: Tensor, field: ParticleField? = nil) {
    self.gradient = gradient
    self.field = field
  }

  /// Returns the change of the bond x from particle i to particle j, given by their local numbers.
  @inline(__always) func change(_ x: Vector, from i: Int, to j: Int, dimension d: Int) -> Vector {
    var v = gradient * x
    guard let u = field?.values else { return v }
    if d == 2 {
      v.x += u[2 * j] - u[2 * i]
      v.y += u[2 * j + 1] - u[2 * i + 1]
    } else {
      v.x += u[3 * j] - u[3 * i]
      v.y += u[3 * j + 1] - u[3 * i + 1]
      v.z += u[3 * j + 2] - u[3 * i + 2]
    }
    return v
  }
}
