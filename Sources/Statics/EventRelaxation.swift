import Geometry
import MessagePassing
import Particles

/// Relaxes a plastic event in the region where it happens, while the rest of the glass is fixed.
///
/// In an event a few hundred particles move, one bounded step after another, while the rest responds elastically
/// and weakly. So the iterations are confined to the cells around the moving particles, until the forces there
/// are no larger than those outside. The region grows when the force on its rim exceeds half the force inside.
/// Then the whole glass is relaxed.
struct EventRelaxation {
  /// The region starts from the particles that moved by at least this fraction of the longest move.
  private static let smallestMove = 0.1
  /// Number of layers of cells around the cells of these particles.
  private static let layers = 2
  /// Largest share of the particles in a region; larger regions save no work.
  private static let largestShare = 0.25
  /// Largest work at a time, in evaluations of the whole system: a run that has to stop must not wait long.
  private static let largestWork = 20

  let iteration: NewtonIteration
  private var system: ParticleSystem { iteration.system }

  /// Relaxes the event after an accepted step that met negative curvature or was capped. Ends with the forces of the
  /// whole system. Collective.
  /// - Parameter budget: the largest work, in evaluations of the whole system.
  func follow(_ state: inout NewtonIteration.State, budget: Int) throws {
    guard try confine() else { return }
    let rowsBefore = system.statistics.regionalRows
    let rows = min(Self.largestWork, budget) * system.totalCount
    var local = state
    local.forcing = NewtonIteration.largestForcing
    do {
      defer { system.release() }
      try relax(&local, until: rowsBefore + rows)
    }
    state.result = local.result
    state.result.regionalRows += system.statistics.regionalRows - rowsBefore
    state.radius = local.inEvent ? local.radius : iteration.largestRadius
    state.forcing = NewtonIteration.largestForcing
    state.inEvent = local.inEvent
    state.withoutGain = local.withoutGain
    try iteration.evaluate(&state)
  }

  /// Confines the system to the particles of the last step; false if they are too many.
  private func confine() throws -> Bool {
    let d = system.dimension
    let step = iteration.step.values
    let smallest = Self.smallestMove * (try system.largestLength(step))
    return try system.confine(layers: Self.layers, largestShare: Self.largestShare) { i in
      var squared = 0.0
      for k in 0..<d { squared += step[i * d + k] * step[i * d + k] }
      return squared >= smallest * smallest
    }
  }

  /// Iterates until the event is over, the region becomes too large, or `lastRow` rows have been computed.
  private func relax(_ local: inout NewtonIteration.State, until lastRow: Int) throws {
    let outside = try system.largestForceOutside()
    try iteration.evaluate(&local)
    while system.statistics.regionalRows < lastRow {
      let inside = try system.largestComponent(system.forces, width: system.dimension)
      let rim = try system.largestForceInRim()
      if !local.inEvent && inside <= max(outside, rim, local.result.tolerance) { return }
      if rim > max(0.5 * inside, outside) {
        guard try system.growRegion(largestShare: Self.largestShare) else { return }
        try iteration.evaluate(&local)
        continue
      }
      let products = (lastRow - system.statistics.regionalRows) / system.evaluatedCount
      if try iteration.advance(&local, maximumProducts: max(1, products)) == .stuck {
        local.inEvent = false
        return
      }
    }
  }
}
