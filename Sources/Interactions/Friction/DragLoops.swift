import Geometry

/// Loops of pairwise drag, Γ_ij = −w(r_ij) and Γ_ii = Σ_j w(r_ij), with w = (1 − r/r_c)² up to the cutoff r_c of the
/// pair and 0 beyond (Español and Warren, Europhys. Lett. 30, 191, 1995; Groot and Warren, J. Chem. Phys. 107, 4423).
///
/// A drag is applied many times at the same positions, so its weights are computed once and kept with the list.
public struct DragLoops {
  /// Computes the weight of each entry of a list, `Lanes.count` numbers per slot, and their sums, one number per owned
  /// particle and room for one more.
  public let weights:
    (ParticleArrays, NeighbourList, _ weights: UnsafeMutablePointer<Double>, _ sums: UnsafeMutablePointer<Double>) ->
      Void
  /// Computes (Γ·v)_i = Σ_j w_ij (v_i − v_j). `field` has values for owned particles and ghosts, `result` for owned
  /// ones and room for one more.
  public let product:
    (
      NeighbourList, _ weights: UnsafePointer<Double>, _ field: UnsafePointer<Double>,
      _ result: UnsafeMutablePointer<Double>
    ) -> Void
  /// Adds the random impulses of all pairs to a field of owned particles.
  public let noise:
    (NeighbourList, _ weights: UnsafePointer<Double>, PairNoise, _ field: UnsafeMutablePointer<Double>) -> Void

  @inline(__always)
  init<Potential: PairPotential, S: Space>(_ potential: Potential, in space: S.Type) {
    weights = { computeDragWeights(potential, S.self, $0, $1, $2, $3) }
    product = { multiplyDrag(S.self, $0, $1, $2, $3) }
    noise = { addPairNoise(S.self, $0, $1, $2, $3) }
  }
}

/// Computes w = (1 − r/r_c)² of each entry of a list. It has the same bits from both sides of a pair; a particle with
/// itself, the padding of the lists, has weight zero.
@inline(never)  // as computeForces
func computeDragWeights<Potential: PairPotential, S: Space>(
  _ potential: Potential, _ space: S.Type, _ particles: ParticleArrays, _ list: NeighbourList,
  _ weights: UnsafeMutablePointer<Double>, _ sums: UnsafeMutablePointer<Double>
) {
  let loop = PairLoop(particles, list, potential, space)
  var target = weights
  for chunk in loop.chunks {
    let row = loop.row(chunk)
    var sum = Lanes(0)
    var slot = loop.slots(of: chunk)
    while slot.isNotEmpty {
      let pair = loop.pair(row, slot)
      let cutoff = potential.cutoff(row.parameter, pair.parameter)
      let gap = 1 - pair.squaredDistance.squareRoot / cutoff
      let weight = isInside(pair.squaredDistance, cutoff * cutoff).select(gap * gap, else: Lanes(0))
      weight.store(to: target)
      sum = sum + weight
      target += Lanes.count
      slot.advance()
    }
    for lane in 0..<Lanes.count { sums[Int(row.members[lane])] = sum[lane] }
  }
}

/// Computes Σ_j w_ij (v_i − v_j): exactly zero for a uniform field.
@inline(never)  // as computeForces
func multiplyDrag<S: Space>(
  _ space: S.Type, _ list: NeighbourList, _ weights: UnsafePointer<Double>, _ field: UnsafePointer<Double>,
  _ result: UnsafeMutablePointer<Double>
) {
  let (firstSlots, neighbours) = (list.firstSlot.pointer, UnsafePointer(list.neighbours.pointer))
  for chunk in 0..<list.chunkCount {
    let members = UnsafePointer(list.rows.pointer + chunk * Lanes.count)
    let v = FieldLanes(gathering: field, at: members, in: space)
    var px = Lanes(0)
    var py = Lanes(0)
    var pz = Lanes(0)
    var entry = firstSlots[chunk] * Lanes.count
    let end = firstSlots[chunk + 1] * Lanes.count
    while entry < end {
      let w = Lanes(loading: weights + entry)
      let u = FieldLanes(gathering: field, at: neighbours + entry, in: space)
      px = w.times(v.x - u.x, plus: px)
      py = w.times(v.y - u.y, plus: py)
      if S.dimension == 3 { pz = w.times(v.z - u.z, plus: pz) }
      entry += Lanes.count
    }
    for lane in 0..<Lanes.count {
      let product = result + Int(members[lane]) * S.dimension
      product[0] = px[lane]
      product[1] = py[lane]
      if S.dimension == 3 { product[2] = pz[lane] }
    }
  }
}
