import Geometry

/// Directional derivatives of the gradient g(x) = (φ'/r) x of a bond's energy. The Hessian and the tensors of third and
/// fourth derivatives are sums of them over bonds (Richard, eqs. B6–B15).
extension BondStiffness {
  /// Returns g(x) = ∂φ/∂x.
  @inline(__always) public func gradient(_ x: Vector) -> Vector { first * x }

  /// Returns ∂g/∂x · v.
  @inline(__always) public func gradient(_ x: Vector, along v: Vector) -> Vector {
    (second * x.dot(v)) * x + first * v
  }

  /// Returns ∂²g/∂x∂x : v u.
  @inline(__always) public func gradient(_ x: Vector, along v: Vector, _ u: Vector) -> Vector {
    let (xv, xu) = (x.dot(v), x.dot(u))
    return (third * xv * xu + second * v.dot(u)) * x + (second * xv) * u + (second * xu) * v
  }

  /// Returns ∂³g/∂x∂x∂x ∴ v u w.
  @inline(__always) public func gradient(_ x: Vector, along v: Vector, _ u: Vector, _ w: Vector) -> Vector {
    let (xv, xu, xw) = (x.dot(v), x.dot(u), x.dot(w))
    let (vu, vw, uw) = (v.dot(u), v.dot(w), u.dot(w))
    return (fourth * xv * xu * xw + third * (vu * xw + vw * xu + uw * xv)) * x
      + (third * xu * xw + second * uw) * v + (third * xv * xw + second * vw) * u + (third * xv * xu + second * vu) * w
  }
}
