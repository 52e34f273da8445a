import Checkpoints
import Geometry
import Measurement
import MessagePassing
import Particles
import Statics

/// A search for plastic events by their irreversibility: after the strain has been increased and reversed, some
/// particle is not where it was.
///
/// A stress drop is neither necessary nor sufficient. A step with small nonaffine displacements counts as reversible
/// without the way back: a particle that has hardly moved cannot fail to return.
public struct EventSearch: Sendable {
  /// Name in checkpoints.
  private static let key = "events"

  /// Interval of strain to which an event is narrowed down.
  public var smallestStep: Double
  /// Distance from its old place, in mean particle spacings, beyond which a particle has moved irreversibly.
  public var displacement: Double

  public init(smallestStep: Double, displacement: Double) {
    self.smallestStep = smallestStep
    self.displacement = displacement
  }

  /// Loads the system up to `target`, and stops at each event on the way to report it. Collective.
  ///
  /// Each reported step was itself found to be irreversible. If a long step is irreversible although its parts
  /// are not, the parts are taken.
  /// - Parameters:
  ///   - safePoint: where the search can be suspended: before each step that it tries.
  ///   - saved: a checkpoint made there, from which `system` was restored; nil for a fresh start.
  ///   - equilibrate: minimises the energy at the present strain.
  ///   - found: called with each event.
  ///   - locating: called with the length of the interval that is bisected, and with nil when that is over.
  func advance(
    _ system: ParticleSystem, _ loading: Loading, to target: Double, safePoint: SafePoint, resuming saved: Checkpoint?,
    equilibrate: @escaping (SafePoint) throws -> MinimizationResult, found: (PlasticEvent) throws -> Void,
    locating: (Double?) -> Void = { _ in }
  ) throws -> MinimizationResult {
    var search = try saved?.value(Search.self, of: Self.key) ?? Search(high: target)
    while true {
      try safePoint.reached { try $0.put(search, as: Self.key) }
      // The loading has been found reversible up to here.
      let low = RestorePoint(system, loading)
      let statistics = system.statistics
      func attempt<Result>(_ work: (_ equilibrate: () throws -> MinimizationResult) throws -> Result) throws -> Result {
        try safePoint.performing { inside in
          try work { try equilibrate(inside) }
        } undo: {
          try low.restore(system, loading)
          system.resetStatistics(to: statistics)
        } _: {
          try $0.put(search, as: Self.key)
        }
      }
      func tryStep(to strain: Double) throws -> MinimizationResult {
        let (result, reversible) = try attempt { try self.tryStep(system, loading, to: strain, $0) }
        search.wasReversible = reversible
        if !reversible { try low.restore(system, loading) }
        return result
      }

      locating(search.stage == .whole ? nil : abs(search.high - low.strain))
      switch search.stage {
      case .whole:
        let result = try tryStep(to: target)
        if search.wasReversible { return result }
        search.high = target
        search.stage = .halving
      case .halving:
        // Halve the interval that holds the first event until it is as short as requested. If the last step tried was
        // reversible, the rest of the interval has not been tried yet.
        let middle = 0.5 * (low.strain + search.high)
        if abs(search.high - low.strain) <= smallestStep || middle == low.strain || middle == search.high {
          search.stage = search.wasReversible ? .rest : .event
        } else {
          _ = try tryStep(to: middle)
          if !search.wasReversible { search.high = middle }
        }
      case .rest:
        let result = try tryStep(to: search.high)
        if search.wasReversible, search.high == target { return result }
        search.stage = search.wasReversible ? .whole : .event
      case .event:
        let (result, event) = try attempt { try follow(system, loading, to: search.high, $0) }
        try found(event)
        if search.high == target { return result }
        search.stage = .whole
      }
    }
  }

  /// State of the search between the last state known to be reversible and a strain `high` beyond the first event.
  private struct Search: Codable {
    enum Stage: String, Codable {
      /// Try the whole step to the target.
      case whole
      /// Halve the interval.
      case halving
      /// Try the rest of the interval.
      case rest
      /// Pass the event within the interval.
      case event
    }

    var stage = Stage.whole
    var high: Double
    var wasReversible = false

    init(high: Double) { self.high = high }
  }

  /// Steps to `target` and tests whether stepping back would return every particle to its place. If so,
  /// the system ends at `target`.
  private func tryStep(
    _ system: ParticleSystem, _ loading: Loading, to target: Double, _ equilibrate: () throws -> MinimizationResult
  ) throws -> (MinimizationResult, reversible: Bool) {
    let origin = system.strain
    let limit = displacement * system.spacing
    let tracker = system.makeDisplacementTracker()
    try loading.deform(system, to: target)
    let result = try equilibrate()
    if try DisplacementStatistics(system, tracker).largest < 0.5 * limit { return (result, true) }
    let there = RestorePoint(system, loading)
    try loading.deform(system, to: origin)
    _ = try equilibrate()
    let reversible = try DisplacementStatistics(system, tracker).largest <= limit
    if reversible {
      try there.restore(system, loading)
      try system.evaluate(.forcesEnergyAndStress)
    }
    return (result, reversible)
  }

  /// Passes the event within the last short interval, and describes it.
  private func follow(
    _ system: ParticleSystem, _ loading: Loading, to high: Double,
    _ equilibrate: () throws -> MinimizationResult
  ) throws -> (MinimizationResult, PlasticEvent) {
    try system.evaluate(.forcesEnergyAndStress)
    let before = try system.totals()
    let strainBefore = system.strain
    let tracker = system.makeDisplacementTracker()
    try loading.deform(system, to: high)
    let result = try equilibrate()
    let after = try system.totals()
    let motion = try DisplacementStatistics(system, tracker)
    let event = PlasticEvent(
      strainBefore: strainBefore, strainAfter: high, stressBefore: before.stress, stressAfter: after.stress,
      energyBefore: before.energy, energyAfter: after.energy, participationRatio: motion.participationRatio,
      centre: motion.centre)
    return (result, event)
  }
}
