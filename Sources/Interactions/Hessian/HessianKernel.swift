import Geometry

/// Loops that compute the Hessian anew from the potential.
public struct HessianLoops {
  /// Computes the product of the Hessian with a displacement field.
  public let product:
    (ParticleArrays, NeighbourList, _ field: UnsafePointer<Double>, _ result: UnsafeMutablePointer<Double>) -> Void
  /// Computes the diagonal blocks of the Hessian, dimension² numbers per particle.
  public let diagonal: (ParticleArrays, NeighbourList, _ blocks: UnsafeMutablePointer<Double>) -> Void

  @inline(__always)
  init<Potential: PairPotential, S: Space>(_ potential: Potential, in space: S.Type) {
    product = { multiplyHessian(potential, S.self, $0, $1, $2, $3) }
    diagonal = { computeHessianDiagonal(potential, S.self, $0, $1, $2) }
  }
}

/// Computes (H·v)_i = Σ_j [first (v_i − v_j) + second x (x·(v_i − v_j))]. `field` has values for owned particles and
/// ghosts, `result` for owned ones and room for one more.
@inline(never)  // as computeForces
func multiplyHessian<Potential: PairPotential, S: Space>(
  _ potential: Potential, _ space: S.Type, _ particles: ParticleArrays, _ list: NeighbourList,
  _ field: UnsafePointer<Double>, _ result: UnsafeMutablePointer<Double>
) {
  let loop = PairLoop(particles, list, potential, space)
  for chunk in loop.chunks {
    let row = loop.row(chunk)
    let own = potential.row(row.parameter)
    let v = FieldLanes(gathering: field, at: row.members, in: space)
    var hx = Lanes(0)
    var hy = Lanes(0)
    var hz = Lanes(0)
    var slot = loop.slots(of: chunk)
    while slot.isNotEmpty {
      let pair = loop.pair(row, slot)
      let w = FieldLanes(gathering: field, at: slot.members, in: space)
      let (ux, uy, uz) = (v.x - w.x, v.y - w.y, v.z - w.z)
      var along = pair.dy.times(uy, plus: pair.dx * ux)
      if S.dimension == 3 { along = pair.dz.times(uz, plus: along) }
      let stiffness = potential.stiffness(own, pair.parameter, pair.scale, pair.squaredDistance)
      let radial = stiffness.second * along
      hx = stiffness.first.times(ux, plus: radial.times(pair.dx, plus: hx))
      hy = stiffness.first.times(uy, plus: radial.times(pair.dy, plus: hy))
      if S.dimension == 3 { hz = stiffness.first.times(uz, plus: radial.times(pair.dz, plus: hz)) }
      slot.advance()
    }
    for lane in 0..<Lanes.count {
      let product = result + Int(row.members[lane]) * S.dimension
      product[0] = hx[lane]
      product[1] = hy[lane]
      if S.dimension == 3 { product[2] = hz[lane] }
    }
  }
}

/// Computes the diagonal blocks H_ii = Σ_j [first 1 + second x⊗x], row-major. `blocks` has room for one more particle.
@inline(never)  // as computeForces
func computeHessianDiagonal<Potential: PairPotential, S: Space>(
  _ potential: Potential, _ space: S.Type, _ particles: ParticleArrays, _ list: NeighbourList,
  _ blocks: UnsafeMutablePointer<Double>
) {
  let d = S.dimension
  let loop = PairLoop(particles, list, potential, space)
  for chunk in loop.chunks {
    let row = loop.row(chunk)
    let own = potential.row(row.parameter)
    var tension = Lanes(0)
    var sum = SymmetricSum<S>()
    var slot = loop.slots(of: chunk)
    while slot.isNotEmpty {
      let pair = loop.pair(row, slot)
      let stiffness = potential.stiffness(own, pair.parameter, pair.scale, pair.squaredDistance)
      tension = tension + stiffness.first
      let second = stiffness.second
      sum.add(second * pair.dx, second * pair.dy, second * pair.dz, pair.dx, pair.dy, pair.dz)
      slot.advance()
    }
    for lane in 0..<Lanes.count {
      let block = blocks + Int(row.members[lane]) * d * d
      block[0] = sum.xx[lane] + tension[lane]
      block[1] = sum.xy[lane]
      block[d] = sum.xy[lane]
      block[d + 1] = sum.yy[lane] + tension[lane]
      if d == 3 {
        block[2] = sum.xz[lane]
        block[6] = sum.xz[lane]
        block[5] = sum.yz[lane]
        block[7] = sum.yz[lane]
        block[8] = sum.zz[lane] + tension[lane]
      }
    }
  }
}
