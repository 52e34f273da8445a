import Geometry
import Measurement
import MessagePassing
import Particles
import Statics

/// Finds plastic events by their irreversibility: after the strain has gone forth and back, a particle is not where it was.
///
/// A stress drop is neither needed nor enough. A step whose nonaffine displacements are small is taken as reversible
/// without the way back, since what does not come back must first have gone.
public struct EventSearch: Sendable {
  /// The interval of strain to which an event is narrowed down.
  public var smallestStep: Double
  /// A particle that comes to rest farther than this from its old place has moved for good, in mean particle spacings.
  public var displacement: Double

  public init(smallestStep: Double, displacement: Double) {
    self.smallestStep = smallestStep
    self.displacement = displacement
  }

  /// Loads the system up to `target`, stopping at each event on the way to report it. Collective.
  ///
  /// What is reported was itself found irreversible: where a long step jumps although its parts do not, the parts are taken.
  func advance(
    _ system: ParticleSystem, _ loading: inout Loading, to target: Double,
    equilibrate: () throws -> MinimizationResult, found: (PlasticEvent) throws -> Void
  ) throws -> MinimizationResult {
    while true {
      let start = Checkpoint(system, loading)
      var (result, reversible) = try tryStep(system, &loading, to: target, equilibrate)
      if reversible { return result }

      // Halve the interval that holds the first event until it is as short as asked for.
      var low = start
      var high = target
      while abs(high - low.strain) > smallestStep {
        let middle = 0.5 * (low.strain + high)
        if middle == low.strain || middle == high { break }
        try low.restore(system, &loading)
        (result, reversible) = try tryStep(system, &loading, to: middle, equilibrate)
        if reversible { low = Checkpoint(system, loading) } else { high = middle }
      }
      // Where the last step tried was reversible, the rest of the way, from its end to `high`, has not been tried yet.
      try low.restore(system, &loading)
      if reversible {
        (result, reversible) = try tryStep(system, &loading, to: high, equilibrate)
        if !reversible { try low.restore(system, &loading) }
      }
      if !reversible { result = try follow(system, &loading, to: high, equilibrate, found) }
      if high == target { return result }
    }
  }

  private struct Checkpoint {
    let state: SavedState
    let flips: Tensor
    let strain: Double

    init(_ system: ParticleSystem, _ loading: Loading) {
      state = system.save()
      flips = loading.flips
      strain = system.strain
    }

    func restore(_ system: ParticleSystem, _ loading: inout Loading) throws {
      try system.restore(state)
      loading.flips = flips
    }
  }

  /// Steps to `target` and tells whether stepping back would bring every particle home; if so, ends at `target`.
  private func tryStep(
    _ system: ParticleSystem, _ loading: inout Loading, to target: Double, _ equilibrate: () throws -> MinimizationResult
  ) throws -> (MinimizationResult, reversible: Bool) {
    let origin = system.strain
    let limit = displacement * system.spacing
    let tracker = system.makeDisplacementTracker()
    try loading.deform(system, to: target)
    let result = try equilibrate()
    if try DisplacementStatistics(system, tracker).largest < 0.5 * limit { return (result, true) }
    let there = Checkpoint(system, loading)
    try loading.deform(system, to: origin)
    _ = try equilibrate()
    let reversible = try DisplacementStatistics(system, tracker).largest <= limit
    if reversible {
      try there.restore(system, &loading)
      try system.evaluate(.forcesEnergyAndStress)
    }
    return (result, reversible)
  }

  /// Passes the event within the last short interval, and describes it.
  private func follow(
    _ system: ParticleSystem, _ loading: inout Loading, to high: Double,
    _ equilibrate: () throws -> MinimizationResult, _ found: (PlasticEvent) throws -> Void
  ) throws -> MinimizationResult {
    try system.evaluate(.forcesEnergyAndStress)
    let before = try system.totals()
    let strainBefore = system.strain
    let tracker = system.makeDisplacementTracker()
    try loading.deform(system, to: high)
    let result = try equilibrate()
    let after = try system.totals()
    let motion = try DisplacementStatistics(system, tracker)
    try found(
      PlasticEvent(
        strainBefore: strainBefore, strainAfter: high, stressBefore: before.stress, stressAfter: after.stress,
        energyBefore: before.energy, energyAfter: after.energy, participationRatio: motion.participationRatio,
        centre: motion.centre))
    return result
  }
}
