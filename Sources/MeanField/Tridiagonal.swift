/// A tridiagonal matrix, factorised without pivots: the matrices of this module are dominated by their diagonal in
/// columns, since probability is conserved.
struct Tridiagonal {
  var lower: [Double]
  var diagonal: [Double]
  var upper: [Double]

  /// A zero matrix.
  init(_ count: Int) {
    lower = [Double](repeating: 0, count: count)
    diagonal = lower
    upper = lower
  }

  /// Replaces the matrix by its factors.
  mutating func factorise() {
    let count = diagonal.count
    diagonal.withUnsafeMutableBufferPointer { diagonal in
      upper.withUnsafeMutableBufferPointer { upper in
        lower.withUnsafeBufferPointer { lower in
          var previous = 0.0
          for i in 0..<count {
            let pivot = 1 / (diagonal[i] - lower[i] * previous)
            diagonal[i] = pivot
            previous = upper[i] * pivot
            upper[i] = previous
          }
        }
      }
    }
  }

  /// Solves in place, with a factorised matrix.
  func solve(_ x: inout [Double], at offset: Int) {
    let count = diagonal.count
    x.withUnsafeMutableBufferPointer { x in
      lower.withUnsafeBufferPointer { lower in
        diagonal.withUnsafeBufferPointer { diagonal in
          upper.withUnsafeBufferPointer { upper in
            var value = 0.0
            for i in 0..<count {
              value = (x[offset + i] - lower[i] * value) * diagonal[i]
              x[offset + i] = value
            }
            for i in stride(from: count - 2, through: 0, by: -1) {
              value = x[offset + i] - upper[i] * value
              x[offset + i] = value
            }
          }
        }
      }
    }
  }
}
