import Geometry

/// Fills `matrix` with the blocks of the listed pairs that `content` keeps; pairs that only fill the skin are left out.
@inline(never)  // as computeForces
func assembleBlocks<Potential: PairPotential, S: Space>(
  _ potential: Potential, _ space: S.Type, _ particles: ParticleArrays, _ list: NeighbourList,
  _ content: PairBlocks.Content, into matrix: PairBlocks
) {
  let width = Lanes.count
  let components = PairBlocks.components(S.dimension)
  let loop = PairLoop(particles, list, potential, space)
  matrix.chunkCount = list.chunkCount
  matrix.rows.reserve(list.chunkCount * width)
  matrix.firstSlot.reserve(list.chunkCount + 1)
  // The blocks of one slot, before the pairs that are kept move to the next free slot of their row.
  let fresh = AlignedBuffer<Double>(capacity: components * width)
  let next = AlignedBuffer<Int>(capacity: width)
  var slots = 0
  for chunk in loop.chunks {
    let row = loop.row(chunk)
    let own = potential.row(row.parameter)
    matrix.firstSlot[chunk] = slots
    let listed = list.firstSlot[chunk + 1] - list.firstSlot[chunk]
    matrix.partners.reserve((slots + listed) * width, keeping: slots * width)
    matrix.blocks.reserve((slots + listed) * width * components, keeping: slots * width * components)
    for lane in 0..<width {
      matrix.rows[chunk * width + lane] = row.members[lane]
      next[lane] = slots
    }
    let partners = matrix.partners.pointer
    let blocks = matrix.blocks.pointer
    var slot = loop.slots(of: chunk)
    while slot.isNotEmpty {
      let pair = loop.pair(row, slot)
      var (first, second) = potential.stiffness(own, pair.parameter, pair.scale, pair.squaredDistance)
      let kept: UInt32
      switch content {
      case .hessian:
        kept = Lanes(0).isLess(than: first.magnitude + second.magnitude).bits
      case .stiffBonds:
        let stiffness = second.times(pair.squaredDistance, plus: first)
        kept = Lanes(0).isLess(than: stiffness).bits
        // φ'' n⊗n = (φ''/r²) x⊗x; padding, at zero distance, is not kept.
        second = stiffness / pair.squaredDistance
        first = Lanes(0)
      }
      if kept != 0 {
        let x = second * pair.dx
        let y = second * pair.dy
        let at = fresh.pointer
        if S.dimension == 2 {
          x.times(pair.dx, plus: first).store(to: at)
          (x * pair.dy).store(to: at + width)
          y.times(pair.dy, plus: first).store(to: at + 2 * width)
        } else {
          let z = second * pair.dz
          x.times(pair.dx, plus: first).store(to: at)
          y.times(pair.dy, plus: first).store(to: at + width)
          z.times(pair.dz, plus: first).store(to: at + 2 * width)
          (x * pair.dy).store(to: at + 3 * width)
          (x * pair.dz).store(to: at + 4 * width)
          (y * pair.dz).store(to: at + 5 * width)
        }
        var left = kept
        while left != 0 {
          let lane = left.trailingZeroBitCount
          left &= left - 1
          let place = next[lane]
          next[lane] = place + 1
          partners[place * width + lane] = slot.members[lane]
          let block = blocks + place * components * width + lane
          for c in 0..<components { block[c * width] = Float(at[c * width + lane]) }
        }
      }
      slot.advance()
    }
    var end = slots
    for lane in 0..<width { end = max(end, next[lane]) }
    for lane in 0..<width {
      for place in next[lane]..<end {
        partners[place * width + lane] = row.members[lane]
        for c in 0..<components { blocks[(place * components + c) * width + lane] = 0 }
      }
    }
    slots = end
  }
  matrix.firstSlot[matrix.chunkCount] = slots
}
