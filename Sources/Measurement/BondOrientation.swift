import Foundation
import Geometry
import Interactions
import MessagePassing
import Particles

/// Orientational order of the directions to nearest neighbours across the sample: the hexatic order ψ₆ in two
/// dimensions, Steinhardt's Q₆ in three.
public struct BondOrientation: Sendable {
  /// Order |⟨ψ₆⟩| or Q₆ of the whole sample: 1 (0.57 for fcc) in a single crystal, of order N^(−1/2) in a liquid.
  public let order: Double
  /// Fraction of a particle's own order that its neighbours share, Σ_i Re ψ_i* ⟨ψ_j⟩_j / Σ_i |ψ_i|²: near 1 in crystals
  /// of any orientation, and in polycrystals too.
  public let coherence: Double

  /// Measures the order of a configuration. Neighbours are the particles within 1.4 d = 1.4 ρ^(−1/dimension), which
  /// lies between the first and the second shell of the dense crystals. Collective.
  public init(_ snapshot: Snapshot, over communicator: Communicator) throws {
    let spacing = meanSpacing(
      volume: Cell(dimension: snapshot.dimension, edges: snapshot.edges, range: 1).volume, count: snapshot.totalCount,
      dimension: snapshot.dimension)
    let system = try ParticleSystem(
      snapshot, interaction: Neighbourhood(radius: 1.4 * spacing).compiled(dimension: snapshot.dimension), skin: 0,
      communicator: communicator)
    let isFlat = system.dimension == 2
    let width = isFlat ? 2 : 14
    let field = system.makeField(width: width)
    system.forEachNeighbourhood { i, neighbours in
      for k in 0..<width { field.values[width * i + k] = 0 }
      for (_, x) in neighbours {
        if isFlat {
          let angle = 6 * atan2(x.y, x.x)
          field.values[width * i] += cos(angle) / Double(neighbours.count)
          field.values[width * i + 1] += sin(angle) / Double(neighbours.count)
        } else {
          addHarmonics(x, weight: 1 / Double(neighbours.count), to: field.values + width * i)
        }
      }
    }
    try system.gather(field)
    let shared = system.makeField(width: 2)
    system.forEachNeighbourhood { i, neighbours in
      let own = field.values + width * i
      var (together, squared) = (0.0, 0.0)
      for k in 0..<width { squared += own[k] * own[k] }
      for (j, _) in neighbours {
        let other = field.values + width * j
        for k in 0..<width { together += own[k] * other[k] / Double(neighbours.count) }
      }
      shared.values[2 * i] = together
      shared.values[2 * i + 1] = squared
    }
    let means = try system.sum(ofField: field.values, width: width)
    let sums = try system.sum(ofField: shared.values, width: 2)
    order = means.reduce(0) { $0 + $1 * $1 }.squareRoot() / Double(system.totalCount)
    coherence = sums[1] > 0 ? sums[0] / sums[1] : 0
  }
}

/// Adds the real and imaginary parts of (4π/13)^½ Y₆ₘ for m = 0 … 6. Those for m > 0 get a factor √2, which accounts
/// for −m, so that the sum of squares is Q₆².
private func addHarmonics(_ v: Vector, weight: Double, to out: UnsafeMutablePointer<Double>) {
  let r = v.length
  let (c, s2) = (v.z / r, (v.x * v.x + v.y * v.y) / (r * r))
  let s = s2.squareRoot()
  let c2 = c * c
  // P₆ₘ(cos θ) times ((6 − m)! / (6 + m)!)^½.
  let legendre = [
    (((231 * c2 - 315) * c2 + 105) * c2 - 5) / 16,
    21 / 8.0 * s * c * ((33 * c2 - 30) * c2 + 5) / 42.0.squareRoot(),
    105 / 8.0 * s2 * ((33 * c2 - 18) * c2 + 1) / 1680.0.squareRoot(),
    315 / 2.0 * s2 * s * c * (11 * c2 - 3) / 60480.0.squareRoot(),
    945 / 2.0 * s2 * s2 * (11 * c2 - 1) / 1_814_400.0.squareRoot(),
    10395 * s2 * s2 * s * c / 39_916_800.0.squareRoot(),
    10395 * s2 * s2 * s2 / 479_001_600.0.squareRoot(),
  ]
  let azimuth = atan2(v.y, v.x)
  out[0] += weight * legendre[0]
  for m in 1...6 {
    let amplitude = weight * 2.0.squareRoot() * legendre[m]
    out[2 * m] += amplitude * cos(Double(m) * azimuth)
    out[2 * m + 1] += amplitude * sin(Double(m) * azimuth)
  }
}
