import Geometry

/// Loops that compute forces.
public struct ForceLoops {
  /// Computes the forces alone.
  public let alone: (ParticleArrays, NeighbourList) -> Void
  /// Computes forces, energies and stress contributions.
  public let withEnergyAndStress: (ParticleArrays, NeighbourList) -> Void
  /// Computes forces, and adds the share ½ Σ (φ'/r) x_a x_b of each particle in V σ_ab to a column. The plane ab is 0
  /// for xy, 1 for xz, 2 for yz.
  public let addingShear: (ParticleArrays, NeighbourList, UnsafeMutablePointer<Double>, _ plane: Int) -> Void

  @inline(__always)
  init<Potential: PairPotential, S: Space>(_ potential: Potential, in space: S.Type) {
    alone = { computeForces(potential, S.self, ForcesAlone.self, $0, $1, nil, 0) }
    withEnergyAndStress = { computeForces(potential, S.self, ForcesEnergyAndStress.self, $0, $1, nil, 0) }
    addingShear = { computeForces(potential, S.self, ForcesAndShear.self, $0, $1, $2, $3) }
  }
}

/// Output of a force loop besides the forces, as a type, so that the loops are compiled without a branch inside.
protocol ForceOutput {
  static var withEnergyAndStress: Bool { get }
  static var withShear: Bool { get }
}

enum ForcesAlone: ForceOutput {
  @inline(__always) static var withEnergyAndStress: Bool { false }
  @inline(__always) static var withShear: Bool { false }
}

enum ForcesAndShear: ForceOutput {
  @inline(__always) static var withEnergyAndStress: Bool { false }
  @inline(__always) static var withShear: Bool { true }
}

enum ForcesEnergyAndStress: ForceOutput {
  @inline(__always) static var withEnergyAndStress: Bool { true }
  @inline(__always) static var withShear: Bool { false }
}

/// Computes the forces on the owned particles, F_i = Σ_j (φ'/r) x_ij with x_ij = x_j − x_i. There is one particle per
/// lane over full lists. So there is no scatter and no communication, and the sum over the neighbours of a particle is
/// always in the order of its list.
///
/// Never inline it into the closures that hold it: within a function that the compiler takes for a thunk, the inline C
/// functions of the lanes remain calls, and the loop is ten times slower (Swift 6.3).
@inline(never)
func computeForces<Potential: PairPotential, S: Space, Output: ForceOutput>(
  _ potential: Potential, _ space: S.Type, _ output: Output.Type, _ particles: ParticleArrays, _ list: NeighbourList,
  _ shears: UnsafeMutablePointer<Double>?, _ plane: Int
) {
  let loop = PairLoop(particles, list, potential, space)
  for chunk in loop.chunks {
    let row = loop.row(chunk)
    let own = potential.row(row.parameter)
    var fx = Lanes(0)
    var fy = Lanes(0)
    var fz = Lanes(0)
    var energy = Lanes(0)
    var virial = SymmetricSum<S>()
    var (xy, xz, yz) = (Lanes(0), Lanes(0), Lanes(0))
    var slot = loop.slots(of: chunk)
    while slot.isNotEmpty {
      let pair = loop.pair(row, slot)
      let result = potential.interaction(own, pair.parameter, pair.scale, pair.squaredDistance)
      let px = result.first * pair.dx
      let py = result.first * pair.dy
      let pz = S.dimension == 3 ? result.first * pair.dz : Lanes(0)
      fx = fx + px
      fy = fy + py
      if S.dimension == 3 { fz = fz + pz }
      if Output.withEnergyAndStress {
        energy = energy + result.energy
        virial.add(px, py, pz, pair.dx, pair.dy, pair.dz)
      }
      if Output.withShear {
        xy = px.times(pair.dy, plus: xy)
        if S.dimension == 3 {
          xz = px.times(pair.dz, plus: xz)
          yz = py.times(pair.dz, plus: yz)
        }
      }
      slot.advance()
    }
    for lane in 0..<Lanes.count {
      let force = particles.forces + Int(row.members[lane]) * S.dimension
      force[0] = fx[lane]
      force[1] = fy[lane]
      if S.dimension == 3 { force[2] = fz[lane] }
    }
    if Output.withEnergyAndStress { storeShares(particles, row.members, energy, virial) }
    if Output.withShear, let shears {
      let shear = Lanes(0.5) * (S.dimension == 2 || plane == 0 ? xy : plane == 1 ? xz : yz)
      for lane in 0..<Lanes.count { shears[Int(row.members[lane])] += shear[lane] }
    }
  }
}

/// Stores the shares of the particles: half of the energy and virial of each pair.
@inline(__always)
private func storeShares<S: Space>(
  _ particles: ParticleArrays, _ members: UnsafePointer<Int32>, _ energy: Lanes, _ virial: SymmetricSum<S>
) {
  let half = Lanes(0.5)
  let e = half * energy
  let (xx, yy, zz) = (half * virial.xx, half * virial.yy, half * virial.zz)
  let (xy, xz, yz) = (half * virial.xy, half * virial.xz, half * virial.yz)
  for lane in 0..<Lanes.count {
    let stride = ParticleArrays.contributionStride(dimension: S.dimension)
    let share = particles.contributions + Int(members[lane]) * stride
    share[0] = e[lane]
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
