import CLanes
import Geometry

/// A displacement field read for several particles at once.
struct FieldLanes {
  let x: Lanes
  let y: Lanes
  let z: Lanes

  @inline(__always)
  init<S: Space>(gathering field: UnsafePointer<Double>, at index: UnsafePointer<Int32>, in space: S.Type) {
    x = Lanes(gathering: field, at: index, stride: S.dimension)
    y = Lanes(gathering: field + 1, at: index, stride: S.dimension)
    z = S.dimension == 3 ? Lanes(gathering: field + 2, at: index, stride: S.dimension) : Lanes(0)
  }
}

/// (H·v)_i = Σ_j [first (v_i − v_j) + second x (x·(v_i − v_j))]: `field` has values for owned particles and ghosts, `result`
/// for owned ones and room for one more.
// Never inlined into the closures that hold it: inside what the compiler takes for a thunk, the inline C functions of
// the lanes stay calls, and the loop is ten times slower (Swift 6.3).
@inline(never)
func multiplyHessian<Potential: PairPotential, S: Space>(
  _ potential: Potential, _ space: S.Type, _ particles: ParticleArrays, _ list: NeighbourList,
  _ field: UnsafePointer<Double>, _ result: UnsafeMutablePointer<Double>
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
    let v = FieldLanes(gathering: field, at: members, in: S.self)
    var hx = Lanes(0)
    var hy = Lanes(0)
    var hz = Lanes(0)

    var slot = neighbours + firstSlot[chunk] * Lanes.count
    let end = neighbours + firstSlot[chunk + 1] * Lanes.count
    while slot < end {
      let other = RecordLanes(gathering: records, at: slot)
      let scale = Potential.hasScale ? Lanes(loading: scales + (slot - neighbours)) : Lanes(1)
      let w = FieldLanes(gathering: field, at: slot, in: S.self)
      let dx = reader.displacement(from: x0, to: other.x)
      let dy = reader.displacement(from: y0, to: other.y)
      let ux = v.x - w.x
      let uy = v.y - w.y
      var squaredDistance = dy.times(dy, plus: dx * dx)
      var along = dy.times(uy, plus: dx * ux)
      let dz: Lanes
      let uz: Lanes
      if S.dimension == 3 {
        dz = reader.displacement(from: z0, to: other.z)
        uz = v.z - w.z
        squaredDistance = dz.times(dz, plus: squaredDistance)
        along = dz.times(uz, plus: along)
      } else {
        dz = Lanes(0)
        uz = Lanes(0)
      }
      let pair = potential.stiffness(row, other.parameter, scale, squaredDistance)
      let radial = pair.second * along
      hx = pair.first.times(ux, plus: radial.times(dx, plus: hx))
      hy = pair.first.times(uy, plus: radial.times(dy, plus: hy))
      if S.dimension == 3 { hz = pair.first.times(uz, plus: radial.times(dz, plus: hz)) }
      slot += Lanes.count
    }
    for lane in 0..<Lanes.count {
      let product = result + Int(members[lane]) * S.dimension
      product[0] = hx[lane]
      product[1] = hy[lane]
      if S.dimension == 3 { product[2] = hz[lane] }
    }
  }
}

/// The diagonal blocks H_ii = Σ_j [first 1 + second x⊗x], row-major, with room for one particle more.
@inline(never)  // as above
func computeHessianDiagonal<Potential: PairPotential, S: Space>(
  _ potential: Potential, _ space: S.Type, _ particles: ParticleArrays, _ list: NeighbourList,
  _ blocks: UnsafeMutablePointer<Double>
) {
  let records = particles.records
  let reader = FixedPointReader(quantum: particles.quantum)
  let rows = UnsafePointer(list.rows.pointer)
  let firstSlot = UnsafePointer(list.firstSlot.pointer)
  let neighbours = UnsafePointer(list.neighbours.pointer)
  let scales = UnsafePointer(list.scales.pointer)
  let d = S.dimension

  for chunk in 0..<list.chunkCount {
    let members = rows + chunk * Lanes.count
    let own = RecordLanes(gathering: records, at: members)
    let row = potential.row(own.parameter)
    let x0 = reader.row(own.x)
    let y0 = reader.row(own.y)
    let z0 = reader.row(own.z)
    var tension = Lanes(0)
    var xx = Lanes(0)
    var yy = Lanes(0)
    var zz = Lanes(0)
    var xy = Lanes(0)
    var xz = Lanes(0)
    var yz = Lanes(0)
    var slot = neighbours + firstSlot[chunk] * Lanes.count
    let end = neighbours + firstSlot[chunk + 1] * Lanes.count
    while slot < end {
      let other = RecordLanes(gathering: records, at: slot)
      let scale = Potential.hasScale ? Lanes(loading: scales + (slot - neighbours)) : Lanes(1)
      let dx = reader.displacement(from: x0, to: other.x)
      let dy = reader.displacement(from: y0, to: other.y)
      let dz = d == 3 ? reader.displacement(from: z0, to: other.z) : Lanes(0)
      var squaredDistance = dy.times(dy, plus: dx * dx)
      if d == 3 { squaredDistance = dz.times(dz, plus: squaredDistance) }
      let pair = potential.stiffness(row, other.parameter, scale, squaredDistance)
      tension = tension + pair.first
      let px = pair.second * dx
      let py = pair.second * dy
      xx = px.times(dx, plus: xx)
      yy = py.times(dy, plus: yy)
      xy = px.times(dy, plus: xy)
      if d == 3 {
        let pz = pair.second * dz
        zz = pz.times(dz, plus: zz)
        xz = px.times(dz, plus: xz)
        yz = py.times(dz, plus: yz)
      }
      slot += Lanes.count
    }
    for lane in 0..<Lanes.count {
      let block = blocks + Int(members[lane]) * d * d
      block[0] = xx[lane] + tension[lane]
      block[1] = xy[lane]
      block[d] = xy[lane]
      block[d + 1] = yy[lane] + tension[lane]
      if d == 3 {
        block[2] = xz[lane]
        block[6] = xz[lane]
        block[5] = yz[lane]
        block[7] = yz[lane]
        block[8] = zz[lane] + tension[lane]
      }
    }
  }
}
