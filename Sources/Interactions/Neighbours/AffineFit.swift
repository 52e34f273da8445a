import Geometry

/// What a fit of the motion of a neighbourhood gives for each particle: the residual Σ_j |u_j − u_i − J x_ij|², the
/// number of neighbours j, and J by rows, in this order. Residual and J are NaN if the neighbours do not span space.
public enum AffineFit {
  /// Numbers before J.
  public static let residualAndCount = 2
  /// Numbers per particle.
  public static func stride(dimension: Int) -> Int { residualAndCount + dimension * dimension }
}

/// Fits to the motion u of the neighbours of each particle the affine map J that leaves the smallest residual,
/// J = (Σ (u_j − u_i) ⊗ x_ij)(Σ x_ij ⊗ x_ij)⁻¹ with x_ij = x_j − x_i (Falk and Langer, Phys. Rev. E 57, 7192, 1998).
/// Neighbours are the listed particles within the cutoff of the pair. `motion` has values for owned particles and
/// ghosts, `result` has room for one more than the owned ones.
///
/// The order of operations is that of ``Tensor``, without fused products.
@inline(never)  // as computeForces
func fitAffineMaps<Potential: PairPotential, S: Space>(
  _ potential: Potential, _ space: S.Type, _ particles: ParticleArrays, _ list: NeighbourList,
  _ motion: UnsafePointer<Double>, _ result: UnsafeMutablePointer<Double>
) {
  let loop = PairLoop(particles, list, potential, space)
  for chunk in loop.chunks {
    let row = loop.row(chunk)
    let own = VectorLanes(gathering: motion, at: row.members, in: space)
    var sums = NeighbourhoodSums<S>()
    var slot = loop.slots(of: chunk)
    while slot.isNotEmpty {
      let pair = loop.pair(row, slot)
      let x = VectorLanes(x: pair.dx, y: pair.dy, z: pair.dz)
      let cutoff = potential.cutoff(row.parameter, pair.parameter)
      let isNeighbour = isInside(pair.squaredDistance, cutoff * cutoff)
      let u = VectorLanes(gathering: motion, at: slot.members, in: space) - own
      sums.add(x.kept(where: isNeighbour), u, count: isNeighbour.select(Lanes(1), else: Lanes(0)))
      slot.advance()
    }
    let map = sums.map
    var residual = Lanes(0)
    slot = loop.slots(of: chunk)
    while slot.isNotEmpty {
      let pair = loop.pair(row, slot)
      let x = VectorLanes(x: pair.dx, y: pair.dy, z: pair.dz)
      let cutoff = potential.cutoff(row.parameter, pair.parameter)
      let isNeighbour = isInside(pair.squaredDistance, cutoff * cutoff)
      let u = VectorLanes(gathering: motion, at: slot.members, in: space) - own
      let rest = (u - map.times(x)).kept(where: isNeighbour)
      residual = residual + rest.dot(rest)
      slot.advance()
    }
    let undetermined = sums.isDetermined.select(Lanes(0), else: Lanes(.nan))
    residual = residual + undetermined
    for lane in 0..<Lanes.count {
      let fit = result + Int(row.members[lane]) * AffineFit.stride(dimension: S.dimension)
      fit[0] = residual[lane]
      fit[1] = sums.count[lane]
      for k in 0..<S.dimension {
        for m in 0..<S.dimension {
          fit[AffineFit.residualAndCount + k * S.dimension + m] = map[k, m][lane] + undetermined[lane]
        }
      }
    }
  }
}

/// Vectors of several particles.
private struct VectorLanes {
  var x: Lanes
  var y: Lanes
  var z: Lanes

  @inline(__always) init(x: Lanes, y: Lanes, z: Lanes) { (self.x, self.y, self.z) = (x, y, z) }

  @inline(__always)
  init<S: Space>(gathering field: UnsafePointer<Double>, at index: UnsafePointer<Int32>, in space: S.Type) {
    let lanes = FieldLanes(gathering: field, at: index, in: space)
    self.init(x: lanes.x, y: lanes.y, z: lanes.z)
  }

