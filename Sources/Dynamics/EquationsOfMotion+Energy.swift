import Particles

extension EquationsOfMotion {
  /// Returns the power of the deformation, γ̇V σ_flow,gradient, and that of the friction, for velocities `scale` times
  /// `velocities`. Energy and stress must have been evaluated. Collective.
  func exchange(
    of system: ParticleSystem, rate: Double, velocities: ParticleField, scale: Double, isOverdamped: Bool
  ) throws -> EnergyTransfer {
    let d = system.dimension
    let (flow, gradient) = plane
    let v = velocities.values
    let sums = try system.sums(2) { i, out in
      out[0] = 0
      for k in 0..<d { out[0] += v[i * d + k] * v[i * d + k] }
      out[1] = v[i * d + flow] * v[i * d + gradient]
    }
    var shear = try system.totals().stress[flow, gradient] * system.cell.volume
    if isSllod, !isOverdamped { shear -= mass * scale * scale * sums[1] }
    return EnergyTransfer(work: rate * shear, heat: damping * mass * scale * scale * sums[0])
  }
}
