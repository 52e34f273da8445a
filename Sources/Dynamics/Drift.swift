import Geometry
import MessagePassing
import Particles

/// The motion of the particles at fixed velocities: half of a shear, the way h v, and the other half.
struct Drift {
  let timeStep: Double
  /// Strains before and after the way.
  let before: Double
  let after: Double
  let plane: (flow: Int, gradient: Int)
  /// Number of the step, for messages.
  let step: Int

  /// Moves the particles. The box has to follow.
  /// - Returns: a length that no particle of this rank has moved further than, against the shear of the box.
  /// - Throws: a failure of kind `physics`, on this rank alone, if a particle would move by more than half the width of
  ///   the box, or by what is not a number. Whole quanta could not hold it.
  @inline(never)
  func move(_ system: ParticleSystem, _ velocities: ParticleField) throws -> Double {
    let (v, x) = (velocities.values, system.records)
    let d = system.dimension
    let (a, b) = plane
    let c = 3 - a - b
    let way = timeStep / system.cell.quantum
    let both = before + after
    let widths = system.cell.widths
    let farthest = 0.5 * min(widths.x, widths.y, d == 3 ? widths.z : .infinity)
    let limit = farthest / timeStep * (farthest / timeStep)
    var fastest = 0.0
    if d == 2 {
      for i in 0..<system.ownedCount {
        let (va, vb) = (v[2 * i + a], v[2 * i + b])
        let square = va * va + vb * vb
        guard square < limit else { throw escape(of: i, square, farthest, system) }
        fastest = max(fastest, square)
        let ub = way * vb
        let ua = way * va + both * Double(x[4 * i + b]) + after * ub
        x[4 * i + a] &+= Int64(ua.rounded(.toNearestOrEven))
        x[4 * i + b] &+= Int64(ub.rounded(.toNearestOrEven))
      }
    } else {
      for i in 0..<system.ownedCount {
        let (va, vb, vc) = (v[3 * i + a], v[3 * i + b], v[3 * i + c])
        let square = va * va + vb * vb + vc * vc
        guard square < limit else { throw escape(of: i, square, farthest, system) }
        fastest = max(fastest, square)
        let ub = way * vb
        let ua = way * va + both * Double(x[4 * i + b]) + after * ub
        x[4 * i + a] &+= Int64(ua.rounded(.toNearestOrEven))
        x[4 * i + b] &+= Int64(ub.rounded(.toNearestOrEven))
        x[4 * i + c] &+= Int64((way * vc).rounded(.toNearestOrEven))
      }
    }
    // The second half of the shear stretches the way, and each coordinate is rounded to a quantum.
    return (1 + abs(after)) * timeStep * fastest.squareRoot() + 2 * system.cell.quantum
  }

  /// Returns the failure of a particle that is too fast to be followed.
  private func escape(of i: Int, _ square: Double, _ farthest: Double, _ system: ParticleSystem) -> Failure {
    let way = timeStep * square.squareRoot()
    return Failure(
      .physics,
      "in step \(step) particle \(system.id(i)) would move by \(way.shown), and half the width of the box is "
        + "\(farthest.shown): the time step is too large for the collisions at this temperature and rate")
  }
}
