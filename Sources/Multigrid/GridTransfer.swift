import Interactions
import MessagePassing
import Particles

/// Transfer between a grid and the next coarser one: multilinear interpolation, and its transpose.
struct GridTransfer {
  private let fine: GridLevel
  private let coarse: GridLevel
  /// Coarse nodes that this rank computes from its own fine ones.
  private let share: CellBox
  private let communicator: Communicator
  /// Fine nodes that each coarse node of the share touches, for each axis.
  private let restriction: [[Support]]
  /// Coarse node before each fine node of the box, and the weight of the next coarse node, for each axis.
  private let interpolation: [[(first: Int, weight: Float)]]

  /// Consecutive fine nodes, unwrapped, and their weights. There are at most four, since a grid has at least half as
  /// many nodes as the finer one.
  private struct Support {
    let first: Int
    let count: Int
    let weights: SIMD4<Float>
  }

  init(from fine: GridLevel, to coarse: GridLevel, share: CellBox, communicator: Communicator) {
    self.fine = fine
    self.coarse = coarse
    self.share = share
    self.communicator = communicator
    let (box, counts, fewer) = (fine.grid.box, fine.grid.counts, coarse.grid.counts)
    restriction = (0..<3).map { axis in
      let (n, m) = (counts[axis], fewer[axis])
      return (share.lower[axis]..<max(share.lower[axis], share.upper[axis])).map { node in
        // The distance |a m − A n| / n of fine node a from coarse node A, in coarse spacings, is below one.
        let first = Self.floor((node - 1) * n, m) + 1
        let last = Self.floor((node + 1) * n - 1, m)
        var weights = SIMD4<Float>()
        for a in first...last { weights[a - first] = 1 - Float(abs(a * m - node * n)) / Float(n) }
        return Support(first: first, count: last - first + 1, weights: weights)
      }
    }
    interpolation = (0..<3).map { axis in
      let (n, m) = (counts[axis], fewer[axis])
      return (box.lower[axis]..<max(box.lower[axis], box.upper[axis])).map {
        (($0 * m) / n, Float(($0 * m) % n) / Float(n))
      }
    }
  }

  private static func floor(_ a: Int, _ b: Int) -> Int { a >= 0 ? a / b : -((-a + b - 1) / b) }

  /// Computes the residual of the coarse grid from that of the fine one. Collective.
  func restrict() throws {
    try fine.residual.gather(fine.halo)
    if coarse.grid.isReplicated { coarse.residual.clear() }
    if fine.grid.dimension == 2 { restrict(SIMD2<Float>.self) } else { restrict(SIMD4<Float>.self) }
    try completeOnEveryRank(coarse.residual)
  }

  /// Restricts the residual; a node is one SIMD vector of two or four numbers.
  @inline(__always) private func restrict<Node: SIMD<Float>>(_ type: Node.Type) {
    let source = UnsafeRawPointer(fine.residual.values).assumingMemoryBound(to: Node.self)
    let target = UnsafeMutableRawPointer(coarse.residual.values).assumingMemoryBound(to: Node.self)
    let width = fine.residual.stride
    let steps = fine.residual.steps / width
    coarse.residual.forEachRow(of: share) { row, y, z in
      var place = row / width
      let (across, up) = (restriction[1][y - share.lower.y], restriction[2][z - share.lower.z])
      let line = fine.residual.place(SIMD3(0, across.first, up.first)) / width
      for along in restriction[0] {
        var sum = Node()
        for c in 0..<up.count {
          for b in 0..<across.count {
            let from = line + along.first + b * steps.y + c * steps.z
            let weight = across.weights[b] * up.weights[c]
            for a in 0..<along.count { sum += (along.weights[a] * weight) * source[from + a] }
          }
        }
        target[place] = sum
        place += 1
      }
    }
  }

  /// Computes the correction of the fine grid from the solution of the coarse one. Collective.
  func prolong() throws {
    try coarse.solution.gather(coarse.halo)
    if fine.grid.dimension == 2 { prolong(SIMD2<Float>.self) } else { prolong(SIMD4<Float>.self) }
  }

  @inline(__always) private func prolong<Node: SIMD<Float>>(_ type: Node.Type) {
    let source = UnsafeRawPointer(coarse.solution.values).assumingMemoryBound(to: Node.self)
    let target = UnsafeMutableRawPointer(fine.correction.values).assumingMemoryBound(to: Node.self)
    let width = fine.residual.stride
    let steps = coarse.solution.steps / width
    let box = fine.grid.box
    fine.correction.forEachRow(of: box) { row, y, z in
      var place = row / width
      let (across, up) = (interpolation[1][y - box.lower.y], interpolation[2][z - box.lower.z])
      let line = coarse.solution.place(SIMD3(0, across.first, up.first)) / width
      for along in interpolation[0] {
        var sum = Node()
        for c in 0..<(up.weight > 0 ? 2 : 1) {
          for b in 0..<(across.weight > 0 ? 2 : 1) {
            let from = line + along.first + b * steps.y + c * steps.z
            let weight = (b == 0 ? 1 - across.weight : across.weight) * (c == 0 ? 1 - up.weight : up.weight)
            sum += ((1 - along.weight) * weight) * source[from]
            if along.weight > 0 { sum += (along.weight * weight) * source[from + 1] }
          }
        }
        target[place] = sum
        place += 1
      }
    }
  }

  /// Computes stiffness and mass of the coarse cells: each fine cell contributes by the part of it
  /// that lies inside. Collective.
  func coarsenCells() throws {
    try fine.cells.gather(fine.halo)
    try fine.masses.gather(fine.halo)
    let d = fine.grid.dimension
    let components = PairBlocks.components(d)
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
    share.forEachCell { node in
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
              for k in 0..<components {
                target[place + pair * components + k] += weight * source[from + pair * components + k]
              }
            }
          }
        }
      }
    }
    try completeOnEveryRank(coarse.cells)
    try completeOnEveryRank(coarse.masses)
  }

  private func completeOnEveryRank(_ field: NodeField) throws {
    if coarse.grid.isReplicated && !fine.grid.isReplicated { try coarse.complete(field, over: communicator) }
  }
}
