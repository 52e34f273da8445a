import Multigrid
import Particles

/// An approximate inverse of the Hessian, or of the Hessian plus a shift of its diagonal:
/// symmetric and positive definite.
protocol Preconditioner: AnyObject {
  /// Updates the preconditioner for the present positions, which must have been evaluated. Collective.
  func refresh(shift: Double) throws
  /// Computes z ≈ H⁻¹ r for owned particles. Collective.
  func apply(_ r: UnsafePointer<Double>, into z: UnsafeMutablePointer<Double>) throws
}

extension Multigrid: Preconditioner {}

/// Kind of preconditioner of the linear solves.
public enum PreconditionerKind: String, Sendable {
  /// A geometric multigrid; the number of iterations hardly grows with the system (``Multigrid``).
  case multigrid
  /// The inverses of the diagonal blocks: no set-up, but the number of iterations grows with the length of the box.
  case blockJacobi = "block-jacobi"

  /// Creates the preconditioner. Collective.
  func make(for system: ParticleSystem) throws -> any Preconditioner {
    switch self {
    case .multigrid: try Multigrid(system)
    case .blockJacobi: BlockJacobi(system)
    }
  }
}
