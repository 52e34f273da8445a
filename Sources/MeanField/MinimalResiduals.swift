import Foundation
import MessagePassing

/// The method of generalised minimal residuals (GMRES), for matrices near the identity.
enum MinimalResiduals {
  private static let tolerance = 1e-13
  private static let most = 300

  /// Replaces the right side `b` by the solution of `apply`(x) = b.
  /// - Throws: a failure of kind `notConverged` with the residual, if there is no solution within 300 products.
  static func solve(_ b: inout [Double], _ what: @autoclosure () -> String, _ apply: ([Double]) -> [Double]) throws {
    let norm = length(b)
    guard norm > 0 else { return }
    var basis = [b.map { $0 / norm }]
    var columns: [[Double]] = []
    var rotations: [(c: Double, s: Double)] = []
    var right = [norm]
    while right.last!.magnitude > tolerance * norm {
      guard columns.count < most, right.last!.isFinite else {
        throw Failure.everywhere(
          .notConverged, "\(what()): the linear equations end at a residual of \((right.last! / norm).magnitude)")
      }
      var next = apply(basis.last!)
      var column: [Double] = []
      for vector in basis {
        let overlap = dot(vector, next)
        for i in next.indices { next[i] -= overlap * vector[i] }
        column.append(overlap)
      }
      let size = length(next)
      for (k, r) in rotations.enumerated() {
        (column[k], column[k + 1]) = (r.c * column[k] + r.s * column[k + 1], r.c * column[k + 1] - r.s * column[k])
      }
      let radius = (column.last! * column.last! + size * size).squareRoot()
      let rotation = (c: column.last! / radius, s: size / radius)
      column[column.count - 1] = radius
      rotations.append(rotation)
      columns.append(column)
      let last = right.removeLast()
      right += [rotation.c * last, -rotation.s * last]
      if size <= 1e-300 { break }
      basis.append(next.map { $0 / size })
    }
    var factors = [Double](repeating: 0, count: columns.count)
    for k in columns.indices.reversed() {
      var value = right[k]
      for l in (k + 1)..<max(k + 1, columns.count) { value -= columns[l][k] * factors[l] }
      factors[k] = value / columns[k][k]
    }
    for i in b.indices { b[i] = 0 }
    for (factor, vector) in zip(factors, basis) { for i in b.indices { b[i] += factor * vector[i] } }
  }

  private static func dot(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for i in a.indices { sum += a[i] * b[i] }
    return sum
  }

  private static func length(_ a: [Double]) -> Double { dot(a, a).squareRoot() }
}
