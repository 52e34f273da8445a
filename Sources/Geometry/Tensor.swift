import Foundation

/// A 3×3 matrix by rows. In two dimensions the third row and column are zero, or those of the unit matrix for maps.
public struct Tensor: Equatable, Sendable {
  public var rows: (Vector, Vector, Vector)

  public init(_ x: Vector, _ y: Vector, _ z: Vector) { rows = (x, y, z) }
  public init() { rows = (.zero, .zero, .zero) }

  /// Creates a tensor from nested arrays of 2 or 3 rows.
  public init(_ values: [[Double]]) {
    self.init()
    for (i, row) in values.enumerated() { for (j, value) in row.enumerated() { self[i, j] = value } }
  }

  public static let identity = Tensor(Vector(1, 0, 0), Vector(0, 1, 0), Vector(0, 0, 1))

  /// Creates the outer product a ⊗ b.
  public init(outer a: Vector, _ b: Vector) { rows = (a.x * b, a.y * b, a.z * b) }

  @inlinable public subscript(i: Int) -> Vector {
    get { i == 0 ? rows.0 : i == 1 ? rows.1 : rows.2 }
    set { if i == 0 { rows.0 = newValue } else if i == 1 { rows.1 = newValue } else { rows.2 = newValue } }
  }

  @inlinable public subscript(i: Int, j: Int) -> Double {
    get { self[i][j] }
    set { self[i][j] = newValue }
  }

  public static func == (a: Tensor, b: Tensor) -> Bool {
    a.rows.0 == b.rows.0 && a.rows.1 == b.rows.1 && a.rows.2 == b.rows.2
  }
  public static func + (a: Tensor, b: Tensor) -> Tensor {
    Tensor(a.rows.0 + b.rows.0, a.rows.1 + b.rows.1, a.rows.2 + b.rows.2)
  }
  public static func - (a: Tensor, b: Tensor) -> Tensor {
    Tensor(a.rows.0 - b.rows.0, a.rows.1 - b.rows.1, a.rows.2 - b.rows.2)
  }
  public static func * (s: Double, a: Tensor) -> Tensor { Tensor(s * a.rows.0, s * a.rows.1, s * a.rows.2) }
  @inlinable public static func * (a: Tensor, v: Vector) -> Vector {
    Vector(a.rows.0.dot(v), a.rows.1.dot(v), a.rows.2.dot(v))
  }
  public static func * (a: Tensor, b: Tensor) -> Tensor {
    let t = b.transposed
    return Tensor(t * a.rows.0, t * a.rows.1, t * a.rows.2)
  }

  public var transposed: Tensor {
    Tensor(
      Vector(rows.0.x, rows.1.x, rows.2.x), Vector(rows.0.y, rows.1.y, rows.2.y), Vector(rows.0.z, rows.1.z, rows.2.z))
  }

  /// Returns a : b = Σ a_ij b_ij.
  public func contracted(with b: Tensor) -> Double {
    rows.0.dot(b.rows.0) + rows.1.dot(b.rows.1) + rows.2.dot(b.rows.2)
  }

  public var trace: Double { rows.0.x + rows.1.y + rows.2.z }

  public var determinant: Double { rows.0.dot(Tensor.cross(rows.1, rows.2)) }

  public var inverse: Tensor {
    let c0 = Tensor.cross(rows.1, rows.2)
    let c1 = Tensor.cross(rows.2, rows.0)
    let c2 = Tensor.cross(rows.0, rows.1)
    return (1 / rows.0.dot(c0)) * Tensor(c0, c1, c2).transposed
  }

  public static func cross(_ a: Vector, _ b: Vector) -> Vector {
    Vector(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
  }

  /// Matrix exponential, by scaling, a Taylor series of 18 terms, and squaring. It is accurate to rounding for the
  /// strain of a single loading step as well as of a whole run.
  public var exponential: Tensor {
    // Of simple shear the series has two terms.
    if self * self == Tensor() { return Tensor.identity + self }
    let size = (0..<3).map { i in (0..<3).map { abs(self[i, $0]) }.reduce(0, +) }.max()!
    let halvings = size > 0.25 ? Int(log2(size / 0.25).rounded(.up)) : 0
    let small = Foundation.pow(0.5, Double(halvings)) * self
    var result = Tensor.identity
    var term = Tensor.identity
    for n in 1...18 {
      term = (1 / Double(n)) * (term * small)
      result = result + term
    }
    for _ in 0..<halvings { result = result * result }
    return result
  }

  /// Returns the upper left `dimension` × `dimension` block as nested arrays.
  public func block(_ dimension: Int) -> [[Double]] { (0..<dimension).map { i in (0..<dimension).map { self[i, $0] } } }

  /// Returns the smallest singular value of the upper left block: the smallest factor by which the map
  /// changes the length of a vector.
  public func smallestSingularValue(dimension: Int) -> Double {
    let square = transposed * self
    if dimension == 2 {
      let mean = (square[0, 0] + square[1, 1]) / 2
      let difference = (square[0, 0] - square[1, 1]) / 2
      return max(0, mean - hypot(difference, square[0, 1])).squareRoot()
    }
    // Eigenvalues of a symmetric 3×3 matrix in closed form (trigonometric).
    let q = square.trace / 3
    let deviator = square - q * Tensor.identity
    let p = ((deviator * deviator).trace / 6).squareRoot()
    if p == 0 { return max(0, q).squareRoot() }
    let half = max(-1, min(1, ((1 / p) * deviator).determinant / 2))
    let angle = acos(half) / 3
    return max(0, q + 2 * p * cos(angle + 2 * Double.pi / 3)).squareRoot()
  }
}

extension Tensor: Codable {
  public init(from decoder: any Decoder) throws {
    var values = try decoder.unkeyedContainer()
    self.init(try values.decode(Vector.self), try values.decode(Vector.self), try values.decode(Vector.self))
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.unkeyedContainer()
    for k in 0..<3 { try values.encode(self[k]) }
  }
}
