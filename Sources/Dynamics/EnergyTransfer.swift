import Particles

/// The energy that a flow has exchanged with its surroundings, d(K + U) = dW − dQ, or the rates of this exchange.
public struct EnergyTransfer: Codable, Sendable, Equatable {
  /// Work of the deformation, γ̇V ∫σ_flow,gradient dt, in ε: of the virial stress, with SLLOD also of the kinetic stress.
  public var work: Double
  /// Heat that friction has taken out, in ε.
  public var heat: Double
}

extension EquationsOfMotion {
  /// Returns the rates of exchange of energy for velocities `scale` times `velocities`. Energy and stress must have been
  /// evaluated. Collective.
  func rates(
    of system: ParticleSystem, rate: Double, velocities: ParticleField, scale: Double
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
