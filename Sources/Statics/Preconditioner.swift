import Multigrid
import Particles

/// An approximate inverse of the Hessian, or of the Hessian and a shift of its diagonal: symmetric and positive.
protocol Preconditioner: AnyObject {
  /// Takes the present positions, which must have been evaluated. Collective.
  func refresh(shift: Double) throws
  /// z ≈ H⁻¹ r, for owned particles. Collective.
  func apply(_ r: UnsafePointer<Double>, into z: UnsafeMutablePointer<Double>) throws
}

extension Multigrid: Preconditioner {}

/// What Newton's method is preconditioned by.
public enum PreconditionerKind: String, Sendable {
  /// A geometric multigrid, whose iterations hardly grow with the system (``Multigrid``).
  case multigrid
  /// The inverses of the diagonal blocks: no set-up, iterations growing with the length of the box.
  case blockJacobi = "block-jacobi"

  /// Collective.
  func make(for system: ParticleSystem) throws -> any Preconditioner {
    switch self {
    case .multigrid: try Multigrid(system)
    case .blockJacobi: BlockJacobi(system)
    }
  }
}
