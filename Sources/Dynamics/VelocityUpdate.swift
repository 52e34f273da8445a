import Foundation
import Geometry
import Particles

/// What happens to the velocities at fixed positions: a kick by the forces, friction for a time, another kick.
struct VelocityUpdate {
  let equations: EquationsOfMotion
  /// Times of the kicks before and after the friction, divided by the mass.
  let before: Double
  let after: Double
  /// Time τ of the friction, and of the SLLOD term.
  let duration: Double
  /// Strain γ̇τ.
  let strain: Double
  /// Factor e^(−ζτ) of the velocities.
  let decay: Double
  /// Share τ/h of a step.
  let share: Double

  init(
    _ equations: EquationsOfMotion, before: Double, duration: Double, after: Double, rate: Double, timeStep: Double
  ) {
    self.equations = equations
    self.before = before / equations.mass
    self.after = after / equations.mass
    self.duration = duration
    strain = rate * duration
    decay = equations.damping == 0 ? 1 : exp(-equations.damping * duration)
    share = duration / timeStep
  }

  /// Friction of a substrate without noise, all in one loop. Adds the lost energy to `heat` and, with SLLOD, the
  /// kinetic part of V σ to `shear`.
  @inline(never)
  func apply(
    to velocities: ParticleField, _ system: ParticleSystem, heat: ParticleField, shear: ParticleField
  ) {
    let (v, f, q) = (velocities.values, system.forces, heat.values)
    let d = system.dimension
    let lost = 0.5 * equations.mass * (1 - decay * decay)
    if equations.isSllod {
      for i in 0..<(d * system.ownedCount) { v[i] += before * f[i] }
      applySllod(to: velocities, system.ownedCount, d, shear)
      for i in 0..<system.ownedCount {
        var square = 0.0
        for k in 0..<d {
          let a = v[d * i + k]
          square += a * a
          v[d * i + k] = decay * a + after * f[d * i + k]
        }
        q[i] += lost * square
      }
    } else if d == 2 {
      for i in 0..<system.ownedCount {
        let (fx, fy) = (f[2 * i], f[2 * i + 1])
        let (x, y) = (v[2 * i] + before * fx, v[2 * i + 1] + before * fy)
        q[i] += lost * (x * x + y * y)
        v[2 * i] = decay * x + after * fx
        v[2 * i + 1] = decay * y + after * fy
      }
    } else {
      for i in 0..<system.ownedCount {
        let (fx, fy, fz) = (f[3 * i], f[3 * i + 1], f[3 * i + 2])
        let (x, y, z) = (v[3 * i] + before * fx, v[3 * i + 1] + before * fy, v[3 * i + 2] + before * fz)
        q[i] += lost * (x * x + y * y + z * z)
        v[3 * i] = decay * x + after * fx
        v[3 * i + 1] = decay * y + after * fy
        v[3 * i + 2] = decay * z + after * fz
      }
    }
  }

  /// The term −m γ̇A·v, by its exact factor 1 − γ̇τA, which commutes with that of the drag.
  func applySllod(to velocities: ParticleField, _ count: Int, _ dimension: Int, _ shear: ParticleField) {
    let (v, w) = (velocities.values, shear.values)
    let (a, b) = equations.plane
    for i in 0..<count {
      let (va, vb) = (v[dimension * i + a], v[dimension * i + b])
      v[dimension * i + a] = va - strain * vb
      // ½m of the change of v²: the work of the kinetic stress. That of the virial is counted per strain of a step.
      w[i] += equations.mass * share * vb * (0.5 * strain * vb - va)
    }
  }
}
