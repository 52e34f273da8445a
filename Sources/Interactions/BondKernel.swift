import Geometry

/// For each owned particle, three numbers: its bonds, the sum of |φ'| over them, and the largest φ''. `result` has room for
/// one particle more.
@inline(never)  // as computeForces
func measureBonds<Potential: PairPotential, S: Space>(
  _ potential: Potential, _ space: S.Type, _ particles: ParticleArrays, _ list: NeighbourList,
  _ result: UnsafeMutablePointer<Double>
) {
  let records = particles.records
  let reader = FixedPointReader(quantum: particles.quantum)
  let rows = UnsafePointer(list.rows.pointer)
  let firstSlot = UnsafePointer(list.firstSlot.pointer)
  let neighbours = UnsafePointer(list.neighbours.pointer)
  let scales = UnsafePointer(list.scales.pointer)

  for chunk in 0..<list.chunkCount {
    let members = rows + chunk * Lanes.count
    let own = RecordLanes(gathering: records, at: members)
    let row = potential.row(own.parameter)
    let x0 = reader.row(own.x)
    let y0 = reader.row(own.y)
    let z0 = reader.row(own.z)
    var bonds = Lanes(0)
    var force = Lanes(0)
    var stiffest = Lanes(0)
    var slot = neighbours + firstSlot[chunk] * Lanes.count
    let end = neighbours + firstSlot[chunk + 1] * Lanes.count
    while slot < end {
      let other = RecordLanes(gathering: records, at: slot)
      let scale = Potential.hasScale ? Lanes(loading: scales + (slot - neighbours)) : Lanes(1)
      let dx = reader.displacement(from: x0, to: other.x)
      let dy = reader.displacement(from: y0, to: other.y)
      var squaredDistance = dy.times(dy, plus: dx * dx)
      if S.dimension == 3 {
        let dz = reader.displacement(from: z0, to: other.z)
        squaredDistance = dz.times(dz, plus: squaredDistance)
      }
      let pair = potential.stiffness(row, other.parameter, scale, squaredDistance)
      let stiffness = pair.second.times(squaredDistance, plus: pair.first)
      let tension = pair.first.magnitude
      // A pair beyond its cutoff has neither tension nor stiffness.
      let interacts = Lanes(0).isLess(than: tension + stiffness.magnitude)
      bonds = bonds + interacts.select(Lanes(1), else: Lanes(0))
      force = tension.times(squaredDistance.squareRoot, plus: force)
      stiffest = stiffest.isLess(than: stiffness).select(stiffness, else: stiffest)
      slot += Lanes.count
    }
    for lane in 0..<Lanes.count {
      let measures = result + Int(members[lane]) * 3
      measures[0] = bonds[lane]
      measures[1] = force[lane]
      measures[2] = stiffest[lane]
    }
  }
}
