import MessagePassing
import Particles

/// Between a grid and the next coarser one: multilinear interpolation, and its transpose.
struct GridTransfer {
  private let fine: GridLevel
  private let coarse: GridLevel
  /// The coarse nodes that this rank finds from its own fine ones.
  private let share: CellBox
  private let communicator: Communicator

  init(from fine: GridLevel, to coarse: GridLevel, share: CellBox, communicator: Communicator) {
    self.fine = fine
    self.coarse = coarse
    self.share = share
    self.communicator = communicator
  }

  /// Fine nodes along one axis that a coarse one touches, with their weights; unwrapped.
  private func weights(ofCoarse node: Int, _ axis: Int) -> (first: Int, weights: [Float]) {
    let n = fine.grid.counts[axis]
    let m = coarse.grid.counts[axis]
    // The distance |a m − A n| / n of fine node a, in coarse spacings, is below one.
    let first = Self.floor((node - 1) * n, m) + 1
    let last = Self.floor((node + 1) * n - 1, m)
    return (first, (first...last).map { 1 - Float(abs($0 * m - node * n)) / Float(n) })
  }

  private static func floor(_ a: Int, _ b: Int) -> Int { a >= 0 ? a / b : -((-a + b - 1) / b) }

  /// The residual of the coarse grid from that of the fine one. Collective.
  func restrict() throws {
    try fine.residual.gather(fine.halo)
    let stride = fine.residual.stride
    let tables = (0..<3).map { axis in
      (share.lower[axis]..<max(share.lower[axis], share.upper[axis])).map { weights(ofCoarse: $0, axis) }
    }
    let (source, target) = (fine.residual.values, coarse.residual.values)
    if coarse.grid.isReplicated { coarse.residual.clear() }
    share.forEach { node in
      let (x, y, z) = (tables[0][node.x - share.lower.x], tables[1][node.y - share.lower.y], tables[2][node.z - share.lower.z])
      var sum = SIMD4<Float>(repeating: 0)
      for (c, wz) in z.weights.enumerated() {
        for (b, wy) in y.weights.enumerated() {
          for (a, wx) in x.weights.enumerated() {
            let place = fine.residual.place(SIMD3(x.first + a, y.first + b, z.first + c))
            let weight = wx * wy * wz
            for k in 0..<stride { sum[k] += weight * source[place + k] }
          }
        }
      }
      let place = coarse.residual.place(node)
      for k in 0..<stride { target[place + k] = sum[k] }
    }
    try completeOnEveryRank(coarse.residual)
  }

  /// The correction of the fine grid from the solution of the coarse one. Collective.
  func prolong() throws {
    try coarse.solution.gather(coarse.halo)
    let stride = fine.residual.stride
    let (source, target) = (coarse.solution.values, fine.correction.values)
    let box = fine.grid.box
    let tables = (0..<3).map { axis -> [(first: Int, weight: Float)] in
      let n = fine.grid.counts[axis]
      let m = coarse.grid.counts[axis]
      return (box.lower[axis]..<max(box.lower[axis], box.upper[axis])).map { a in
        ((a * m) / n, Float((a * m) % n) / Float(n))
      }
    }
    box.forEach { node in
      let (x, y, z) = (tables[0][node.x - box.lower.x], tables[1][node.y - box.lower.y], tables[2][node.z - box.lower.z])
      var sum = SIMD4<Float>(repeating: 0)
      for c in 0...(z.weight > 0 ? 1 : 0) {
        for b in 0...(y.weight > 0 ? 1 : 0) {
          for a in 0...(x.weight > 0 ? 1 : 0) {
            let place = coarse.solution.place(SIMD3(x.first + a, y.first + b, z.first + c))
            let weight = (a == 0 ? 1 - x.weight : x.weight) * (b == 0 ? 1 - y.weight : y.weight) * (c == 0 ? 1 - z.weight : z.weight)
            for k in 0..<stride { sum[k] += weight * source[place + k] }
          }
        }
      }
      let place = fine.correction.place(node)
      for k in 0..<stride { target[place + k] = sum[k] }
    }
  }

  /// Stiffness and mass of the coarse cells: what the fine cells hold, by the part of them that lies inside. Collective.
  func coarsenCells() throws {
    try fine.cells.gather(fine.halo)
    try fine.masses.gather(fine.halo)
    let d = fine.grid.dimension
    let components = SymmetricBlocks.components(d)
    let (source, target) = (fine.cells.values, coarse.cells.values)
    if coarse.grid.isReplicated {
      coarse.cells.clear()
      coarse.masses.clear()
    }
    var scales = [Float](repeating: 1, count: components)
    for (pair, (gamma, delta)) in ElementStiffness.pairs(d).enumerated() {
      let ratio = { (axis: Int) in Float(coarse.grid.counts[axis]) / Float(fine.grid.counts[axis]) }
      scales[pair] = ratio(gamma) * ratio(delta)
    }
    func overlaps(_ node: Int, _ axis: Int) -> (first: Int, weights: [Float]) {
      let n = fine.grid.counts[axis]
      let m = coarse.grid.counts[axis]
      let first = Self.floor(node * n, m)
      let last = Self.floor((node + 1) * n - 1, m)
      return (
        first,
        (first...last).map { a in
          Float(min((a + 1) * m, (node + 1) * n) - max(a * m, node * n)) / Float(m)
        }
      )
    }
    share.forEach { node in
      let place = coarse.cells.place(node)
      for k in 0..<coarse.cells.stride { target[place + k] = 0 }
      let mass = coarse.masses.values + coarse.masses.place(node)
      mass[0] = 0
      let (x, y, z) = (overlaps(node.x, 0), overlaps(node.y, 1), overlaps(node.z, 2))
      for (c, wz) in z.weights.enumerated() {
        for (b, wy) in y.weights.enumerated() {
          for (a, wx) in x.weights.enumerated() {
            let inside = SIMD3<Int>(x.first + a, y.first + b, z.first + c)
            let from = fine.cells.place(inside)
            mass[0] += wx * wy * wz * fine.masses.values[fine.masses.place(inside)]
            for pair in 0..<components {
              let weight = wx * wy * wz * scales[pair]
              for k in 0..<components { target[place + pair * components + k] += weight * source[from + pair * components + k] }
            }
          }
        }
      }
    }
    try completeOnEveryRank(coarse.cells)
    try completeOnEveryRank(coarse.masses)
  }

  /// Puts the shares of all ranks together where the coarse grid is the first that every rank holds whole: each word comes
  /// from one rank, and zeros from the others.
  private func completeOnEveryRank(_ field: NodeField) throws {
    guard coarse.grid.isReplicated, !fine.grid.isReplicated, communicator.size > 1 else { return }
    var words = [Int64](repeating: 0, count: coarse.grid.nodeCount * field.stride / 2)
    try field.values.withMemoryRebound(to: Int64.self, capacity: field.count / 2) { values in
      let perNode = field.stride / 2
      func forEachWord(_ visit: (_ word: Int, _ place: Int) -> Void) {
        var next = 0
        coarse.grid.box.forEach { node in
          let place = field.place(node) / 2
          for w in 0..<perNode {
            visit(next, place + w)
            next += 1
          }
        }
      }
      forEachWord { words[$0] = values[$1] }
      try communicator.reduce(&words, .sum)
      forEachWord { values[$1] = words[$0] }
    }
  }
}
