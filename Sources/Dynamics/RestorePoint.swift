import Geometry
import Particles

/// A state of system and loading that can be restored.
struct RestorePoint {
  private let state: SavedState
  private let flips: Tensor

  init(_ system: ParticleSystem, _ loading: Loading) {
    state = system.save()
    flips = loading.flips
  }

  /// Restores the state and lists its neighbours. Forces must be evaluated next. Collective.
  func restore(_ system: ParticleSystem, _ loading: Loading) throws {
    try system.restore(state)
    loading.flips = flips
  }
}
