import MessagePassing
import Particles

/// Mechanical equilibrium as the user asked for it: overlaps relaxed, the chosen method, and Newton steps to the end.
public struct Minimization: Sendable {
  public enum Method: String, Sendable {
    case newton, cg, fire, lbfgs
    case gradientFlow = "gradient-flow"
  }

  public var method: Method
  /// Of all methods but `cg` and `fire`.
  public var preconditioner: PreconditionerKind
  public var tolerance: ForceTolerance
  public var maximumEvaluations: Int

  /// First-order methods hand over to Newton's when the largest force component is this fraction of the mean bond force.
  /// Newton's own from any start leaves the flow downhill to FIRE, which is several times cheaper there, for as long as many
  /// events run at once.
  private var handOver: Double { method == .newton ? 1e-2 : 1e-5 }

  public init(
    method: Method, preconditioner: PreconditionerKind = .multigrid, tolerance: ForceTolerance, maximumEvaluations: Int
  ) {
    self.method = method
    self.preconditioner = preconditioner
    self.tolerance = tolerance
    self.maximumEvaluations = maximumEvaluations
  }

  /// Where a minimisation starts from.
  public enum Start: Sendable {
    /// Any positions, overlapping ones too.
    case anywhere
    /// One strain step from equilibrium.
    case nearEquilibrium
  }

  /// What runs before Newton's method.
  private func firstStage(from start: Start) -> (any Minimizer)? {
    switch method {
    case .newton: start == .anywhere ? Fire() : nil
    case .cg: ConjugateGradient()
    case .fire: Fire()
    case .lbfgs: LimitedMemory(preconditioner: preconditioner)
    case .gradientFlow: GradientFlow(preconditioner: preconditioner)
    }
  }

  /// Collective. The system is left with forces, energies and stress of its final position.
  public func run(_ system: ParticleSystem, from start: Start = .anywhere) throws -> MinimizationResult {
    let before = system.statistics
    if start == .anywhere { try OverlapRelaxation().relax(system) } else { try system.evaluate() }
    var bonds = try system.bondStatistics()
    var threshold = tolerance.threshold(for: system, bonds: bonds)
    let used = { system.statistics.evaluations - before.evaluations + system.statistics.hessianProducts - before.hessianProducts }
    var result = MinimizationResult(reason: .converged, forceMax: .infinity, tolerance: threshold)
    // The bonds of the minimum, not those of an overlapping start, set the floor: what was reached is held against the
    // bonds that it has, until they agree.
    if let first = firstStage(from: start) {
      var coarse = max(threshold, handOver * bonds.meanForce)
      repeat {
        result.takeOver(
          try first.minimize(system, tolerance: coarse, maximumEvaluations: maximumEvaluations - used()))
        bonds = try system.bondStatistics()
        threshold = tolerance.threshold(for: system, bonds: bonds)
        coarse = max(threshold, handOver * bonds.meanForce)
      } while result.reason == .converged && result.forceMax > coarse
    }
    while result.reason != .evaluationLimit && result.forceMax > threshold {
      result.takeOver(
        try TruncatedNewton(preconditioner: preconditioner).minimize(
          system, tolerance: threshold, maximumEvaluations: maximumEvaluations - used()))
      threshold = try tolerance.threshold(for: system)
      if result.reason != .converged { break }
    }
    result.tolerance = threshold
    try system.evaluate(.forcesEnergyAndStress)
    result.forceMax = try system.largestComponent(system.forces, width: system.dimension)
    result.evaluations = system.statistics.evaluations - before.evaluations
    result.hessianProducts = system.statistics.hessianProducts - before.hessianProducts
    return result
  }
}
