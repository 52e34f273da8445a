import Geometry

/// What a force loop computes besides the forces, as a type, so that the loops are compiled without a test inside.
protocol ForceOutput {
  static var withEnergyAndStress: Bool { get }
}

enum ForcesAlone: ForceOutput {
  @inline(__always) static var withEnergyAndStress: Bool { false }
}

enum ForcesEnergyAndStress: ForceOutput {
  @inline(__always) static var withEnergyAndStress: Bool { true }
}

/// Turns differences of fixed-point coordinates into lengths.
///
/// Added to the bit pattern of 1.5·2⁵² quanta, an integer of up to 2⁵¹ becomes that many quanta more, exactly; so a
/// displacement costs one integer and one floating-point subtraction, and carries no rounding.
struct FixedPointReader {
  let origin: Lanes
  let originBits: IntegerLanes

  @inline(__always) init(quantum: Double) {
    let number = 1.5 * 0x1p52 * quantum
    origin = Lanes(number)
    originBits = IntegerLanes(Int64(bitPattern: number.bitPattern))
  }

  /// A row coordinate, prepared for ``displacement(from:to:)``.
  @inline(__always) func row(_ coordinate: IntegerLanes) -> IntegerLanes { coordinate - originBits }

  @inline(__always) func displacement(from row: IntegerLanes, to neighbour: IntegerLanes) -> Lanes {
    Lanes(bits: neighbour - row) - origin
  }
}

/// Forces on the owned particles, one particle per lane, over full lists: no scatter, no communication, and the sum over
/// the neighbours of a particle always in the order of its list.
// Never inlined into the closures that hold it: inside what the compiler takes for a thunk, the inline C functions of
// the lanes stay calls, and the loop is ten times slower (Swift 6.3).
@inline(never)
func computeForces<Potential: PairPotential, S: Space, Output: ForceOutput>(
  _ potential: Potential, _ space: S.Type, _ output: Output.Type, _ particles: ParticleArrays, _ list: NeighbourList
) {
  let records = particles.records
  let reader = FixedPointReader(quantum: particles.quantum)
  let rows = UnsafePointer(list.rows.pointer)
  let firstSlot = UnsafePointer(list.firstSlot.pointer)
  let neighbours = UnsafePointer(list.neighbours.pointer)
  let scales = UnsafePointer(list.scales.pointer)
  let stride = ParticleArrays.contributionStride(dimension: S.dimension)

  for chunk in 0..<list.chunkCount {
    let members = rows + chunk * Lanes.count
    let own = RecordLanes(gathering: records, at: members)
    let row = potential.row(own.parameter)
    let x0 = reader.row(own.x)
    let y0 = reader.row(own.y)
    let z0 = reader.row(own.z)
    var fx = Lanes(0)
    var fy = Lanes(0)
    var fz = Lanes(0)
    var energy = Lanes(0)
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
      var squaredDistance = dy.times(dy, plus: dx * dx)
      let dz: Lanes
      if S.dimension == 3 {
        dz = reader.displacement(from: z0, to: other.z)
        squaredDistance = dz.times(dz, plus: squaredDistance)
      } else {
        dz = Lanes(0)
      }
      let pair = potential.interaction(row, other.parameter, scale, squaredDistance)
      // F_i = Σ (φ'/r) x_ij with x_ij = x_j − x_i.
      let px = pair.first * dx
      let py = pair.first * dy
      fx = fx + px
      fy = fy + py
      if Output.withEnergyAndStress {
        energy = energy + pair.energy
        xx = px.times(dx, plus: xx)
        yy = py.times(dy, plus: yy)
        xy = px.times(dy, plus: xy)
      }
      if S.dimension == 3 {
        let pz = pair.first * dz
        fz = fz + pz
        if Output.withEnergyAndStress {
          zz = pz.times(dz, plus: zz)
          xz = px.times(dz, plus: xz)
          yz = py.times(dz, plus: yz)
        }
      }
      slot += Lanes.count
    }

    for lane in 0..<Lanes.count {
      let particle = Int(members[lane])
      let force = particles.forces + particle * S.dimension
      force[0] = fx[lane]
      force[1] = fy[lane]
      if S.dimension == 3 { force[2] = fz[lane] }
    }
    if Output.withEnergyAndStress {
      let half = Lanes(0.5)
      energy = half * energy
      xx = half * xx
      yy = half * yy
      xy = half * xy
      if S.dimension == 3 {
        zz = half * zz
        xz = half * xz
        yz = half * yz
      }
      for lane in 0..<Lanes.count {
        let share = particles.contributions + Int(members[lane]) * stride
        share[0] = energy[lane]
        share[1] = xx[lane]
        share[2] = yy[lane]
        if S.dimension == 3 {
          share[3] = zz[lane]
          share[4] = xy[lane]
          share[5] = xz[lane]
          share[6] = yz[lane]
        } else {
          share[3] = xy[lane]
        }
      }
    }
  }
}
