import ElasticLattice
import Foundation
import FourierGrid
import MessagePassing
import TestSupport
import Testing

/// The kernel against sums over wave vectors, one by one.
@Suite(.serialized, .oneAtATime) struct KernelTests {
  static let shapes = [
    [8, 8], [6, 10], [7, 5], [13, 8], [8, 13], [2, 3], [11, 11], [4, 6, 5], [5, 3, 7], [2, 2, 2],
  ]

  /// G by the formula of the paper, written anew here.
  static func spectrum(_ shape: [Int], _ k: [Int], isLattice: Bool) -> Double {
    let q = zip(shape, k).map { n, k -> Double in
      let q = 2 * Double.pi * Double(k <= n / 2 ? k : k - n) / Double(n)
      return isLattice ? 2 * sin(q / 2) : q
    }
    if k.allSatisfy({ $0 == 0 }) { return -1 }
    let square = q.reduce(0) { $0 + $1 * $1 }
    let (x, y) = (q[0], q[1])
    let z = q.count == 3 ? q[2] : 0
    return -(4 * x * x * y * y + z * z * square) / (square * square)
  }

  static func places(_ shape: [Int]) -> [[Int]] {
    shape.reduce([[]]) { list, n in list.flatMap { head in (0..<n).map { head + [$0] } } }
  }

  @Test(arguments: shapes, [false, true]) func isTheSumOverWaveVectors(shape: [Int], isLattice: Bool) throws {
    let communicator = try MessagePassing.startForTests()
    let lattice = Lattice(shape: shape)
    let transform = try LatticeTransform(lattice, over: communicator)
    let kernel = StressKernel(lattice, discretisation: isLattice ? .lattice : .continuum)
    let real = try RealSpaceKernel(kernel, transform: transform, reach: nil, over: communicator)
    let places = Self.places(shape)
    for r in places where zip(r, shape).allSatisfy({ $0 <= $1 / 2 }) {
      var sum = 0.0
      for k in places {
        let phase = zip(zip(k, r), shape).reduce(0.0) { $0 + 2 * Double.pi * Double($1.0.0 * $1.0.1) / Double($1.1) }
        sum += Self.spectrum(shape, k, isLattice: isLattice) * cos(phase)
      }
      let y = shape.count == 3 ? r[1] : 0
      let g = real.far[r[0] * real.farStrides.0 + y * real.farStrides.1 + r[r.count - 1]]
      // |G| ≤ 1, so either sum has an error of some 1e-16 · √N; the direct one has phases with errors of 1e-15.
      #expect(abs(g - sum / Double(lattice.siteCount)) < 1e-14, "\(shape) \(r)")
    }
  }

  /// Numbers of an independent program.
  @Test func agreesWithTheReference() throws {
    let communicator = try MessagePassing.startForTests()
    let lattice = Lattice(shape: [64, 64])
    let transform = try LatticeTransform(lattice, over: communicator)
    let real = try RealSpaceKernel(StressKernel(lattice), transform: transform, reach: nil, over: communicator)
    func g(_ x: Int, _ z: Int) -> Double { real.far[x * real.farStrides.0 + z] }
    #expect(abs(g(0, 0) + 0.570653671879054) < 2e-15)
    // Printed with ten digits.
    #expect(abs(g(1, 0) - 0.0790405271) < 5e-11 && abs(g(0, 1) - 0.0790405271) < 5e-11)
    #expect(abs(g(1, 1) + 0.1053178455) < 5e-11)
    #expect(abs(g(32, 0) - 5.67343e-4) < 5e-10)
  }

  /// A bound that is too low would let a block yield unnoticed.
  @Test(arguments: [[64, 64], [37, 50], [16, 90], [20, 12, 18]], [true, false])
  func boundsHoldBetweenAllBlocks(shape: [Int], isSigned: Bool) throws {
    let communicator = try MessagePassing.startForTests()
    let lattice = Lattice(shape: shape)
    let transform = try LatticeTransform(lattice, over: communicator)
    let real = try RealSpaceKernel(StressKernel(lattice), transform: transform, reach: 3, over: communicator)
    let tiling = Tiling(lattice)
    let bounds = TileBounds(real, tiling, isSigned: isSigned)
    let (n0, n1, n2) = lattice.extents
    var largest = 0.0
    for item in 0..<20_000 {
      let a = lattice.coordinates(of: (item * 7919) % lattice.siteCount)
      let b = lattice.coordinates(of: (item * 104_729 + 13) % lattice.siteCount)
      func fold(_ d: Int, _ n: Int) -> Int { min(abs(d), n - abs(d)) }
      let g = real.far[
        fold(a.0 - b.0, n0) * real.farStrides.0 + fold(a.1 - b.1, n1) * real.farStrides.1 + fold(a.2 - b.2, n2)]
      let source = (a.0 / tiling.edges.0, a.1 / tiling.edges.1, a.2 / tiling.edges.2)
      let bound = bounds.row(b.0 / tiling.edges.0, b.1 / tiling.edges.1, from: source)[b.2 / tiling.edges.2]
      #expect((isSigned ? g : abs(g)) <= bound)
      largest = max(largest, bound)
    }
    // Outside of a window of 3 the kernel is below 1/(π 4²): a bound that said 1 would be useless, and still hold.
    #expect(largest > 0 && largest < 0.03)
  }
}
