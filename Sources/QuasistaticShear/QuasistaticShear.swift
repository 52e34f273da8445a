import Geometry
import MessagePassing
import Measurement
import Particles
import Statics

/// Athermal quasistatic loading: a small affine step, then the energy minimum, over and over (Richard, Sec. II and V).
public struct QuasistaticShear {
  public let system: ParticleSystem
  public let minimization: Minimization
  public let schedule: StrainSchedule
  /// Nil for fixed steps, in which an event is whatever happens within one.
  public let events: EventSearch?
  private let loading: Loading

  public init(
    _ system: ParticleSystem, loading: Loading, schedule: StrainSchedule, minimization: Minimization,
    events: EventSearch? = nil
  ) {
    self.system = system
    self.loading = loading
    self.schedule = schedule
    self.minimization = minimization
    self.events = events
  }

  /// Runs the whole schedule. Collective.
  /// - Throws: a failure of kind `notConverged` at the first step whose minimisation ends short of its tolerance.
  public func run(_ observer: any ShearObserver) throws {
    var loading = loading
    var evaluations = evaluationCount
    var tracker = system.makeDisplacementTracker()
    try report(0, try equilibrate(step: 0), since: &evaluations, tracker, to: observer)

    for (index, strain) in schedule.strains.enumerated() {
      let step = index + 1
      Heartbeat.enter(phase: "strain step \(step)")
      tracker = system.makeDisplacementTracker()
      let result: MinimizationResult
      if let events {
        result = try events.advance(
          system, &loading, to: strain, equilibrate: { try equilibrate(step: step) },
          found: { try observer.found($0, in: system) })
      } else {
        try loading.deform(system, to: strain)
        result = try equilibrate(step: step)
      }
      try report(step, result, since: &evaluations, tracker, to: observer)
    }
  }

  private func equilibrate(step: Int) throws -> MinimizationResult {
    try keepsRoom(step: step)
    let result = try minimization.run(system, from: step == 0 ? .anywhere : .nearEquilibrium)
    guard result.reason == .converged else {
      throw Failure.everywhere(
        .notConverged,
        "step \(step), strain \(system.strain): the minimisation ended by \(result.reason.rawValue) after "
          + "\(result.evaluations) evaluations with a largest force component of \(result.forceMax), which should be at most "
          + "\(result.tolerance); raise minimizer.maximum_evaluations or minimizer.force_tolerance")
    }
    return result
  }

  /// Only simple shear can go on for ever; in the other modes the box gets too thin one day.
  private func keepsRoom(step: Int) throws {
    let widths = system.cell.widths
    for k in 0..<system.dimension where widths[k] < 2 * system.range {
      throw Failure.everywhere(
        .physics,
        "step \(step), strain \(system.strain): the box is \(widths[k]) wide along edge \(k + 1), less than two list ranges "
          + "of \(system.range); the loading has to end before")
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

  private var evaluationCount: Int { system.statistics.evaluations + system.statistics.hessianProducts }
}
