import Checkpoints
import MessagePassing
import Particles

/// Minimisation to mechanical equilibrium as configured by the user: relaxation of overlaps, the chosen method, and
/// Newton steps to the end.
public struct Minimization: Sendable {
  public enum Method: String, Sendable {
    case newton, cg, fire, lbfgs
    case gradientFlow = "gradient-flow"
  }

  /// Method chosen by the user.
  public var method: Method
  /// Preconditioner of all methods except `cg` and `fire`.
  public var preconditioner: PreconditionerKind
  /// Largest force component at the minimum.
  public var tolerance: ForceTolerance
  /// Limit of force evaluations and Hessian products together.
  public var maximumEvaluations: Int

  /// Largest force component, as a fraction of the mean bond force, at which first-order methods hand over to Newton's
  /// method. With the method `newton` from any start, the descent is left to FIRE, which is several times cheaper there
  /// as long as many events run at once.
  var handOver: Double { method == .newton ? 1e-2 : 1e-5 }

  public init(
    method: Method, preconditioner: PreconditionerKind = .multigrid, tolerance: ForceTolerance, maximumEvaluations: Int
  ) {
    self.method = method
    self.preconditioner = preconditioner
    self.tolerance = tolerance
    self.maximumEvaluations = maximumEvaluations
  }

  /// Starting point of a minimisation.
  public enum Start: Sendable {
    /// Any positions, even with overlaps.
    case anywhere
    /// A configuration one strain step away from equilibrium.
    case nearEquilibrium
  }

  /// Minimises the energy. The system is left with the forces, energies and stress of its final position. Collective.
  /// - Parameters:
  ///   - safePoint: where the minimisation can be suspended.
  ///   - saved: a checkpoint made there, from which `system` was restored; nil for a fresh start.
  public func run(
    _ system: ParticleSystem, from start: Start = .anywhere, safePoint: SafePoint = .none,
    resuming saved: Checkpoint? = nil
  ) throws -> MinimizationResult {
    try MinimizationCourse(self, system, from: start, safePoint: safePoint, resuming: saved).run()
  }

  /// Returns the method that runs before Newton's method, if any.
  func firstStage(from start: Start) -> (any Minimizer)? {
    switch method {
    case .newton: start == .anywhere ? Fire() : nil
    case .cg: ConjugateGradient()
    case .fire: Fire()
    case .lbfgs: LimitedMemory(preconditioner: preconditioner)
    case .gradientFlow: GradientFlow(preconditioner: preconditioner)
    }
  }

  /// Returns Newton's method, in its variant for contacts if the stiffness jumps. After a failure with the multigrid,
  /// which empty regions and freely rotating clusters can spoil, it uses the diagonal blocks.
  func newton(
    for system: ParticleSystem, afterFailures failures: Int, resuming saved: Checkpoint?
  ) -> any Minimizer {
    let kind = failures == 0 ? preconditioner : .blockJacobi
    // A run that an earlier build suspended inside the other method is completed by that method.
    let isContact = system.interaction.isContact && saved?.holds(TruncatedNewton.key) != true
    return isContact ? SemismoothNewton(preconditioner: kind) : TruncatedNewton(preconditioner: kind)
  }
}
