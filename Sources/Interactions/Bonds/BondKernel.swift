import Geometry

/// Computes three numbers for each owned particle: the number of its bonds, the sum of |φ'| over them, and the largest
/// φ''. `result` has room for one more particle.
@inline(never)  // as computeForces
func measureBonds<Potential: PairPotential, S: Space>(
  _ potential: Potential, _ space: S.Type, _ particles: ParticleArrays, _ list: NeighbourList,
  _ result: UnsafeMutablePointer<Double>
) {
  let loop = PairLoop(particles, list, potential, space)
  for chunk in loop.chunks {
    let row = loop.row(chunk)
    let own = potential.row(row.parameter)
    var bonds = Lanes(0)
    var force = Lanes(0)
    var stiffest = Lanes(0)
    var slot = loop.slots(of: chunk)
    while slot.isNotEmpty {
      let pair = loop.pair(row, slot)
      let (first, second) = potential.stiffness(own, pair.parameter, pair.scale, pair.squaredDistance)
      let stiffness = second.times(pair.squaredDistance, plus: first)
      let tension = first.magnitude
      // The same test as in collectBonds, to the last bit, so that both count the same pairs as bonds.
      let cutoff = potential.cutoff(row.parameter, pair.parameter)
      let interacts = isInside(pair.dx * pair.dx + pair.dy * pair.dy + pair.dz * pair.dz, cutoff * cutoff)
      bonds = bonds + interacts.select(Lanes(1), else: Lanes(0))
      force = tension.times(pair.squaredDistance.squareRoot, plus: force)
      stiffest = stiffest.isLess(than: stiffness).select(stiffness, else: stiffest)
      slot.advance()
    }
    for lane in 0..<Lanes.count {
      let measures = result + Int(row.members[lane]) * 3
      measures[0] = bonds[lane]
      measures[1] = force[lane]
      measures[2] = stiffest[lane]
    }
  }
}
