import Geometry
import MessagePassing
import Particles

/// Follows a plastic event where it happens, while the rest of the glass stands still.
///
/// In an event a few hundred particles move, one bounded step after another, and all else answers elastically and little. So the
/// iterations are confined to the cells around the particles that move, until the forces there are no larger than those outside:
/// the region grows where its rim is pulled at as much. Then the whole glass takes over.
struct EventRelaxation {
  /// The region starts from the particles that moved at least so much of the longest move.
  private static let smallestMove = 0.1
  /// Cells around these.
  private static let layers = 2
  /// Larger regions gain nothing.
  private static let largestShare = 0.25
  /// The work done at a time, in evaluations of the whole: a run that has to stop must not wait for long.
  private static let largestWork = 20.0

  /// Collective. Begins after an accepted step that met negative curvature or was capped, and ends with the forces of the
  /// whole system.
  func follow(_ iteration: NewtonIteration, _ state: inout NewtonIteration.State) throws {
    let system = iteration.system
    let d = system.dimension
    let step = iteration.step.values
    let longest = try system.largestLength(step)
    let threshold = (Self.smallestMove * longest) * (Self.smallestMove * longest)
    try system.confine(layers: Self.layers) { i in
      var squared = 0.0
      for k in 0..<d { squared += step[i * d + k] * step[i * d + k] }
      return squared >= threshold
    }
    let outside = try system.largestForceOutside()
    let rowsBefore = system.statistics.regionalRows
    var local = state
    local.forcing = NewtonIteration.largestForcing
    var isWorthIt: Bool {
      Double(system.movingCount) <= Self.largestShare * Double(system.totalCount)
        && Double(system.statistics.regionalRows - rowsBefore) < Self.largestWork * Double(system.totalCount)
    }
    if isWorthIt { try iteration.evaluate(&local) }
    while isWorthIt {
      let inside = try system.largestComponent(system.forces, width: d)
      let rim = try system.largestForceInRim()
      if !local.inEvent && inside <= max(outside, rim, state.result.tolerance) { break }
      if rim > max(0.5 * inside, outside) {
        try system.growRegion()
        if isWorthIt { try iteration.evaluate(&local) }
        continue
      }
      if try iteration.advance(&local) == .stuck {
        local.inEvent = false
        break
      }
    }
    try system.release()
    let work = system.statistics.regionalRows - rowsBefore
    if work == 0 { return }
    state.result = local.result
    state.result.regionalRows += work
    state.radius = local.inEvent ? local.radius : iteration.largestRadius
    state.forcing = NewtonIteration.largestForcing
    state.inEvent = local.inEvent
    state.withoutGain = 0
    try iteration.evaluate(&state)
  }
}
