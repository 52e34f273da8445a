import Foundation
import Geometry
import TestSupport
import Testing

@testable import YieldStress

extension YieldStressTests {
  @Suite struct Envelope {
    /// A symmetric matrix with random entries within a ragged envelope, positive definite by its diagonal.
    static func matrix(_ n: Int, seed: UInt64) -> (entries: [[Double]], first: [Int]) {
      var generator = Generator(seed: seed)
      var a = [[Double]](repeating: [Double](repeating: 0, count: n), count: n)
      var first = [Int]()
      for i in 0..<n {
        first.append(max(0, i - Int(generator.uniform(0...20))))
        for j in first[i]..<i {
          a[i][j] = generator.uniform(-1...1)
          a[j][i] = a[i][j]
        }
      }
      for i in 0..<n { a[i][i] = 1 + a[i].map { abs($0) }.reduce(0, +) }
      return (a, first)
    }

    static func factored(_ a: [[Double]], _ first: [Int]) -> (EnvelopeCholesky, Int?) {
      let cholesky = EnvelopeCholesky()
      cholesky.prepare(size: a.count) { first[$0] }
      for i in a.indices { for j in first[i]...i { cholesky[i, j] = a[i][j] } }
      return (cholesky, cholesky.factor(smallestPivot: 1e-12))
    }

    /// Sizes around those of whole panels. The matrices are dominated by their diagonals, so the residual is of the
    /// size of the rounding of n terms.
    @Test(arguments: [1, 7, 8, 9, 16, 61, 200]) func solves(n: Int) {
      let (a, first) = Self.matrix(n, seed: 5 + UInt64(n))
      let (cholesky, failed) = Self.factored(a, first)
      #expect(failed == nil)
      var generator = Generator(seed: 11)
      let b = (0..<n).map { _ in generator.uniform(-1...1) }
      let x = AlignedBuffer<Double>(capacity: cholesky.paddedSize)
      for k in 0..<n { x[k] = b[k] }
      cholesky.solve(x.pointer)
      for i in 0..<n {
        var sum = 0.0
        for j in 0..<n { sum += a[i][j] * x[j] }
        #expect(abs(sum - b[i]) < 1e-13, "row \(i) of \(n)")
      }
    }

    /// The row at which a matrix stops being positive definite is found, wherever in a panel it is.
    @Test(arguments: [0, 3, 7, 8, 30, 60]) func indefinite(row: Int) {
      var (a, first) = Self.matrix(61, seed: 3)
      a[row][row] = -1
      #expect(Self.factored(a, first).1 == row)
    }

    /// The chain of springs with fixed ends: λ = 2 − 2cos(π/(n+1)). Ritz values are accurate to the square of the
    /// accuracy of the vectors, and were accepted at 1e-10.
    @Test(arguments: [5, 40, 160]) func lowestEigenvalueOfAChain(n: Int) {
      let cholesky = EnvelopeCholesky()
      cholesky.prepare(size: n) { max(0, $0 - 1) }
      for i in 0..<n {
        cholesky[i, i] = 2
        if i > 0 { cholesky[i, i - 1] = -1 }
      }
      #expect(cholesky.factor(smallestPivot: 1e-12) == nil)
      var generator = Generator(seed: 2)
      let start = AlignedBuffer<Double>(capacity: cholesky.paddedSize)
      for k in 0..<n { start[k] = generator.uniform(0...1) }
      let exact = 2 - 2 * cos(Double.pi / Double(n + 1))
      #expect(isClose(InverseLanczos.lowestEigenvalue(of: cholesky, start: start.pointer), exact, 1e-9))
    }
  }
}
