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
  private var handOver: Double { method == .newton ? 1e-2 : 1e-5 }

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

  /// Returns the method that runs before Newton's method, if any.
  private func firstStage(from start: Start) -> (any Minimizer)? {
    switch method {
    case .newton: start == .anywhere ? Fire() : nil
    case .cg: ConjugateGradient()
    case .fire: Fire()
    case .lbfgs: LimitedMemory(preconditioner: preconditioner)
    case .gradientFlow: GradientFlow(preconditioner: preconditioner)
    }
  }

  /// Progress of the minimisation, as needed to resume it from a checkpoint.
  private struct State: Codable {
    enum Stage: String, Codable { case overlaps, firstOrder, newton, descent, probe }
    var stage: Stage
    /// Work that was done before this minimisation.
    var before: EvaluationStatistics
    /// Force that counts as zero, from the bonds last measured, in ε/λ.
    var threshold = 0.0
    /// Force at which first-order methods hand over, in ε/λ.
    var coarse = 0.0
    var result = MinimizationResult(reason: .converged, forceMax: .infinity, tolerance: 0)
    /// Number of runs of the first stage.
    var rounds: Int?
    /// Number of times that Newton's method ended short of the tolerance.
    var failures: Int?
    /// Number of times that the method that took over from Newton's stagnated.
    var vain: Int?
    /// Number of times that the method that took over had not arrived when its evaluations were used up.
    var cut: Int?
    /// Number of saddles that were left.
    var saddles: Int?
  }

  /// Goal of the first-order method that takes over after the first failure of Newton's method: it lowers the
  /// largest force to this fraction. After a second failure it continues to the tolerance: in packings that unjam,
  /// contacts change to the last.
  private static let descentGoal = 1e-4
  /// Evaluations after which that method hands back to Newton's the first time; the number doubles each time
  /// that it has not arrived by then. A packing that unjams may need about 10⁵, and Newton's method shortens the
  /// way of those that stay jammed.
  private static let firstDescent = 4000
  private static let mostDoublings = 20
  /// Largest number of saddles that are left in one minimisation.
  private static let largestSaddles = 50
  /// Number of products in solves without negative curvature that counts as proof of a minimum.
  private static let conclusiveProducts = 20

  /// Minimises the energy. The system is left with the forces, energies and stress of its final position. Collective.
  /// - Parameters:
  ///   - safePoint: where the minimisation can be suspended.
  ///   - saved: a checkpoint made there, from which `system` was restored; nil for a fresh start.
  public func run(
    _ system: ParticleSystem, from start: Start = .anywhere, safePoint: SafePoint = .none,
    resuming saved: Checkpoint? = nil
  ) throws -> MinimizationResult {
    var state = try saved?.value(State.self, of: "minimization") ?? State(stage: .overlaps, before: system.statistics)
    let workBefore = state.before.work(particles: system.totalCount)
    var resumed = saved
    let safePoint = safePoint.within { try $0.put(state, as: "minimization") }
    /// Returns the checkpoint once, to the stage that was suspended; later stages get nil.
    func takeResumed() -> Checkpoint? {
      defer { resumed = nil }
      return resumed
    }
    /// Runs a method with the remaining evaluations, at most `limit`; reaching `limit` counts as stagnation.
    /// - Returns: whether `limit` ended it.
    @discardableResult func run(_ method: any Minimizer, tolerance: Double, limit: Int = .max) throws -> Bool {
      let left = maximumEvaluations - (system.workDone - workBefore)
      let budget = try resumed?.value(Int.self, of: "budget") ?? min(left, limit)
      state.result.takeOver(
        try method.minimize(
          system, tolerance: tolerance, maximumEvaluations: budget,
          safePoint: safePoint.within { try $0.put(budget, as: "budget") }, resuming: takeResumed()))
      let isCut = state.result.reason == .evaluationLimit && system.workDone - workBefore < maximumEvaluations
      if isCut { state.result.reason = .stagnated }
      return isCut
    }
    func measure() throws {
      let bonds = try system.bondStatistics()
      state.threshold = tolerance.threshold(for: system, bonds: bonds)
      state.coarse = max(state.threshold, handOver * bonds.meanForce)
    }

    stages: while true {
      switch state.stage {
      case .overlaps:
        if start == .anywhere {
          try OverlapRelaxation().relax(system, safePoint: safePoint, resuming: takeResumed())
        } else {
          try system.evaluate()
        }
        try measure()
        state.result.tolerance = state.threshold
        state.stage = firstStage(from: start) == nil ? .newton : .firstOrder
      case .firstOrder:
        // The bonds of the minimum, not those of an overlapping start, determine the floor. So the result is compared
        // with the floor of its own bonds, until both agree. If the bonds weaken further each time, the packing unjams,
        // and the method has to run to the end.
        if resumed == nil { state.rounds = (state.rounds ?? 0) + 1 }
        try run(firstStage(from: start)!, tolerance: (state.rounds ?? 1) > 3 ? state.threshold : state.coarse)
        try measure()
        if state.result.reason != .converged || state.result.forceMax <= state.coarse { state.stage = .newton }
      case .newton:
        if resumed == nil {
          if state.result.reason == .evaluationLimit { break stages }
          if state.result.forceMax <= state.threshold {
            state.result.reason = .converged
            state.stage = .probe
            continue
          }
        }
        try run(
          newton(for: system, afterFailures: state.failures ?? 0, resuming: resumed), tolerance: state.threshold)
        state.threshold = try tolerance.threshold(for: system)
        if state.result.reason == .stagnated { state.stage = .descent }
      case .descent:
        if resumed == nil {
          state.failures = (state.failures ?? 0) + 1
          state.vain = state.vain ?? 0
          if state.vain! > 1 { break stages }
        }
        let goal = state.failures! == 1 ? Self.descentGoal * state.result.forceMax : 0
        // While contacts open and close, inertia is the fastest.
        let rearranges = system.interaction.isContact && state.vain == 0
        let method: any Minimizer = rearranges ? Fire.nearRest : ConjugateGradient()
        state.result.stableProducts = 0
        let doublings = min(state.cut ?? 0, Self.mostDoublings)
        let isCut = try run(method, tolerance: max(state.threshold, goal), limit: Self.firstDescent << doublings)
        if isCut {
          state.cut = doublings + 1
        } else if state.result.reason != .converged {
          state.vain! += 1
        }
        state.threshold = try tolerance.threshold(for: system)
        state.stage = .newton
      case .probe:
        if state.result.stableProducts >= Self.conclusiveProducts { break stages }
        try system.evaluate()
        // If all bonds are slack, the energy cannot decrease in any direction.
        if try system.bondStatistics().meanForce <= state.threshold { break stages }
        resumed = nil  // an interrupted probe is restarted
        let budget = maximumEvaluations - (system.workDone - workBefore)
        guard budget > 0 else { break stages }
        let probe = try StabilityProbe(system, preconditioner)
        let saddles = state.saddles ?? 0
        guard
          try probe.leaveSaddle(
            attempt: saddles, tolerance: state.threshold, budget: budget, safePoint: safePoint, &state.result)
        else { break stages }
        state.saddles = (state.saddles ?? 0) + 1
        if state.saddles! > Self.largestSaddles {
          state.result.reason = .saddlePoint
          break stages
        }
        state.result.forceMax = .infinity
        state.stage = .newton
      }
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

  /// Returns Newton's method, in its variant for contacts if the stiffness jumps. After a failure with the multigrid,
  /// which empty regions and freely rotating clusters can spoil, it uses the diagonal blocks.
  private func newton(
    for system: ParticleSystem, afterFailures failures: Int, resuming saved: Checkpoint?
  ) -> any Minimizer {
    let kind = failures == 0 ? preconditioner : .blockJacobi
    // A run that an earlier build suspended inside the other method is completed by that method.
    let isContact = system.interaction.isContact && saved?.holds("newton") != true
    return isContact ? SemismoothNewton(preconditioner: kind) : TruncatedNewton(preconditioner: kind)
  }
}