  @inline(__always) static func - (a: Self, b: Self) -> Self { Self(x: a.x - b.x, y: a.y - b.y, z: a.z - b.z) }
  @inline(__always) static func * (factor: Lanes, a: Self) -> Self {
    Self(x: factor * a.x, y: factor * a.y, z: factor * a.z)
  }
  @inline(__always) func dot(_ other: Self) -> Lanes { x * other.x + y * other.y + z * other.z }
  @inline(__always) func cross(_ b: Self) -> Self {
    Self(x: y * b.z - z * b.y, y: z * b.x - x * b.z, z: x * b.y - y * b.x)
  }
  @inline(__always) subscript(k: Int) -> Lanes { k == 0 ? x : k == 1 ? y : z }

  /// Returns the vector where the mask is set, zero elsewhere.
  @inline(__always) func kept(where mask: IntegerLanes) -> Self {
    let zero = Lanes(0)
    return Self(x: mask.select(x, else: zero), y: mask.select(y, else: zero), z: mask.select(z, else: zero))
  }
}

/// Matrices of several particles, by rows.
private struct MatrixLanes {
  let rows: (VectorLanes, VectorLanes, VectorLanes)

  @inline(__always) func times(_ v: VectorLanes) -> VectorLanes {
    VectorLanes(x: rows.0.dot(v), y: rows.1.dot(v), z: rows.2.dot(v))
  }
  @inline(__always) subscript(k: Int, m: Int) -> Lanes { (k == 0 ? rows.0 : k == 1 ? rows.1 : rows.2)[m] }
}

/// Sums over the neighbours of each row: Σ x ⊗ x and Σ u ⊗ x.
private struct NeighbourhoodSums<S: Space> {
  private(set) var count = Lanes(0)
  private var (xx, xy, xz, yy, yz) = (Lanes(0), Lanes(0), Lanes(0), Lanes(0), Lanes(0))
  /// In two dimensions 1, so that the matrix has an inverse.
  private var zz = Lanes(S.dimension == 2 ? 1 : 0)
  private var (ux, uy, uz) = (Self.zero, Self.zero, Self.zero)

  private static var zero: VectorLanes { VectorLanes(x: Lanes(0), y: Lanes(0), z: Lanes(0)) }

  @inline(__always) init() {}

  @inline(__always) mutating func add(_ x: VectorLanes, _ u: VectorLanes, count one: Lanes) {
    count = count + one
    xx = xx + x.x * x.x
    xy = xy + x.x * x.y
    yy = yy + x.y * x.y
    ux.x = ux.x + u.x * x.x
    ux.y = ux.y + u.x * x.y
    uy.x = uy.x + u.y * x.x
    uy.y = uy.y + u.y * x.y
    if S.dimension == 3 {
      xz = xz + x.x * x.z
      yz = yz + x.y * x.z
      zz = zz + x.z * x.z
      ux.z = ux.z + u.x * x.z
      uy.z = uy.z + u.y * x.z
      uz.x = uz.x + u.z * x.x
      uz.y = uz.y + u.z * x.y
      uz.z = uz.z + u.z * x.z
    }
  }

  private var spread: (VectorLanes, VectorLanes, VectorLanes) {
    @inline(__always) get {
      (VectorLanes(x: xx, y: xy, z: xz), VectorLanes(x: xy, y: yy, z: yz), VectorLanes(x: xz, y: yz, z: zz))
    }
  }

  private var determinant: Lanes { @inline(__always) get { spread.0.dot(spread.1.cross(spread.2)) } }

  /// Whether the fit is determined: at least as many neighbours as dimensions, not on one line or, in space, one plane.
  var isDetermined: IntegerLanes {
    @inline(__always) get {
      let (scale, cube): (Lanes, Lanes)
      if S.dimension == 2 {
        scale = (xx + yy) / Lanes(2)
        cube = scale * scale
      } else {
        scale = (xx + yy + zz) / Lanes(3)
        cube = scale * scale * scale
      }
      return (1e-9 * cube).isLess(than: determinant) & Lanes(Double(S.dimension) - 0.5).isLess(than: count)
    }
  }

  /// The map J; not finite where it is not determined.
  var map: MatrixLanes {
    @inline(__always) get {
      let (a, b, c) = spread
      let columns = (b.cross(c), c.cross(a), a.cross(b))
      let factor = Lanes(1) / a.dot(columns.0)
      let inverse = (factor * columns.0, factor * columns.1, factor * columns.2)
      @inline(__always) func row(_ u: VectorLanes) -> VectorLanes {
        VectorLanes(x: inverse.0.dot(u), y: inverse.1.dot(u), z: inverse.2.dot(u))
      }
      return MatrixLanes(rows: (row(ux), row(uy), row(uz)))
    }
  }
}
