import Foundation
import FourierGrid
import Geometry
import MessagePassing
import TestSupport
import Testing

/// Transforms against themselves, filters and derivatives against plane waves in tilted cells.
@Suite(.serialized, .oneAtATime) struct FourierGridTests {
  static let shapes = [
    [8, 8], [6, 10], [7, 5], [13, 8], [8, 13], [2, 3], [11, 11], [4, 6, 5], [5, 3, 7], [2, 2, 2],
  ]

  @Test(arguments: shapes) func transformsBothWays(shape: [Int]) throws {
    let communicator = try MessagePassing.startForTests()
    let lattice = Lattice(shape: shape)
    let transform = try LatticeTransform(lattice, over: communicator)
    let (n0, n1, n2) = lattice.extents
    func value(_ i: Int) -> Double { sin(Double(i * i % 97)) }
    transform.clearField()
    for row in 0..<(n0 * n1) {
      for z in 0..<n2 { transform.field[row * transform.rowStride + z] = value(row * n2 + z) }
    }
    transform.forward()
    transform.backward()
    for row in 0..<(n0 * n1) {
      for z in 0..<n2 {
        let back = transform.field[row * transform.rowStride + z] / Double(lattice.siteCount)
        // Rounding grows with log N; 1e-15 each way.
        #expect(abs(back - value(row * n2 + z)) < 1e-14, "\(shape)")
      }
    }
  }

  /// A cell with every tilt, and its wave vectors by solving a_k · q = 2π m_k, which is how they are defined.
  static func cell(_ dimension: Int) -> Cell {
    Cell(
      dimension: dimension,
      edges: dimension == 2
        ? Tensor([[11, 0], [3.5, 9]]) : Tensor([[11, 0, 0], [3.5, 9, 0], [-2, 1.25, 7.5]]), range: 1)
  }

  /// cos(q·x + 0.3) with the wave numbers m at all sites, and how it changes along the axes of space.
  private static func wave(_ lattice: Lattice, _ cell: Cell, _ m: [Int]) -> (
    q: Vector, values: [Double], slopes: [[Double]]
  ) {
    // q = 2π Σ m_k (a_i × a_j)/V for i, j, k in turn; in two dimensions with the third edge (0, 0, 1).
    let a = cell.edges
    let volume = a[0].dot(Tensor.cross(a[1], a[2]))
    let dual = (0..<3).map { (1 / volume) * Tensor.cross(a[($0 + 1) % 3], a[($0 + 2) % 3]) }
    let q = m.indices.reduce(Vector.zero) { $0 + 2 * Double.pi * Double(m[$1]) * dual[$1] }
    let sites = (0..<lattice.siteCount).map { site -> Vector in
      let (x, y, z) = lattice.coordinates(of: site)
      let places = lattice.dimension == 2 ? [x, z] : [x, y, z]
      return places.indices.reduce(Vector.zero) { $0 + Double(places[$1]) / Double(lattice.shape[$1]) * a[$1] }
    }
    return (
      q, sites.map { cos(q.dot($0) + 0.3) },
      (0..<lattice.dimension).map { axis in sites.map { -q[axis] * sin(q.dot($0) + 0.3) } }
    )
  }

  static let waves: [(shape: [Int], m: [Int])] = [
    ([16, 12], [3, -2]), ([9, 15], [-4, 7]), ([16, 12], [0, 5]), ([16, 12], [1, 0]), ([8, 10, 12], [3, -4, 5]),
    ([5, 7, 9], [-2, 3, 4]), ([8, 10, 12], [0, 2, -1]),
  ]

  /// Phases of up to 70 are rounded to 1e-14, and |q| ≤ 8 multiplies what that adds to the waves.
  @Test(arguments: waves) func slopesOfPlaneWaves(shape: [Int], m: [Int]) throws {
    let (lattice, cell) = (Lattice(shape: shape), Self.cell(shape.count))
    let transform = try LatticeTransform(lattice, over: MessagePassing.startForTests())
    let wave = Self.wave(lattice, cell, m)
    let vectors = WaveVectors(lattice, cell: cell)
    let slopes = GridField([wave.values.map { 2 * $0 + 1 }, wave.values], on: transform)
      .gradient(of: 1, transform, vectors)
    for axis in 0..<shape.count {
      let off = zip(slopes.components[axis], wave.slopes[axis]).map { abs($0 - $1) }.max()!
      #expect(off < 1e-12, "along axis \(axis): off by \(off)")
    }
  }

  /// A wave is an eigenfunction of every filter, and the mean stays as it is.
  @Test(arguments: waves) func filtersKnowTheLengthOfWaves(shape: [Int], m: [Int]) throws {
    let (lattice, cell) = (Lattice(shape: shape), Self.cell(shape.count))
    let transform = try LatticeTransform(lattice, over: MessagePassing.startForTests())
    let wave = Self.wave(lattice, cell, m)
    let vectors = WaveVectors(lattice, cell: cell)
    let length = wave.q.length
    for (filter, factor) in [
      (Filter.gaussian(0.4), exp(-0.08 * length * length)), (.sharp(length * 1.001), 1), (.sharp(length * 0.999), 0),
    ] {
      var field = GridField([wave.values, wave.values.map { 3 - 2 * $0 }], on: transform)
      field.smooth(transform, vectors, filter)
      for (k, value) in wave.values.enumerated() {
        // Phases of up to 70 are rounded to 1e-14, so that much of the numbers, up to 5, is no plane wave.
        #expect(abs(field.components[0][k] - factor * value) < 1e-13)
        #expect(abs(field.components[1][k] - (3 - 2 * factor * value)) < 1e-13)
      }
    }
  }

  /// The shortest wave of an even axis goes up and down from site to site; its slope at the sites is zero.
  @Test func theShortestWaveHasNoSlope() throws {
    let (lattice, cell) = (Lattice(shape: [8, 6]), Self.cell(2))
    let transform = try LatticeTransform(lattice, over: MessagePassing.startForTests())
    let values = (0..<lattice.siteCount).map { lattice.coordinates(of: $0).0 % 2 == 0 ? 1.0 : -1.0 }
    let slopes = GridField([values], on: transform).gradient(of: 0, transform, WaveVectors(lattice, cell: cell))
    #expect(slopes.components.allSatisfy { $0.allSatisfy { abs($0) < 1e-15 } })
  }
}
