import Particles

extension ParticleSystem {
  /// Adds the share of each particle in V σ_ab to a field; the last evaluation must have computed the stress.
  func addStressShares(_ plane: (Int, Int), to field: ParticleField) {
    for i in 0..<ownedCount { field.values[i] += stressShare(of: i, plane.0, plane.1) }
  }

  /// Returns V σ_ab; the last evaluation must have computed the stress. Collective.
  func sumOfStressShares(_ plane: (Int, Int)) throws -> Double {
    try sums(1) { i, out in out[0] = self.stressShare(of: i, plane.0, plane.1) }[0]
  }
}
