import Geometry

/// Lowest eigenvalue of a factored matrix, by the method of Lanczos on its inverse. Every vector is made
/// orthogonal to all earlier ones.
enum InverseLanczos {
  private static let stepsPerTest = 3

  /// Returns the lowest eigenvalue.
  /// - Parameter start: a vector that contains the lowest mode. The nonaffine velocity does,
  ///   since it follows the soft modes.
  static func lowestEigenvalue(of matrix: EnvelopeCholesky, start: UnsafeMutablePointer<Double>) -> Double {
    let n = matrix.size
    let stride = matrix.paddedSize
    let limit = min(n, 120)
    var basis = [AlignedBuffer<Double>]()
    let w = AlignedBuffer<Double>(capacity: stride)
    var alpha: [Double] = []
    var beta: [Double] = []
    var estimate = 0.0
    let v = AlignedBuffer<Double>(capacity: stride)
    var length = dot(start, start, n).squareRoot()
    if length > 0 {
      for k in 0..<n { v[k] = start[k] / length }
    } else {
      for k in 0..<n { v[k] = 1 / Double(n).squareRoot() }
    }
    basis.append(v)
    while basis.count <= limit {
      let last = basis[basis.count - 1].pointer
      for k in 0..<stride { w[k] = last[k] }
      matrix.solve(w.pointer)
      alpha.append(dot(w.pointer, last, n))
      // Orthogonalising twice is enough.
      for _ in 0..<2 {
        for vector in basis {
          let overlap = dot(w.pointer, vector.pointer, n)
          for k in 0..<n { w[k] -= overlap * vector[k] }
        }
      }
      length = dot(w.pointer, w.pointer, n).squareRoot()
      if alpha.count % stepsPerTest == 0 || length <= 1e-13 * alpha[0] || alpha.count == limit {
        let largest = largestEigenvalue(alpha, beta, above: estimate)
        // The error of a Ritz value is quadratic in that of its vector, so a small change means an even smaller error.
        if largest - estimate <= 1e-10 * largest || length <= 1e-13 * largest { return 1 / largest }
        estimate = largest
      }
      beta.append(length)
      let next = AlignedBuffer<Double>(capacity: stride)
      for k in 0..<n { next[k] = w[k] / length }
      basis.append(next)
    }
    return 1 / estimate
  }

  private static func dot(_ a: UnsafeMutablePointer<Double>, _ b: UnsafeMutablePointer<Double>, _ n: Int) -> Double {
    // Four sums side by side. Their number is fixed, so the bits are too.
    var s = (0.0, 0.0, 0.0, 0.0)
    var k = 0
    while k + 4 <= n {
      s = (s.0 + a[k] * b[k], s.1 + a[k + 1] * b[k + 1], s.2 + a[k + 2] * b[k + 2], s.3 + a[k + 3] * b[k + 3])
      k += 4
    }
    while k < n {
      s.0 += a[k] * b[k]
      k += 1
    }
    return (s.0 + s.1) + (s.2 + s.3)
  }

  /// Returns the largest eigenvalue of the symmetric tridiagonal matrix with these diagonals, by bisection on the
  /// number of larger eigenvalues. `above` is a lower bound.
  private static func largestEigenvalue(_ alpha: [Double], _ beta: [Double], above lower: Double) -> Double {
    var low = lower
    var high = 0.0
    for k in alpha.indices {
      high = max(high, alpha[k] + (k > 0 ? abs(beta[k - 1]) : 0) + (k < alpha.count - 1 ? abs(beta[k]) : 0))
    }
    /// Returns whether all eigenvalues are below x, that is, whether all pivots of x − T are positive.
    func isAbove(_ x: Double) -> Bool {
      var pivot = x - alpha[0]
      if !(pivot > 0) { return false }
      for k in alpha.indices.dropFirst() {
        pivot = x - alpha[k] - beta[k - 1] * beta[k - 1] / pivot
        if !(pivot > 0) { return false }
      }
      return true
    }
    while high - low > 1e-13 * high {
      let middle = 0.5 * (low + high)
      if middle <= low || middle >= high { break }
      if isAbove(middle) { high = middle } else { low = middle }
    }
    return 0.5 * (low + high)
  }
}
