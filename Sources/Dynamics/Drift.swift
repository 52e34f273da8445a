import Geometry
import Particles

/// The motion of the particles at fixed velocities: half of a shear, the way h v, and the other half.
struct Drift {
  let timeStep: Double
  /// Strains before and after the way.
  let before: Double
  let after: Double
  let plane: (flow: Int, gradient: Int)

  /// Moves the particles. The box has to follow.
  /// - Returns: the longest way of a particle of this rank against the shear.
  @inline(never)
  func move(_ system: ParticleSystem, _ velocities: ParticleField) -> Double {
    let (v, x) = (velocities.values, system.records)
    let d = system.dimension
    let (a, b) = plane
    let c = 3 - a - b
    let way = timeStep / system.cell.quantum
    let both = before + after
    var fastest = 0.0
    if d == 2 {
      for i in 0..<system.ownedCount {
        let (va, vb) = (v[2 * i + a], v[2 * i + b])
        fastest = max(fastest, va * va + vb * vb)
        let ub = way * vb
        let ua = way * va + both * Double(x[4 * i + b]) + after * ub
        x[4 * i + a] &+= Int64(ua.rounded(.toNearestOrEven))
        x[4 * i + b] &+= Int64(ub.rounded(.toNearestOrEven))
      }
    } else {
      for i in 0..<system.ownedCount {
        let (va, vb, vc) = (v[3 * i + a], v[3 * i + b], v[3 * i + c])
        fastest = max(fastest, va * va + vb * vb + vc * vc)
        let ub = way * vb
        let ua = way * va + both * Double(x[4 * i + b]) + after * ub
        x[4 * i + a] &+= Int64(ua.rounded(.toNearestOrEven))
        x[4 * i + b] &+= Int64(ub.rounded(.toNearestOrEven))
        x[4 * i + c] &+= Int64((way * vc).rounded(.toNearestOrEven))
      }
    }
    // A velocity that is not a number moves nothing in `max`, and is found when the energy is measured.
    return timeStep * fastest.squareRoot()
  }
}
