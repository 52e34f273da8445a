import Geometry

/// Stores the bonds of the owned particles in `network`.
///
/// It is written for clarity rather than speed, since it runs once per configuration, not once per step.
@inline(never)
func collectBonds<Potential: PairPotential, S: Space>(
  _ potential: Potential, _ space: S.Type, _ particles: ParticleArrays, _ list: NeighbourList, ownedCount: Int,
  into network: BondNetwork
) {
  let d = S.dimension
  let records = particles.records
  let quantum = particles.quantum
  let width = Lanes.count

  /// Calls `visit` for each bond of the particle in a lane of a chunk: partner, bond
  /// vector, squared length, parameters.
  @inline(__always)
  func forEachEnd(_ chunk: Int, _ lane: Int, _ i: Int, _ visit: (Int32, Vector, Double, Double, Double) -> Void) {
    let a = Double(bitPattern: UInt64(bitPattern: records[4 * i + 3]))
    for slot in list.firstSlot[chunk]..<list.firstSlot[chunk + 1] {
      let j = list.neighbours[slot * width + lane]
      if Int(j) == i { continue }  // padding
      var x = Vector.zero
      for k in 0..<d { x[k] = Double(records[4 * Int(j) + k] &- records[4 * i + k]) * quantum }
      let b = Double(bitPattern: UInt64(bitPattern: records[4 * Int(j) + 3]))
      let squared = x.squaredLength
      let cutoff = potential.cutoff(a, b)
      if squared < cutoff * cutoff { visit(j, x, squared, a, b) }
    }
  }

  func forEachRow(_ visit: (_ chunk: Int, _ lane: Int, _ particle: Int) -> Void) {
    for chunk in 0..<list.chunkCount {
      for lane in 0..<width {
        let i = Int(list.rows[chunk * width + lane])
        if i < ownedCount { visit(chunk, lane, i) }
      }
    }
  }

  var counts = [Int](repeating: 0, count: ownedCount)
  forEachRow { chunk, lane, i in forEachEnd(chunk, lane, i) { _, _, _, _, _ in counts[i] += 1 } }
  network.resize(counts)
  forEachRow { chunk, lane, i in
    var end = network.firstEnd[i]
    forEachEnd(chunk, lane, i) { j, x, squared, a, b in
      let r = squared.squareRoot()
      let s = BondStiffness(potential.derivatives(r, a, b), distance: r)
      network.partner[end] = j
      for k in 0..<d { network.vector[end * d + k] = x[k] }
      network.derivatives[4 * end] = s.first
      network.derivatives[4 * end + 1] = s.second
      network.derivatives[4 * end + 2] = s.third
      network.derivatives[4 * end + 3] = s.fourth
      end += 1
    }
  }
}
