import Geometry

/// Layout of the affine stiffness of a particle: the components of a tensor of fourth rank that
/// is symmetric in all indices.
public enum AffineStiffness {
  /// Returns the number of components per particle.
  public static func count(dimension: Int) -> Int { dimension == 2 ? 5 : 15 }

  /// Exponents of x, y and z in each component.
  public static let exponents: [SIMD3<Int>] = [
    SIMD3(4, 0, 0), SIMD3(3, 1, 0), SIMD3(2, 2, 0), SIMD3(1, 3, 0), SIMD3(0, 4, 0),
    SIMD3(3, 0, 1), SIMD3(2, 1, 1), SIMD3(1, 2, 1), SIMD3(0, 3, 1), SIMD3(2, 0, 2),
    SIMD3(1, 1, 2), SIMD3(0, 2, 2), SIMD3(1, 0, 3), SIMD3(0, 1, 3), SIMD3(0, 0, 4),
  ]
}

/// Computes ½ Σ_j (φ''/r²) x_α x_β x_γ x_δ over the bonds with φ'' > 0 of each owned particle: its part of the
/// stiffness that the sample would have if it deformed affinely. `result` has 5 numbers per particle in two dimensions
/// (xxxx, xxxy, xxyy, xyyy, yyyy), 15 in three (in the order of ``AffineStiffness``), and room for one more particle.
@inline(never)  // as computeForces
func computeAffineStiffness<Potential: PairPotential, S: Space>(
  _ potential: Potential, _ space: S.Type, _ particles: ParticleArrays, _ list: NeighbourList,
  _ result: UnsafeMutablePointer<Float>
) {
  let count = AffineStiffness.count(dimension: S.dimension)
  let loop = PairLoop(particles, list, potential, space)
  for chunk in loop.chunks {
    let row = loop.row(chunk)
    let own = potential.row(row.parameter)
    var sum = QuarticSum<S>()
    var slot = loop.slots(of: chunk)
    while slot.isNotEmpty {
      let pair = loop.pair(row, slot)
      let (first, second) = potential.stiffness(own, pair.parameter, pair.scale, pair.squaredDistance)
      let stiffness = second.times(pair.squaredDistance, plus: first)
      let weight = Lanes(0).isLess(than: stiffness).select(stiffness / pair.squaredDistance, else: Lanes(0))
      sum.add(weight, pair.dx, pair.dy, pair.dz)
      slot.advance()
    }
    for lane in 0..<Lanes.count { sum.storeHalf(lane, to: result + Int(row.members[lane]) * count) }
  }
}

/// Sum Σ w x⊗x⊗x⊗x over the neighbours of each row, as its independent components in the order of ``AffineStiffness``.
private struct QuarticSum<S: Space> {
  // Fifteen variables instead of an array, so that they stay in registers.
  private var sum0 = Lanes(0)
  private var sum1 = Lanes(0)
  private var sum2 = Lanes(0)
  private var sum3 = Lanes(0)
  private var sum4 = Lanes(0)
  private var sum5 = Lanes(0)
  private var sum6 = Lanes(0)
  private var sum7 = Lanes(0)
  private var sum8 = Lanes(0)
  private var sum9 = Lanes(0)
  private var sum10 = Lanes(0)
  private var sum11 = Lanes(0)
  private var sum12 = Lanes(0)
  private var sum13 = Lanes(0)
  private var sum14 = Lanes(0)

  @inline(__always) mutating func add(_ weight: Lanes, _ dx: Lanes, _ dy: Lanes, _ dz: Lanes) {
    let xx = dx * dx
    let xy = dx * dy
    let yy = dy * dy
    let wxx = weight * xx
    let wyy = weight * yy
    sum0 = wxx.times(xx, plus: sum0)
    sum1 = wxx.times(xy, plus: sum1)
    sum2 = wxx.times(yy, plus: sum2)
    sum3 = wyy.times(xy, plus: sum3)
    sum4 = wyy.times(yy, plus: sum4)
    if S.dimension == 3 {
      let xz = dx * dz
      let yz = dy * dz
      let zz = dz * dz
      let wzz = weight * zz
      sum5 = wxx.times(xz, plus: sum5)
      sum6 = wxx.times(yz, plus: sum6)
      sum7 = wyy.times(xz, plus: sum7)
      sum8 = wyy.times(yz, plus: sum8)
      sum9 = wzz.times(xx, plus: sum9)
      sum10 = wzz.times(xy, plus: sum10)
      sum11 = wzz.times(yy, plus: sum11)
      sum12 = wzz.times(xz, plus: sum12)
      sum13 = wzz.times(yz, plus: sum13)
      sum14 = wzz.times(zz, plus: sum14)
    }
  }

  @inline(__always) func storeHalf(_ lane: Int, to target: UnsafeMutablePointer<Float>) {
    target[0] = Float(0.5 * sum0[lane])
    target[1] = Float(0.5 * sum1[lane])
    target[2] = Float(0.5 * sum2[lane])
    target[3] = Float(0.5 * sum3[lane])
    target[4] = Float(0.5 * sum4[lane])
    if S.dimension == 3 {
      target[5] = Float(0.5 * sum5[lane])
      target[6] = Float(0.5 * sum6[lane])
      target[7] = Float(0.5 * sum7[lane])
      target[8] = Float(0.5 * sum8[lane])
      target[9] = Float(0.5 * sum9[lane])
      target[10] = Float(0.5 * sum10[lane])
      target[11] = Float(0.5 * sum11[lane])
      target[12] = Float(0.5 * sum12[lane])
      target[13] = Float(0.5 * sum13[lane])
      target[14] = Float(0.5 * sum14[lane])
    }
  }
}
