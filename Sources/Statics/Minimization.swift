import Checkpoints
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

  /// How far it is, for whom it is continued by.
  private struct State: Codable {
    enum Stage: String, Codable { case overlaps, firstOrder, newton }
    var stage: Stage
    /// Work that others have done before.
    var before: EvaluationStatistics
    /// The force that counts as zero, by the bonds last looked at, and that at which first-order methods hand over.
    var threshold = 0.0
    var coarse = 0.0
    var result = MinimizationResult(reason: .converged, forceMax: .infinity, tolerance: 0)
  }

  /// Collective. The system is left with forces, energies and stress of its final position.
  /// - Parameters:
  ///   - safePoint: where the minimisation can be put aside.
  ///   - saved: a checkpoint that was made there, whose system `system` continues; nil for a fresh start.
  public func run(
    _ system: ParticleSystem, from start: Start = .anywhere, safePoint: SafePoint = .none, resuming saved: Checkpoint? = nil
  ) throws -> MinimizationResult {
    var state = try saved?.value(State.self, of: "minimization") ?? State(stage: .overlaps, before: system.statistics)
    let workBefore = state.before.work(particles: system.totalCount)
    var resumed = saved
    let safePoint = safePoint.within { try $0.put(state, as: "minimization") }
    /// What a stage continues from: only the one that was put aside.
    func takeResumed() -> Checkpoint? {
      defer { resumed = nil }
      return resumed
    }
    func measure() throws {
      let bonds = try system.bondStatistics()
      state.threshold = tolerance.threshold(for: system, bonds: bonds)
      state.coarse = max(state.threshold, handOver * bonds.meanForce)
    }

    if state.stage == .overlaps {
      if start == .anywhere {
        try OverlapRelaxation().relax(system, safePoint: safePoint, resuming: takeResumed())
      } else {
        try system.evaluate()
      }
      try measure()
      state.result.tolerance = state.threshold
      state.stage = firstStage(from: start) == nil ? .newton : .firstOrder
    }
    // The bonds of the minimum, not those of an overlapping start, set the floor: what was reached is held against the
    // bonds that it has, until they agree.
    if state.stage == .firstOrder {
      let first = firstStage(from: start)!
      repeat {
        let budget = try resumed?.value(Int.self, of: "budget") ?? maximumEvaluations - (system.workDone - workBefore)
        state.result.takeOver(
          try first.minimize(
            system, tolerance: state.coarse, maximumEvaluations: budget,
            safePoint: safePoint.within { try $0.put(budget, as: "budget") }, resuming: takeResumed()))
        try measure()
      } while state.result.reason == .converged && state.result.forceMax > state.coarse
      state.stage = .newton
    }
    while resumed != nil || (state.result.reason != .evaluationLimit && state.result.forceMax > state.threshold) {
      let budget = try resumed?.value(Int.self, of: "budget") ?? maximumEvaluations - (system.workDone - workBefore)
      state.result.takeOver(
        try TruncatedNewton(preconditioner: preconditioner).minimize(
          system, tolerance: state.threshold, maximumEvaluations: budget,
          safePoint: safePoint.within { try $0.put(budget, as: "budget") }, resuming: takeResumed()))
      state.threshold = try tolerance.threshold(for: system)
      if state.result.reason != .converged { break }
    }
    var result = state.result
    result.tolerance = state.threshold
    try system.evaluate(.forcesEnergyAndStress)
    result.forceMax = try system.largestComponent(system.forces, width: system.dimension)
    result.evaluations = system.statistics.evaluations - state.before.evaluations
    result.hessianProducts = system.statistics.hessianProducts - state.before.hessianProducts
    result.regionalRows = system.statistics.regionalRows - state.before.regionalRows
    return result
  }
}
