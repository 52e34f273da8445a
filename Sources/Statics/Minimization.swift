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

  /// First-order methods hand over to Newton's when the largest force component is this fraction of the mean bond
  /// force. Newton's own from any start leaves the flow downhill to FIRE, which is several times cheaper there, for as
  /// long as many events run at once.
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
    enum Stage: String, Codable { case overlaps, firstOrder, newton, descent, probe }
    var stage: Stage
    /// Work that others have done before.
    var before: EvaluationStatistics
    /// The force that counts as zero, by the bonds last looked at, and that at which first-order methods hand over.
    var threshold = 0.0
    var coarse = 0.0
    var result = MinimizationResult(reason: .converged, forceMax: .infinity, tolerance: 0)
    /// Runs of the first stage.
    var rounds: Int?
    /// How often Newton's method ended short of the tolerance, and how often what took over for it stagnated.
    var failures: Int?
    var vain: Int?
    /// How often what took over had not arrived when its evaluations were used up.
    var cut: Int?
    /// Saddles that were left.
    var saddles: Int?
  }

  /// What a first-order method takes over for when Newton's has ended short for the first time: it lowers the largest
  /// force to this part. The next time it goes to the tolerance: in packings that unjam, contacts change to the last.
  private static let descentGoal = 1e-4
  /// Evaluations after which it hands back the first time; each time that it has not arrived by then, it gets twice as
  /// many. A packing that unjams may need some 10⁵, and Newton's method shortens the way of those that stay jammed.
  private static let firstDescent = 4000
  private static let mostDoublings = 20
  /// So many saddles are left in one minimisation.
  private static let largestSaddles = 50
  /// Products in solves without negative curvature that tell a minimum.
  private static let conclusiveProducts = 20

  /// Collective. The system is left with forces, energies and stress of its final position.
  /// - Parameters:
  ///   - safePoint: where the minimisation can be put aside.
  ///   - saved: a checkpoint that was made there, whose system `system` continues; nil for a fresh start.
  public func run(
    _ system: ParticleSystem, from start: Start = .anywhere, safePoint: SafePoint = .none,
    resuming saved: Checkpoint? = nil
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
    /// Runs a method with what is left of the evaluations, and with no more than `limit`, which counts as stagnation.
    /// Returns whether the limit has ended it.
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
        // The bonds of the minimum, not those of an overlapping start, set the floor: what was reached is held against
        // the bonds that it has, until they agree. Where the bonds go on weakening, the packing unjams, and the way is
        // to its end.
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
        // In contacts that open and close, inertia is the fastest.
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
        // Where all bonds are slack, there is nothing that could fall.
        if try system.bondStatistics().meanForce <= state.threshold { break stages }
        resumed = nil  // a probe that was stopped begins anew
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

  /// Newton's method: that of contacts where the stiffness jumps. Where it ended short with the multigrid, which empty
  /// regions and clusters that turn freely can spoil, it is tried with the diagonal blocks.
  private func newton(
    for system: ParticleSystem, afterFailures failures: Int, resuming saved: Checkpoint?
  ) -> any Minimizer {
    let kind = failures == 0 ? preconditioner : .blockJacobi
    // What an earlier build has put aside inside of the other method is ended by that one.
    let isContact = system.interaction.isContact && saved?.holds("newton") != true
    return isContact ? SemismoothNewton(preconditioner: kind) : TruncatedNewton(preconditioner: kind)
  }
}
