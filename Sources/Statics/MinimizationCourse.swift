import Checkpoints
import MessagePassing
import Particles

/// One minimisation on its way through the stages, each of which says which one comes next.
final class MinimizationCourse {
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

  /// Names in checkpoints.
  private enum Key {
    static let state = "minimization"
    static let budget = "budget"
  }

  private let settings: Minimization
  private let system: ParticleSystem
  private let start: Minimization.Start
  private let surroundings: SafePoint
  private var state: State
  /// The checkpoint, until the stage that was suspended has taken it.
  private var resumed: Checkpoint?

  /// - Parameter saved: a checkpoint made at a safe point, from which `system` was restored; nil for a fresh start.
  init(
    _ settings: Minimization, _ system: ParticleSystem, from start: Minimization.Start, safePoint: SafePoint,
    resuming saved: Checkpoint?
  ) throws {
    self.settings = settings
    self.system = system
    self.start = start
    surroundings = safePoint
    state = try saved?.value(State.self, of: Key.state) ?? State(stage: .overlaps, before: system.statistics)
    resumed = saved
  }

  /// Goes from stage to stage to the end. Collective.
  func run() throws -> MinimizationResult {
    while let next = try advance() { state.stage = next }
    var result = state.result
    result.tolerance = state.threshold
    try system.evaluate(.forcesEnergyAndStress)
    result.forceMax = try system.largestComponent(system.forces, width: system.dimension)
    result.evaluations = system.statistics.evaluations - state.before.evaluations
    result.hessianProducts = system.statistics.hessianProducts - state.before.hessianProducts
    result.regionalRows = system.statistics.regionalRows - state.before.regionalRows
    return result
  }

  /// Does the work of the present stage.
  /// - Returns: the next stage; nil at the end.
  private func advance() throws -> State.Stage? {
    switch state.stage {
    case .overlaps: try relaxOverlaps()
    case .firstOrder: try approach()
    case .newton: try converge()
    case .descent: try descend()
    case .probe: try probe()
    }
  }

  // MARK: Stages

  private func relaxOverlaps() throws -> State.Stage {
    if start == .anywhere {
      try OverlapRelaxation().relax(system, safePoint: safePoint, resuming: takeResumed())
    } else {
      try system.evaluate()
    }
    try measure()
    state.result.tolerance = state.threshold
    return settings.firstStage(from: start) == nil ? .newton : .firstOrder
  }

  /// Runs the first-order method.
  ///
  /// The bonds of the minimum, not those of an overlapping start, determine the floor. So the result is compared with
  /// the floor of its own bonds, until both agree. If the bonds weaken further each time, the packing unjams, and the
  /// method has to run to the end.
  private func approach() throws -> State.Stage {
    if resumed == nil { state.rounds = (state.rounds ?? 0) + 1 }
    let goal = (state.rounds ?? 1) > 3 ? state.threshold : state.coarse
    try run(settings.firstStage(from: start)!, tolerance: goal)
    try measure()
    return state.result.reason != .converged || state.result.forceMax <= state.coarse ? .newton : .firstOrder
  }

  private func converge() throws -> State.Stage? {
    if resumed == nil {
      if state.result.reason == .evaluationLimit { return nil }
      if state.result.forceMax <= state.threshold {
        state.result.reason = .converged
        return .probe
      }
    }
    try run(
      settings.newton(for: system, afterFailures: state.failures ?? 0, resuming: resumed), tolerance: state.threshold)
    state.threshold = try settings.tolerance.threshold(for: system)
    return state.result.reason == .stagnated ? .descent : .newton
  }

  /// Takes over from Newton's method.
  private func descend() throws -> State.Stage? {
    if resumed == nil {
      state.failures = (state.failures ?? 0) + 1
      state.vain = state.vain ?? 0
      if state.vain! > 1 { return nil }
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
    state.threshold = try settings.tolerance.threshold(for: system)
    return .newton
  }

  /// Ends in a minimum, and leaves a saddle.
  private func probe() throws -> State.Stage? {
    if state.result.stableProducts >= Self.conclusiveProducts { return nil }
    try system.evaluate()
    // If all bonds are slack, the energy cannot decrease in any direction.
    if try system.bondStatistics().meanForce <= state.threshold { return nil }
    resumed = nil  // an interrupted probe is restarted
    let budget = evaluationsLeft
    guard budget > 0 else { return nil }
    let probe = try StabilityProbe(system, settings.preconditioner)
    let saddles = state.saddles ?? 0
    // A checkpoint made inside has the result from before.
    var result = state.result
    let hasLeft = try probe.leaveSaddle(
      attempt: saddles, tolerance: state.threshold, budget: budget, safePoint: safePoint, &result)
    state.result = result
    guard hasLeft else { return nil }
    state.saddles = saddles + 1
    if state.saddles! > Self.largestSaddles {
      state.result.reason = .saddlePoint
      return nil
    }
    state.result.forceMax = .infinity
    return .newton
  }

  // MARK: Parts of stages

  /// Where the minimisation can be suspended.
  private var safePoint: SafePoint { surroundings.within { try $0.put(self.state, as: Key.state) } }

  private var evaluationsLeft: Int {
    settings.maximumEvaluations - (system.workDone - state.before.work(particles: system.totalCount))
  }

  /// Returns the checkpoint once, to the stage that was suspended; later stages get nil.
  private func takeResumed() -> Checkpoint? {
    defer { resumed = nil }
    return resumed
  }

  /// Runs a method with the remaining evaluations, at most `limit`; reaching `limit` counts as stagnation.
  /// - Returns: whether `limit` ended it.
  @discardableResult
  private func run(_ method: any Minimizer, tolerance: Double, limit: Int = .max) throws -> Bool {
    let budget = try resumed?.value(Int.self, of: Key.budget) ?? min(evaluationsLeft, limit)
    state.result.takeOver(
      try method.minimize(
        system, tolerance: tolerance, maximumEvaluations: budget,
        safePoint: safePoint.within { try $0.put(budget, as: Key.budget) }, resuming: takeResumed()))
    let isCut = state.result.reason == .evaluationLimit && evaluationsLeft > 0
    if isCut { state.result.reason = .stagnated }
    return isCut
  }

  /// Takes the forces that count as zero and as coarse from the present bonds.
  private func measure() throws {
    let bonds = try system.bondStatistics()
    state.threshold = settings.tolerance.threshold(for: system, bonds: bonds)
    state.coarse = max(state.threshold, settings.handOver * bonds.meanForce)
  }
}
