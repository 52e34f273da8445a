import Foundation
import Geometry
import Interactions
import Particles

/// Friction that needs more than a particle's own velocity, drag between pairs, and the noise of a temperature.
final class Thermostat {
  private let system: ParticleSystem
  private let random: RandomStream
  private let seed: UInt64?
  private let drag: PairwiseDrag?
  private let noise: ParticleField

  /// Prepares the thermostat of a system whose forces have been evaluated; nil if nothing needs one. Collective.
  /// - Parameter seed: seed of the noise; nil for none.
  init?(_ equations: EquationsOfMotion, _ system: ParticleSystem, seed: UInt64?) throws {
    guard seed != nil || equations.friction == .pairwise else { return nil }
    self.system = system
    self.seed = seed
    random = RandomStream(seed: seed ?? 0, purpose: .thermalNoise)
    noise = system.makeField(width: system.dimension)
    drag = equations.friction == .pairwise ? try PairwiseDrag(system) : nil
  }

  /// Lets friction and noise act at the positions of the last evaluation; adds the energy that they take to `heat`.
  /// Collective.
  /// - Parameter step: number by which the noise is drawn.
  func act(
    on velocities: ParticleField, _ equations: EquationsOfMotion, for duration: Double, temperature: Double, step: Int,
    heat: ParticleField
  ) throws {
    let temperature = seed == nil ? 0 : temperature
    addEnergy(of: velocities, equations.mass, to: heat)
    if let drag {
      try act(on: velocities, equations, duration, temperature, step, drag)
    } else {
      let decay = exp(-equations.damping * duration)
      velocities.scale(by: decay)
      if temperature > 0 {
        let variance = (1 - decay * decay) * temperature / equations.mass
        random.fillNormals(noise, of: system, amplitude: variance.squareRoot(), step: step)
        velocities.add(1, noise.values)
      }
    }
    addEnergy(of: velocities, -equations.mass, to: heat)
  }

  private func act(
    on velocities: ParticleField, _ equations: EquationsOfMotion, _ duration: Double, _ temperature: Double,
    _ step: Int, _ drag: PairwiseDrag
  ) throws {
    try drag.update()
    guard temperature > 0 else { return try drag.decay(velocities, by: equations.damping * duration) }
    try drag.decay(velocities, by: 0.5 * equations.damping * duration)
    let variance = 2 * equations.damping * temperature * duration / equations.mass
    try drag.addNoise(to: velocities, amplitude: variance.squareRoot(), step: step, seed: seed ?? 0)
    try drag.decay(velocities, by: 0.5 * equations.damping * duration)
  }

  private func addEnergy(of velocities: ParticleField, _ mass: Double, to heat: ParticleField) {
    let (v, q) = (velocities.values, heat.values)
    let d = system.dimension
    for i in 0..<system.ownedCount {
      var square = 0.0
      for k in 0..<d { square += v[d * i + k] * v[d * i + k] }
      q[i] += 0.5 * mass * square
    }
  }
}
