import Geometry
import Interactions

/// A vector whose third component is compiled away in two dimensions.
struct SpaceVector<S: Space> {
  var x: Double
  var y: Double
  var z: Double

  @inline(__always) init(_ x: Double, _ y: Double, _ z: Double) {
    self.x = x
    self.y = y
    self.z = S.dimension == 3 ? z : 0
  }

  @inline(__always) init(_ p: UnsafePointer<Double>) {
    x = p[0]
    y = p[1]
    z = S.dimension == 3 ? p[2] : 0
  }

  @inline(__always) init(_ p: UnsafeMutablePointer<Double>) { self.init(UnsafePointer(p)) }

  @inline(__always) static var zero: SpaceVector { SpaceVector(0, 0, 0) }

  @inline(__always) func dot(_ v: SpaceVector) -> Double {
    S.dimension == 3 ? x * v.x + y * v.y + z * v.z : x * v.x + y * v.y
  }

  @inline(__always) static func + (a: SpaceVector, b: SpaceVector) -> SpaceVector {
    SpaceVector(a.x + b.x, a.y + b.y, S.dimension == 3 ? a.z + b.z : 0)
  }
  @inline(__always) static func - (a: SpaceVector, b: SpaceVector) -> SpaceVector {
    SpaceVector(a.x - b.x, a.y - b.y, S.dimension == 3 ? a.z - b.z : 0)
  }
  @inline(__always) static func * (s: Double, a: SpaceVector) -> SpaceVector {
    SpaceVector(s * a.x, s * a.y, S.dimension == 3 ? s * a.z : 0)
  }

  @inline(__always) func add(to p: UnsafeMutablePointer<Double>) {
    p[0] += x
    p[1] += y
    if S.dimension == 3 { p[2] += z }
  }
  @inline(__always) func subtract(from p: UnsafeMutablePointer<Double>) {
    p[0] -= x
    p[1] -= y
    if S.dimension == 3 { p[2] -= z }
  }
}

/// A matrix that acts on vectors of ``SpaceVector``.
struct SpaceMatrix<S: Space> {
  private let rows: (SpaceVector<S>, SpaceVector<S>, SpaceVector<S>)

  init(_ tensor: Tensor) {
    func row(_ i: Int) -> SpaceVector<S> { SpaceVector(tensor[i, 0], tensor[i, 1], tensor[i, 2]) }
    rows = (row(0), row(1), row(2))
  }

  @inline(__always) static func * (a: SpaceMatrix, v: SpaceVector<S>) -> SpaceVector<S> {
    SpaceVector(a.rows.0.dot(v), a.rows.1.dot(v), S.dimension == 3 ? a.rows.2.dot(v) : 0)
  }
}
