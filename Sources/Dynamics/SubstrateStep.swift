import Foundation
import Geometry
import Particles

func exponential(_ x: Double) -> Double { exp(x) }

/// One step of the velocity Verlet method with the drag of a substrate and without noise, but for the forces at its end.
struct SubstrateStep {
  /// Time of the kick, divided by the mass.
  let kick: Double
  let timeStep: Double
  /// Factor e^(−ζh) of the velocities.
  let decay: Double
  /// Strain γ̇h of the step.
  let shear: Double
  let equations: EquationsOfMotion

  /// Moves positions and velocities; adds v² to `heat` and, with SLLOD, the kinetic part of V σ to `shear`.
  /// - Returns: the longest way of a particle of this rank against the shear.
  @inline(never)
  func move(
    _ system: ParticleSystem, _ velocities: ParticleField, heat: ParticleField, shear work: ParticleField
  ) -> Double {
    let fastest =
      equations.isSllod
      ? moveSllod(system, velocities, heat, work)
      : system.dimension == 2
        ? movePlane(system, velocities, heat) : moveVolume(system, velocities, heat)
    return fastest
  }

  private func movePlane(_ system: ParticleSystem, _ velocities: ParticleField, _ heat: ParticleField) -> Double {
    let (v, f, q, x) = (velocities.values, system.forces, heat.values, system.records)
    let (a, b) = equations.plane
    let quantum = system.cell.quantum
    let perQuantum = 1 / quantum
    // The way against the shear is (h/2)(v + e^(−ζh) v). Half of the shear comes before it and half after.
    let way = 0.5 * timeStep * (1 + decay) * perQuantum
    let half = 0.5 * shear
    var fastest = 0.0
    for i in 0..<system.ownedCount {
      let va = v[2 * i + a] + kick * f[2 * i + a]
      let vb = v[2 * i + b] + kick * f[2 * i + b]
      v[2 * i + a] = decay * va
      v[2 * i + b] = decay * vb
      let square = va * va + vb * vb
      q[i] += square
      fastest = max(fastest, square)
      let ub = way * vb
      let ua = way * va + half * (2 * Double(x[4 * i + b]) + ub)
      x[4 * i + a] &+= Int64(ua.rounded(.toNearestOrEven))
      x[4 * i + b] &+= Int64(ub.rounded(.toNearestOrEven))
    }
    return longest(fastest)
  }

  private func moveVolume(_ system: ParticleSystem, _ velocities: ParticleField, _ heat: ParticleField) -> Double {
    let (v, f, q, x) = (velocities.values, system.forces, heat.values, system.records)
    let (a, b) = equations.plane
    let c = 3 - a - b
    let way = 0.5 * timeStep * (1 + decay) / system.cell.quantum
    let half = 0.5 * shear
    var fastest = 0.0
    for i in 0..<system.ownedCount {
      let va = v[3 * i + a] + kick * f[3 * i + a]
      let vb = v[3 * i + b] + kick * f[3 * i + b]
      let vc = v[3 * i + c] + kick * f[3 * i + c]
      v[3 * i + a] = decay * va
      v[3 * i + b] = decay * vb
      v[3 * i + c] = decay * vc
      let square = va * va + vb * vb + vc * vc
      q[i] += square
      fastest = max(fastest, square)
      let ub = way * vb
      let ua = way * va + half * (2 * Double(x[4 * i + b]) + ub)
      x[4 * i + a] &+= Int64(ua.rounded(.toNearestOrEven))
      x[4 * i + b] &+= Int64(ub.rounded(.toNearestOrEven))
      x[4 * i + c] &+= Int64((way * vc).rounded(.toNearestOrEven))
    }
    return longest(fastest)
  }

  /// Returns the way of a particle whose squared velocity before the drag is `fastest`.
  private func longest(_ fastest: Double) -> Double { 0.5 * timeStep * (1 + decay) * fastest.squareRoot() }

  /// With the term m γ̇A·v, whose exact factor 1 − γ̇hA commutes with that of the drag.
  private func moveSllod(
    _ system: ParticleSystem, _ velocities: ParticleField, _ heat: ParticleField, _ work: ParticleField
  ) -> Double {
    let (v, f, q, x, w) = (velocities.values, system.forces, heat.values, system.records, work.values)
    let d = system.dimension
    let (a, b) = equations.plane
    let c = 3 - a - b
    let perQuantum = 1 / system.cell.quantum
    let half = 0.5 * timeStep
    var longest = 0.0
    for i in 0..<system.ownedCount {
      let va = v[d * i + a] + kick * f[d * i + a]
      let vb = v[d * i + b] + kick * f[d * i + b]
      let vc = d == 3 ? v[d * i + c] + kick * f[d * i + c] : 0
      let sheared = va - shear * vb
      // ½m (sheared² − va²) is the work of the kinetic stress in this step; that of the virial is counted per γ̇h.
      w[i] += equations.mass * vb * (0.5 * shear * vb - va)
      q[i] += sheared * sheared + vb * vb + vc * vc
      v[d * i + a] = decay * sheared
      v[d * i + b] = decay * vb
      let ub = half * (vb + decay * vb)
      let ua = half * (va + decay * sheared)
      var square = ua * ua + ub * ub
      x[4 * i + a] &+= Int64(
        (ua * perQuantum + 0.5 * shear * (2 * Double(x[4 * i + b]) + ub * perQuantum)).rounded(.toNearestOrEven))
      x[4 * i + b] &+= Int64((ub * perQuantum).rounded(.toNearestOrEven))
      if d == 3 {
        v[d * i + c] = decay * vc
        let uc = half * (vc + decay * vc)
        x[4 * i + c] &+= Int64((uc * perQuantum).rounded(.toNearestOrEven))
        square += uc * uc
      }
      longest = max(longest, square)
    }
    return longest.squareRoot()
  }
}
