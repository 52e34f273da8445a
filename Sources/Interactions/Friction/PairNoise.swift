import Geometry

/// Random impulses amplitude · √w_ij ξ_ij between the particles of each pair, opposite for the two: ξ_ij = −ξ_ji is a
/// vector of standard normal numbers that depends on the two identifiers and the step alone. Over the steps, the sums
/// of the particles have the covariance amplitude² Γ of the drag with weights w, component by component.
public struct PairNoise {
  public var amplitude: Double
  public var step: Int
  public var random: RandomStream
  /// Identifiers of owned particles and of ghosts, below 2³².
  public var identifiers: UnsafePointer<Double>
  /// Number of owned particles; the padding of the last chunk lies beyond.
  public var ownedCount: Int

  public init(
    amplitude: Double, step: Int, random: RandomStream, identifiers: UnsafePointer<Double>, ownedCount: Int
  ) {
    self.amplitude = amplitude
    self.step = step
    self.random = random
    self.identifiers = identifiers
    self.ownedCount = ownedCount
  }

  /// Returns ξ of the pair as the particle with the smaller identifier feels it.
  @inline(__always)
  func vector(_ smaller: UInt32, _ larger: UInt32, dimension: Int) -> Vector {
    let (x, y) = RandomStream.normals(random.uniformPair(of: smaller, larger, step: step))
    let z = dimension == 3 ? RandomStream.normals(random.uniformPair(of: smaller, larger, step: step, draw: 1)).0 : 0
    return Vector(x, y, z)
  }
}

/// Adds the impulses of all pairs to the particles. Each pair is drawn twice, once for each of its particles, so that
/// nothing is sent. One particle at a time: logarithms and cosines are no lane operations.
@inline(never)  // as computeForces
func addPairNoise<S: Space>(
  _ space: S.Type, _ list: NeighbourList, _ weights: UnsafePointer<Double>, _ noise: PairNoise,
  _ field: UnsafeMutablePointer<Double>
) {
  for chunk in 0..<list.chunkCount {
    for lane in 0..<Lanes.count {
      let i = Int(list.rows[chunk * Lanes.count + lane])
      guard i < noise.ownedCount else { continue }
      let own = UInt32(noise.identifiers[i])
      var sum = Vector.zero
      for slot in list.firstSlot[chunk]..<list.firstSlot[chunk + 1] {
        let weight = weights[slot * Lanes.count + lane]
        if weight == 0 { continue }
        let other = UInt32(noise.identifiers[Int(list.neighbours[slot * Lanes.count + lane])])
        let root = weight.squareRoot()
        sum +=
          own < other
          ? root * noise.vector(own, other, dimension: S.dimension)
          : -root * noise.vector(other, own, dimension: S.dimension)
      }
      for k in 0..<S.dimension { field[i * S.dimension + k] += noise.amplitude * sum[k] }
    }
  }
}
