import Geometry

/// Sum Σ w x⊗x over the neighbours of each row, as its independent components.
struct SymmetricSum<S: Space> {
  var xx = Lanes(0)
  var yy = Lanes(0)
  var zz = Lanes(0)
  var xy = Lanes(0)
  var xz = Lanes(0)
  var yz = Lanes(0)

  /// Adds (w x) ⊗ x for a product w x that the caller has already computed.
  @inline(__always) mutating func add(_ px: Lanes, _ py: Lanes, _ pz: Lanes, _ dx: Lanes, _ dy: Lanes, _ dz: Lanes) {
    xx = px.times(dx, plus: xx)
    yy = py.times(dy, plus: yy)
    xy = px.times(dy, plus: xy)
    if S.dimension == 3 {
      zz = pz.times(dz, plus: zz)
      xz = px.times(dz, plus: xz)
      yz = py.times(dz, plus: yz)
    }
  }
}
