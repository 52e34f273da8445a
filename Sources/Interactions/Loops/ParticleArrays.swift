/// Pointers to the columns that the kernels read and write. Records have 4 words per particle, owned first, then
/// ghosts: three coordinates in quanta and the bits of the parameter.
public struct ParticleArrays {
  public let records: UnsafePointer<Int64>
  public let quantum: Double
  /// Forces on owned particles, `dimension` numbers per particle, with room for one more
  /// particle that receives the padding.
  public let forces: UnsafeMutablePointer<Double>
  /// Energy and stress shares, ``contributionStride(dimension:)`` numbers per owned particle: the energy ½
  /// Σ φ, then the share of V σ, ½ Σ (φ'/r) x⊗x, as xx, yy, xy (2D) or xx, yy, zz, xy, xz, yz (3D). There
  /// is room for one more particle.
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
