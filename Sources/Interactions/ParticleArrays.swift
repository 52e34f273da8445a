/// Pointers to the columns that the kernels read and write. Records hold 4 words per particle, owned first, then
/// ghosts: three coordinates in quanta and the bits of the parameter.
public struct ParticleArrays {
  public let records: UnsafePointer<Int64>
  public let quantum: Double
  /// Forces on owned particles, `dimension` per particle, and room for one more particle that takes the padding.
  public let forces: UnsafeMutablePointer<Double>
  /// Per owned particle, ``contributionStride(dimension:)`` numbers: the energy ½ Σ φ, then ½ Σ (φ'/r) x⊗x as xx, yy,
  /// xy (2D) or xx, yy, zz, xy, xz, yz (3D); the particle's share of V σ. Room for one more particle.
  public let contributions: UnsafeMutablePointer<Double>

  public init(
    records: UnsafePointer<Int64>, quantum: Double, forces: UnsafeMutablePointer<Double>,
    contributions: UnsafeMutablePointer<Double>
  ) {
    self.records = records
    self.quantum = quantum
    self.forces = forces
    self.contributions = contributions
  }

  public static func contributionStride(dimension: Int) -> Int { dimension == 2 ? 4 : 7 }
}
