import Geometry

/// A state of system and loading that can be restored.
public struct RestorePoint {
  private let state: SavedState
  private let flips: Tensor

  /// Strain of the state.
  public var strain: Double { state.strain }

  public init(_ system: ParticleSystem, _ loading: Loading) {
    state = system.save()
    flips = loading.flips
  }

  /// Restores the state and lists its neighbours. Forces must be evaluated next. Collective.
  public func restore(_ system: ParticleSystem, _ loading: Loading) throws {
    try system.restore(state)
    loading.flips = flips
  }
}
