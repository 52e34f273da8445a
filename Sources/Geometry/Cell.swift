/// The periodic cell: a parallelogram or parallelepiped whose edges are whole multiples of a quantum of length.
///
/// Positions are 64-bit integers in units of the same quantum, a power of two. So the displacement between two
/// particles, the wrap into the cell and the minimum image are exact integer arithmetic, with the same result for an
/// owner and its ghosts. The resolution of positions, and with it the smallest reachable force, does not grow with the
/// box (Docs/Design/001-positions.md).
public struct Cell: Equatable, Sendable {
  /// Dimension of space, 2 or 3.
  public let dimension: Int
  /// Unit of positions, a power of two, in units of length.
  public let quantum: Double
  /// Edge vectors as rows, in quanta. In two dimensions the third edge is unused.
  public private(set) var fixedEdges: (FixedVector, FixedVector, FixedVector)
  /// Edge vectors as rows, in units of length. In two dimensions the third is (0, 0, 1), so that volume means area.
  public private(set) var edges: Tensor
  /// Matrix that maps a position x to its fractions s of the edges: s = Hᵀ⁻¹ x, with the edges as rows of H.
  public private(set) var fractionsOfPosition: Tensor

  /// Creates a cell and chooses its quantum.
  /// - Parameters:
  ///   - edges: edge vectors as rows, in units of length; they are rounded to whole quanta.
  ///   - range: the longest distance between listed neighbours, which determines the quantum.
  public init(dimension: Int, edges: Tensor, range: Double) {
    self.dimension = dimension
    var longest = 0.0
    for k in 0..<dimension { longest = max(longest, edges[k].length) }
    quantum = Self.quantum(range: range, longestEdge: longest)
    self.edges = edges
    fixedEdges = (.zero, .zero, .zero)
    fractionsOfPosition = edges
    setEdges(edges)
  }

  /// Restores a cell with the same bits.
  /// - Parameters:
  ///   - quantum: a power of two.
  ///   - fixedEdges: edge vectors as rows, in quanta; the third is zero in two dimensions.
  public init(dimension: Int, quantum: Double, fixedEdges: [FixedVector]) {
    precondition(fixedEdges.count == 3)
    self.dimension = dimension
    self.quantum = quantum
    self.fixedEdges = (fixedEdges[0], fixedEdges[1], fixedEdges[2])
    edges = .identity
    fractionsOfPosition = .identity
    updateEdges()
  }

  /// Returns the smallest power of two that satisfies two limits: the kernel reads a displacement of up to 2⁵¹ quanta
  /// as the mantissa of a double, and coordinates of a few edges must fit 63 bits.
  static func quantum(range: Double, longestEdge: Double) -> Double {
    max(powerOfTwo(above: range) * 0x1p-51, powerOfTwo(above: longestEdge) * 0x1p-60)
  }

  private static func powerOfTwo(above value: Double) -> Double {
    Double(sign: .plus, exponent: value.exponent + 1, significand: 1)
  }

  private mutating func setEdges(_ target: Tensor) {
    func fixed(_ v: Vector) -> FixedVector {
      FixedVector(
        Int64((v.x / quantum).rounded(.toNearestOrEven)), Int64((v.y / quantum).rounded(.toNearestOrEven)),
        Int64((v.z / quantum).rounded(.toNearestOrEven)))
    }
    fixedEdges.0 = fixed(target[0])
    fixedEdges.1 = fixed(target[1])
    fixedEdges.2 = dimension == 3 ? fixed(target[2]) : .zero
    updateEdges()
  }

  private mutating func updateEdges() {
    edges = Tensor(
      position(fixedEdges.0), position(fixedEdges.1), dimension == 3 ? position(fixedEdges.2) : Vector(0, 0, 1))
    // s = Hᵀ⁻¹ x, with the edges as rows of H.
    fractionsOfPosition = edges.transposed.inverse
  }

  public static func == (a: Cell, b: Cell) -> Bool {
    a.dimension == b.dimension && a.quantum == b.quantum && a.fixedEdges.0 == b.fixedEdges.0
      && a.fixedEdges.1 == b.fixedEdges.1 && a.fixedEdges.2 == b.fixedEdges.2
  }

  /// Area in two dimensions, volume in three.
  public var volume: Double { abs(edges.determinant) }

