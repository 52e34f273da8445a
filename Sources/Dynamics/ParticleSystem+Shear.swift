import Particles

extension ParticleSystem {
  /// Shears the vectors of a field: v becomes v + δA·v, for A = e_flow ⊗ e_gradient.
  func shear(_ field: ParticleField, by strain: Double, plane: (flow: Int, gradient: Int)) {
    let (d, v) = (dimension, field.values)
    for i in 0..<ownedCount { v[i * d + plane.flow] += strain * v[i * d + plane.gradient] }
  }

  /// Adds the share of each particle in V σ_ab to a field; the last evaluation must have computed the stress.
  func addStressShares(_ plane: (Int, Int), to field: ParticleField) {
    for i in 0..<ownedCount { field.values[i] += stressShare(of: i, plane.0, plane.1) }
  }

  /// Returns V σ_ab; the last evaluation must have computed the stress. Collective.
  func sumOfStressShares(_ plane: (Int, Int)) throws -> Double {
    try sums(1) { i, out in out[0] = self.stressShare(of: i, plane.0, plane.1) }[0]
  }
}
