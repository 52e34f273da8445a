import Geometry

/// Loops that compute forces.
public struct ForceLoops {
  /// Computes the forces alone.
  public let alone: (ParticleArrays, NeighbourList) -> Void
  /// Computes forces, energies and stress contributions.
  public let withEnergyAndStress: (ParticleArrays, NeighbourList) -> Void

  @inline(__always)
  init<Potential: PairPotential, S: Space>(_ potential: Potential, in space: S.Type) {
    alone = { computeForces(potential, S.self, ForcesAlone.self, $0, $1) }
    withEnergyAndStress = { computeForces(potential, S.self, ForcesEnergyAndStress.self, $0, $1) }
  }
}

/// Output of a force loop besides the forces, as a type, so that the loops are compiled without a branch inside.
protocol ForceOutput {
  static var withEnergyAndStress: Bool { get }
}

enum ForcesAlone: ForceOutput {
  @inline(__always) static var withEnergyAndStress: Bool { false }
}

enum ForcesEnergyAndStress: ForceOutput {
  @inline(__always) static var withEnergyAndStress: Bool { true }
}

/// Computes the forces on the owned particles, F_i = Σ_j (φ'/r) x_ij with x_ij = x_j − x_i. There is one particle per
/// lane over full lists. So there is no scatter and no communication, and the sum over the neighbours of a particle is
/// always in the order of its list.
///
/// Never inline it into the closures that hold it: within a function that the compiler takes for a thunk, the inline C
/// functions of the lanes remain calls, and the loop is ten times slower (Swift 6.3).
@inline(never)
func computeForces<Potential: PairPotential, S: Space, Output: ForceOutput>(
  _ potential: Potential, _ space: S.Type, _ output: Output.Type, _ particles: ParticleArrays, _ list: NeighbourList
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
      slot.advance()
    }
    for lane in 0..<Lanes.count {
      let force = particles.forces + Int(row.members[lane]) * S.dimension
      force[0] = fx[lane]
      force[1] = fy[lane]
      if S.dimension == 3 { force[2] = fz[lane] }
    }
    if Output.withEnergyAndStress { storeShares(particles, row.members, energy, virial) }
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
