/// Loops over the bonds of each particle, one in BondKernel.swift and one in BondCollection.swift.
public struct BondLoops {
  /// Computes the number of bonds, the sum of |φ'| and the largest φ'' of each particle, three numbers per particle.
  public let measure: (ParticleArrays, NeighbourList, _ result: UnsafeMutablePointer<Double>) -> Void
  /// Collects the bonds of the owned particles, with derivatives to fourth order.
  public let collect: (ParticleArrays, NeighbourList, _ ownedCount: Int, _ network: BondNetwork) -> Void

  @inline(__always)
  init<Potential: PairPotential, S: Space>(_ potential: Potential, in space: S.Type) {
    measure = { measureBonds(potential, S.self, $0, $1, $2) }
    collect = { collectBonds(potential, S.self, $0, $1, ownedCount: $2, into: $3) }
  }
}
