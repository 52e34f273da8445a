import Checkpoints
import Geometry
import Measurement
import MessagePassing
import Particles
import Statics

/// Athermal quasistatic loading: a small affine step, then a minimisation of the energy,
/// repeated (Richard, Sec. II and V).
public struct QuasistaticShear {
  /// Names in checkpoints.
  private enum Key {
    static let progress = "shear"
    static let step = "shear/step"
  }

  public let system: ParticleSystem
  public let minimization: Minimization
  public let schedule: StrainSchedule
  /// Search for plastic events; nil for fixed steps, in which all that happens within one step counts as one event.
  public let events: EventSearch?
  /// Whether the loading continues from a step whose minimisation ended short of its tolerance.
  public let acceptsUnconverged: Bool
  private let loading: Loading

  public init(
    _ system: ParticleSystem, loading: Loading, schedule: StrainSchedule, minimization: Minimization,
    events: EventSearch? = nil, acceptsUnconverged: Bool = false
  ) {
    self.system = system
    self.loading = loading
    self.schedule = schedule
    self.minimization = minimization
    self.events = events
    self.acceptsUnconverged = acceptsUnconverged
  }

  /// Progress of a loading: at the beginning of a step, or within it.
  private struct LoadingProgress: Codable {
    var step = 0
    var isWithin = false
    /// Number of evaluations when the last step was reported.
    var evaluations: Int
  }

  /// Runs the whole schedule. Collective.
  /// - Parameters:
  ///   - safePoint: where the loading can be suspended; its steps are those that the user counts.
  ///   - saved: a checkpoint made there, from which the system was restored; nil for a fresh start.
  /// - Throws: a failure of kind `notConverged` at the first step whose minimisation ends short of its tolerance,
  ///   unless that is accepted.
  public func run(
    _ observer: any ShearObserver, safePoint: SafePoint = .none, resuming saved: Checkpoint? = nil
  ) throws {
    let strains = schedule.strains
    var progress =
      try saved?.value(LoadingProgress.self, of: Key.progress) ?? LoadingProgress(evaluations: evaluationCount)
    var tracker: ParticleField?
    let safePoint = safePoint.within {
      try $0.put(progress, as: Key.progress)
      try loading.save(to: $0)
      if progress.isWithin { try system.save(tracker!, to: $0, as: Key.step) }
    }

    for step in progress.step..<max(progress.step, strains.count + 1) {
      Heartbeat.enter(phase: "strain step \(step)")
      let resumed = progress.isWithin ? saved : nil
      tracker =
        try resumed.map { try system.makeDisplacementTracker(resuming: $0, as: Key.step) }
        ?? system.makeDisplacementTracker()
      progress.isWithin = true
      let result = try advance(step, to: step == 0 ? nil : strains[step - 1], observer, safePoint, resumed)
      try report(step, result, since: &progress.evaluations, tracker!, to: observer)
      progress.step = step + 1
      progress.isWithin = false
      try safePoint.reached(isStep: true)
    }
    try safePoint.end()
  }

  /// Brings the system to rest at a strain; nil stands for the strain of the start.
  private func advance(
    _ step: Int, to strain: Double?, _ observer: any ShearObserver, _ safePoint: SafePoint,
    _ resumed: Checkpoint?
  ) throws -> MinimizationResult {
    if let strain, let events {
      return try events.advance(
        system, loading, to: strain, safePoint: safePoint, resuming: resumed,
        equilibrate: { try equilibrate(step: step, $0) }, found: { try observer.found($0, in: system) },
        locating: observer.locating)
    }
    if let strain, resumed == nil { try loading.deform(system, to: strain) }
    return try equilibrate(step: step, safePoint, resuming: resumed)
  }

  private func equilibrate(
    step: Int, _ safePoint: SafePoint, resuming saved: Checkpoint? = nil
  ) throws -> MinimizationResult {
    try checkBoxWidths(step: step)
    let result = try minimization.run(
      system, from: step == 0 ? .anywhere : .nearEquilibrium, safePoint: safePoint.within(countsSteps: false) { _ in },
      resuming: saved)
    guard result.reason == .converged || acceptsUnconverged else {
      throw Failure.everywhere(
        .notConverged,
        "step \(step), strain \(system.strain): the minimisation ended by \(result.reason.rawValue) after "
          + "\(result.evaluations) evaluations with a largest force component of \(result.forceMax.shown), which "
          + "should be at most \(result.tolerance.shown); \(result.remedy)")
    }
    return result
  }

  /// Verifies that the box is wide enough. Only simple shear can continue forever; in the other modes the box becomes
  /// too thin at some strain.
  private func checkBoxWidths(step: Int) throws {
    let widths = system.cell.widths
    for k in 0..<system.dimension where widths[k] < 2 * system.range {
      throw Failure.everywhere(
        .physics,
        "step \(step), strain \(system.strain): the box is \(widths[k].shown) wide along edge \(k + 1), less than two "
          + "list ranges of \(system.range.shown); the loading has to end before")
    }
  }

  private func report(
    _ step: Int, _ result: MinimizationResult, since evaluations: inout Int, _ tracker: ParticleField,
    to observer: any ShearObserver
  ) throws {
    let totals = try system.totals()
    let displacements = try DisplacementStatistics(system, tracker)
    let now = evaluationCount
    let record = StepRecord(
      step: step, strain: system.strain, stress: totals.stress,
      energyPerParticle: totals.energy / Double(system.totalCount), pressure: totals.pressure,
      evaluations: now - evaluations, forceMax: result.forceMax, displacementMax: displacements.largest,
      displacementMean: displacements.mean, minimization: result)
    evaluations = now
    try observer.completed(record, of: system)
  }

  private var evaluationCount: Int { system.workDone }
}
