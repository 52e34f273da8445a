import Geometry
import MessagePassing
import Particles

/// Stress of each block of a co-moving grid, tension positive (Puosi, Olivier and Martens 2015, eq. 6):
///
///     σ^m = (1/V_m) Σ_{i in block} [½ Σ_j (φ'/r) x_ij ⊗ x_ij − m v_i ⊗ v_i]
///
/// with the volume V_m of a block and peculiar velocities v. The stress of the whole is the mean over the blocks.
public final class MesoscopicStress {
  public let blocks: CoMovingBlocks
  private let dimension: Int
  private var blockVolume = Double.nan

  public init(shape: [Int], over communicator: Communicator) {
    dimension = shape.count
    blocks = CoMovingBlocks(shape: shape, width: dimension * (dimension + 1) / 2, over: communicator)
  }

  /// Measures the stresses at the last evaluation, which must have computed energy and stress. Collective.
  /// - Parameter velocities: peculiar velocities; nil leaves out the kinetic part.
  public func measure(_ system: ParticleSystem, velocities: ParticleField?, mass: Double) throws {
    blockVolume = system.cell.volume / Double(blocks.totalCount)
    let shares = system.shares
    let stride = system.shareWidth
    let components = stride - 1
    guard let velocities else {
      return try blocks.measure(system) { i, out in
        for k in 0..<components { out[k] = shares[i * stride + 1 + k] }
      }
    }
    let v = velocities.values
    if dimension == 2 {
      try blocks.measure(system) { i, out in
        let (share, x, y) = (shares + i * stride, v[2 * i], v[2 * i + 1])
        out[0] = share[1] - mass * x * x
        out[1] = share[2] - mass * y * y
        out[2] = share[3] - mass * x * y
      }
    } else {
      try blocks.measure(system) { i, out in
        let (share, x, y, z) = (shares + i * stride, v[3 * i], v[3 * i + 1], v[3 * i + 2])
        out[0] = share[1] - mass * x * x
        out[1] = share[2] - mass * y * y
        out[2] = share[3] - mass * z * z
        out[3] = share[4] - mass * x * y
        out[4] = share[5] - mass * x * z
        out[5] = share[6] - mass * y * z
      }
    }
  }

  /// Writes σ : A of each block of this rank: for the generator A of a simple shear, its shear stress.
  public func contract(with generator: Tensor, into values: inout [Double]) {
    let places = dimension == 2 ? [(0, 0), (1, 1), (0, 1)] : [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)]
    // Off the diagonal a component counts for both of its places.
    let weights = places.map { $0 == $1 ? generator[$0, $0] : generator[$0, $1] + generator[$1, $0] }
    values.removeAll(keepingCapacity: true)
    for block in 0..<blocks.blockCount {
      var sum = 0.0
      for (k, weight) in weights.enumerated() { sum += weight * blocks.sum(k, of: block) }
      values.append(sum / blockVolume)
    }
  }
}
