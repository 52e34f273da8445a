import Geometry

/// Loops that store the Hessian pair by pair, and that compute quantities for multigrid from the same pairs.
public struct PairBlockLoops {
  /// Computes blocks of the Hessian, pair by pair.
  public let assemble: (ParticleArrays, NeighbourList, PairBlocks.Content, PairBlocks) -> Void
  /// Computes the stiffness that each particle would have if all moved affinely (``AffineStiffness``).
  public let affineStiffness: (ParticleArrays, PairBlocks, _ result: UnsafeMutablePointer<Float>) -> Void

  @inline(__always)
  init<Potential: PairPotential, S: Space>(_ potential: Potential, in space: S.Type) {
    assemble = { assembleBlocks(potential, S.self, $0, $1, $2, into: $3) }
    affineStiffness = { computeAffineStiffness(potential, S.self, $0, $1.list, $2) }
  }
}

/// Computes the blocks of the listed pairs that `content` keeps. Pairs that are listed only
/// because of the skin are left out.
@inline(never)  // as computeForces
func assembleBlocks<Potential: PairPotential, S: Space>(
  _ potential: Potential, _ space: S.Type, _ particles: ParticleArrays, _ list: NeighbourList,
  _ content: PairBlocks.Content, into matrix: PairBlocks
) {
  shorten(potential, space, particles, list, content, into: matrix.list)
  let width = Lanes.count
  let components = PairBlocks.components(S.dimension)
  matrix.blocks.reserve(matrix.list.slotCount * width * components)
  let loop = PairLoop(particles, matrix.list, potential, space)
  var block = matrix.blocks.pointer
  for chunk in loop.chunks {
    let row = loop.row(chunk)
    let own = potential.row(row.parameter)
    var slot = loop.slots(of: chunk)
    while slot.isNotEmpty {
      let pair = loop.pair(row, slot)
      var (first, second) = potential.stiffness(own, pair.parameter, pair.scale, pair.squaredDistance)
      if case .stiffBonds = content {
        // φ'' n⊗n = (φ''/r²) x⊗x, and zero for the padding, which is at zero distance.
        let stiffness = second.times(pair.squaredDistance, plus: first)
        second = Lanes(0).isLess(than: stiffness).select(stiffness / pair.squaredDistance, else: Lanes(0))
        first = Lanes(0)
      }
      let x = second * pair.dx
      let y = second * pair.dy
      if S.dimension == 2 {
        x.times(pair.dx, plus: first).store(narrowedTo: block)
        (x * pair.dy).store(narrowedTo: block + width)
        y.times(pair.dy, plus: first).store(narrowedTo: block + 2 * width)
      } else {
        let z = second * pair.dz
        x.times(pair.dx, plus: first).store(narrowedTo: block)
        y.times(pair.dy, plus: first).store(narrowedTo: block + width)
        z.times(pair.dz, plus: first).store(narrowedTo: block + 2 * width)
        (x * pair.dy).store(narrowedTo: block + 3 * width)
        (x * pair.dz).store(narrowedTo: block + 4 * width)
        (y * pair.dz).store(narrowedTo: block + 5 * width)
      }
      block += components * width
      slot.advance()
    }
  }
}

/// Lists the pairs that `content` keeps. Those of each particle stay in the same order.
@inline(__always)
private func shorten<Potential: PairPotential, S: Space>(
  _ potential: Potential, _ space: S.Type, _ particles: ParticleArrays, _ list: NeighbourList,
  _ content: PairBlocks.Content, into short: NeighbourList
) {
  let width = Lanes.count
  let loop = PairLoop(particles, list, potential, space)
  short.chunkCount = list.chunkCount
  short.rows.reserve(list.chunkCount * width)
  short.rows.pointer.update(from: list.rows.pointer, count: list.chunkCount * width)
  short.firstSlot.reserve(list.chunkCount + 1)
  let next = AlignedBuffer<Int>(capacity: width)
  var slots = 0
  for chunk in loop.chunks {
    let row = loop.row(chunk)
    let own = potential.row(row.parameter)
    short.firstSlot[chunk] = slots
    let room = slots + list.firstSlot[chunk + 1] - list.firstSlot[chunk]
    short.neighbours.reserve(room * width, keeping: slots * width)
    if Potential.hasScale { short.scales.reserve(room * width, keeping: slots * width) }
    for lane in 0..<width { next[lane] = slots * width + lane }
    let neighbours = short.neighbours.pointer
    let scales = short.scales.pointer
    var slot = loop.slots(of: chunk)
    while slot.isNotEmpty {
      let pair = loop.pair(row, slot)
      var kept = keptLanes(potential, row.parameter, own, pair, content)
      while kept != 0 {
        let lane = kept.trailingZeroBitCount
        kept &= kept - 1
        let place = next[lane]
        next[lane] = place + width
        neighbours[place] = slot.members[lane]
        if Potential.hasScale { scales[place] = pair.scale[lane] }
      }
      slot.advance()
    }
    var end = slots
    for lane in 0..<width { end = max(end, next[lane] / width) }
    for lane in 0..<width {
      var place = next[lane]
      while place < end * width {
        neighbours[place] = row.members[lane]
        if Potential.hasScale { scales[place] = 1 }
        place += width
      }
    }
    slots = end
  }
  short.firstSlot[short.chunkCount] = slots
  short.slotCount = slots
}

/// Returns the lanes of the pairs that `content` keeps, as bits.
@inline(__always)
private func keptLanes<Potential: PairPotential, S: Space>(
  _ potential: Potential, _ parameter: Lanes, _ own: Potential.Row, _ pair: PairLoop<Potential, S>.Pair,
  _ content: PairBlocks.Content
) -> UInt32 {
  switch content {
  case .hessian:
    let cutoff = potential.cutoff(parameter, pair.parameter)
    // Padding is at zero distance.
    return pair.squaredDistance.isLess(than: cutoff * cutoff).bits & Lanes(0).isLess(than: pair.squaredDistance).bits
  case .stiffBonds:
    let (first, second) = potential.stiffness(own, pair.parameter, pair.scale, pair.squaredDistance)
    return Lanes(0).isLess(than: second.times(pair.squaredDistance, plus: first)).bits
  }
}
