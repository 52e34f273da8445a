import Geometry
import Particles

/// Energy and stress of the peculiar velocities.
public struct KineticStress: Sendable {
  /// Kinetic energy ½ m Σ v², in ε.
  public let energy: Double
  /// Stress −(m/V) Σ v ⊗ v.
  public let stress: Tensor

  /// Sums over all particles. Collective.
  public init(_ velocities: ParticleField, mass: Double, in system: ParticleSystem) throws {
    let d = system.dimension
    let v = velocities.values
    let sums = try system.sums(d * (d + 1) / 2) { i, out in
      var place = 0
      for k in 0..<d {
        for l in k..<d {
          out[place] = v[i * d + k] * v[i * d + l]
          place += 1
        }
      }
    }
    var total = Tensor()
    var place = 0
    for k in 0..<d {
      for l in k..<d {
        total[k, l] = sums[place]
        total[l, k] = sums[place]
        place += 1
      }
    }
    energy = 0.5 * mass * total.trace
    stress = (-mass / system.cell.volume) * total
  }
}
