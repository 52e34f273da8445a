/// Direct solver of the coarsest grid, a few dozen nodes that every rank holds, by a Cholesky factorisation.
struct CoarsestSolve {
  private var factor: [Double] = []
  private var values: [Double] = []
  private var size = 0
  /// Number added to the diagonal, in units of its mean. If a few particles leave some motions without resistance,
  /// rounding must not become a displacement there.
  private static let ridge = 1e-3

  /// Factorises the operator of the level. Translations, which it does not resist, are made stiff.
  mutating func factorise(_ level: GridLevel) {
    let d = level.grid.dimension
    let counts = level.grid.counts
    size = level.grid.nodeCount * d
    factor = [Double](repeating: 0, count: size * size)
    values = [Double](repeating: 0, count: size)
    func number(_ node: SIMD3<Int>) -> Int {
      let wrapped = (node &+ counts) % counts
      return (wrapped.z * counts.y + wrapped.y) * counts.x + wrapped.x
    }
    level.forEachBlock { node, offset, block in
      let (row, column) = (number(node) * d, number(node &+ offset) * d)
      for a in 0..<d {
        for b in 0..<d { factor[(row + a) * size + column + b] += Double(block[SymmetricBlocks.component(a, b, d)]) }
      }
    }
    var trace = 0.0
    for k in 0..<size { trace += factor[k * size + k] }
    let stiffness = trace > 0 ? trace / Double(size) : 1
    for row in 0..<size {
      factor[row * size + row] += Self.ridge * stiffness
      for column in stride(from: row % d, to: size, by: d) {
        factor[row * size + column] += stiffness / Double(level.grid.nodeCount)
      }
    }
    for j in 0..<size {
      for k in 0..<j {
        let left = factor[j * size + k]
        for i in j..<size { factor[i * size + j] -= left * factor[i * size + k] }
      }
      let pivot = max(factor[j * size + j], 1e-3 * Self.ridge * stiffness).squareRoot()
      factor[j * size + j] = pivot
      for i in (j + 1)..<max(j + 1, size) { factor[i * size + j] /= pivot }
    }
  }

  /// Computes the solution of the level from its residual.
  mutating func solve(_ level: GridLevel) {
    let d = level.grid.dimension
    var next = 0
    level.grid.box.forEachCell { node in
      let place = level.residual.place(node)
      for k in 0..<d { values[next + k] = Double(level.residual.values[place + k]) }
      next += d
    }
    for i in 0..<size {
      var sum = values[i]
      for k in 0..<i { sum -= factor[i * size + k] * values[k] }
      values[i] = sum / factor[i * size + i]
    }
    for i in (0..<size).reversed() {
      var sum = values[i]
      for k in (i + 1)..<max(i + 1, size) { sum -= factor[k * size + i] * values[k] }
      values[i] = sum / factor[i * size + i]
    }
    next = 0
    level.grid.box.forEachCell { node in
      let place = level.solution.place(node)
      for k in 0..<d { level.solution.values[place + k] = Float(values[next + k]) }
      next += d
    }
  }
}
