import Foundation

/// Least squares with few parameters, by the method of Levenberg and Marquardt with derivatives by differences.
enum LeastSquares {
  static func minimise(from start: [Double], _ residuals: ([Double]) -> [Double]) -> (x: [Double], sum: Double) {
    var x = start
    var r = residuals(x)
    var sum = square(r)
    var damping = 1e-2
    for _ in 0..<200 where sum.isFinite {
      let (matrix, gradient) = normal(at: x, r, residuals)
      var isBetter = false
      for _ in 0..<20 where !isBetter {
        var damped = matrix
        for k in damped.indices { damped[k][k] *= 1 + damping }
        guard let change = solve(damped, gradient) else { break }
        // Steps of a factor e² at most keep the model within numbers.
        let size = change.map(\.magnitude).max()!
        let next = zip(x, change).map { $0 - $1 * min(1, 2 / size) }
        let trial = residuals(next)
        if square(trial) < sum {
          isBetter = true
          let gain = sum - square(trial)
          (x, r, sum) = (next, trial, square(trial))
          damping = max(1e-12, damping / 5)
          if gain <= 1e-15 * sum, size < 1e-8 { return (x, sum) }
        } else {
          damping *= 4
        }
      }
      if !isBetter { break }
    }
    return (x, sum)
  }

  /// Diagonal of the inverse of JᵀJ; nil if the residuals do not determine all parameters.
  static func variances(at x: [Double], _ residuals: ([Double]) -> [Double]) -> [Double]? {
    let (matrix, _) = normal(at: x, residuals(x), residuals)
    let count = x.count
    var result: [Double] = []
    for k in 0..<count {
      guard let column = solve(matrix, (0..<count).map { $0 == k ? 1 : 0 }), column[k] > 0, column[k] < 1e12 else {
        return nil
      }
      result.append(column[k])
    }
    return result
  }

  private static func square(_ r: [Double]) -> Double { r.reduce(0) { $0 + $1 * $1 } }

  private static func normal(
    at x: [Double], _ r: [Double], _ residuals: ([Double]) -> [Double]
  ) -> (matrix: [[Double]], gradient: [Double]) {
    let step = 1e-5
    let columns = x.indices.map { k -> [Double] in
      var (up, down) = (x, x)
      up[k] += step
      down[k] -= step
      return zip(residuals(up), residuals(down)).map { ($0 - $1) / (2 * step) }
    }
    func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    return (columns.map { a in columns.map { dot(a, $0) } }, columns.map { dot($0, r) })
  }

  /// Solves a small symmetric positive system by elimination; nil if it is singular.
  private static func solve(_ matrix: [[Double]], _ right: [Double]) -> [Double]? {
    var (a, b) = (matrix, right)
    let count = b.count
    for k in 0..<count {
      guard a[k][k] > 1e-14 * matrix[k][k], a[k][k].isFinite else { return nil }
      for i in (k + 1)..<max(k + 1, count) {
        let factor = a[i][k] / a[k][k]
        for j in k..<count { a[i][j] -= factor * a[k][j] }
        b[i] -= factor * b[k]
      }
    }
    for k in (0..<count).reversed() {
      for j in (k + 1)..<max(k + 1, count) { b[k] -= a[k][j] * b[j] }
      b[k] /= a[k][k]
    }
    return b
  }
}