  /// Distance between opposite faces, for each edge.
  public var widths: Vector {
    let s = fractionsOfPosition
    return Vector(1 / s[0].length, 1 / s[1].length, dimension == 3 ? 1 / s[2].length : 1)
  }

  public func fixedEdge(_ k: Int) -> FixedVector { k == 0 ? fixedEdges.0 : k == 1 ? fixedEdges.1 : fixedEdges.2 }

  /// Returns the lattice vector Σ image_k · edge_k, in quanta.
  @inlinable public func lattice(_ image: SIMD3<Int32>) -> FixedVector {
    var sum =
      fixedEdges.0 &* FixedVector(repeating: Int64(image.x)) &+ fixedEdges.1 &* FixedVector(repeating: Int64(image.y))
    if dimension == 3 { sum = sum &+ fixedEdges.2 &* FixedVector(repeating: Int64(image.z)) }
    return sum
  }

  /// Converts a fixed-point vector to units of length, rounded once.
  @inlinable public func position(_ fixed: FixedVector) -> Vector {
    Vector(Double(fixed.x) * quantum, Double(fixed.y) * quantum, Double(fixed.z) * quantum)
  }

  /// Returns the fixed-point vector closest to a vector in units of length.
  @inlinable public func fixed(_ vector: Vector) -> FixedVector {
    FixedVector(
      Int64((vector.x / quantum).rounded(.toNearestOrEven)), Int64((vector.y / quantum).rounded(.toNearestOrEven)),
      Int64((vector.z / quantum).rounded(.toNearestOrEven)))
  }

  /// Returns the fractions of the edges, each in [0, 1) up to rounding for a wrapped position.
  @inlinable public func fractions(_ fixed: FixedVector) -> Vector { fractionsOfPosition * position(fixed) }

  /// Moves a position into the cell by whole edges. All code wraps positions by this one rule.
  /// - Returns: the image numbers, the multiples of each edge that were subtracted: the unwrapped position is the
  ///   wrapped one plus these edges.
  @inlinable public func wrap(_ fixed: inout FixedVector) -> SIMD3<Int32> {
    let s = fractions(fixed)
    var image = SIMD3<Int32>(
      Int32(s.x.rounded(.down)), Int32(s.y.rounded(.down)), dimension == 3 ? Int32(s.z.rounded(.down)) : 0)
    if image == SIMD3<Int32>() { return image }
    fixed = fixed &- lattice(image)
    // A position within rounding of the upper face may come out as exactly one; it then belongs to the lower face.
    let t = fractions(fixed)
    let again = SIMD3<Int32>(t.x >= 1 ? 1 : 0, t.y >= 1 ? 1 : 0, dimension == 3 && t.z >= 1 ? 1 : 0)
    if again != SIMD3<Int32>() {
      fixed = fixed &- lattice(again)
      image = image &+ again
    }
    return image
  }

  /// Returns the shortest periodic image of a displacement. It is correct if that is shorter
  /// than half the smallest width.
  @inlinable public func minimumImage(_ displacement: FixedVector) -> FixedVector {
    let s = fractions(displacement)
    let image = SIMD3<Int32>(
      Int32(s.x.rounded(.toNearestOrEven)), Int32(s.y.rounded(.toNearestOrEven)),
      dimension == 3 ? Int32(s.z.rounded(.toNearestOrEven)) : 0)
    return displacement &- lattice(image)
  }

  /// Replaces the edges by `target` (rows, in units of length), rounded to quanta.
  public mutating func deform(to target: Tensor) { setEdges(target) }

  /// Adds `count` times edge `flow` to edge `gradient`: the same lattice in another basis.
  public mutating func addEdge(_ flow: Int, times count: Int64, to gradient: Int) {
    let change = fixedEdge(flow) &* FixedVector(repeating: count)
    switch gradient {
    case 0: fixedEdges.0 = fixedEdges.0 &+ change
    case 1: fixedEdges.1 = fixedEdges.1 &+ change
    default: fixedEdges.2 = fixedEdges.2 &+ change
    }
    updateEdges()
  }

  /// Returns how many times edge `flow` has to be subtracted from edge `gradient` to bring its tilt into [−1/2, 1/2].
  public func excessTilt(of gradient: Int, along flow: Int) -> Int64 {
    let tilt = edges[gradient].dot(edges[flow]) / edges[flow].squaredLength
    return abs(tilt) > 0.5 ? Int64(tilt.rounded(.toNearestOrAwayFromZero)) : 0
  }
}
