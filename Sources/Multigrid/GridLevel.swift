import Geometry
import Interactions
import MessagePassing
import Particles

/// The elastic continuum on one grid. Each cell is a homogeneous solid with the affine stiffness of the particles in
/// it, each node carries a displacement, and multilinear shape functions interpolate between the nodes.
final class GridLevel: SmoothedLevel {
  let grid: NodeGrid
  let halo: NodeHalo
  let solution: NodeField
  let residual: NodeField
  let correction: NodeField
  /// Stiffness of each cell for each pair of strained axes, in grid coordinates: entry [pair · components + component].
  let cells: NodeField
  /// Number of particles in each cell, followed by a zero: needed for operators with a shift.
  let masses: NodeField
  private let stencil = AlignedBuffer<Float>()
  private let inverseDiagonal: NodeField
  private(set) var largestEigenvalue: Float = 2

  init(_ grid: NodeGrid, communicator: Communicator) {
    self.grid = grid
    halo = NodeHalo(grid, rank: communicator.rank, communicator: communicator)
    let stride = grid.dimension == 2 ? 2 : 4
    let components = PairBlocks.components(grid.dimension)
    solution = NodeField(grid, stride: stride)
    residual = NodeField(grid, stride: stride)
    correction = NodeField(grid, stride: stride)
    cells = NodeField(grid, stride: (components * components + 1) / 2 * 2)
    masses = NodeField(grid, stride: 2)
    inverseDiagonal = NodeField(grid, stride: components)
    stencil.reserve(grid.box.count * components * (grid.dimension == 2 ? 9 : 27))
  }

  /// Combines the parts of a field of a replicated grid that the ranks have computed: each word is nonzero
  /// on one rank only. Collective.
  func complete(_ field: NodeField, over communicator: Communicator) throws {
    guard communicator.size > 1 else { return }
    let perNode = field.stride / 2
    var words = [Int64](repeating: 0, count: grid.nodeCount * perNode)
    try field.values.withMemoryRebound(to: Int64.self, capacity: field.count / 2) { values in
      func forEachWord(_ visit: (_ word: Int, _ place: Int) -> Void) {
        var next = 0
        grid.box.forEachCell { node in
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

  private var neighbourhood: CellBox {
    CellBox(
      lower: SIMD3(-1, -1, grid.dimension == 3 ? -1 : 0), upper: SIMD3(2, 2, grid.dimension == 3 ? 2 : 1))
  }

  /// Assembles operator and smoother from the cells that this rank holds; `shift` per particle is added
  /// to the diagonal. Collective.
  func assemble(_ elements: ElementStiffness, shift: Float, communicator: Communicator) throws {
    try cells.gather(halo)
    if shift > 0 { try masses.gather(halo) }
    let d = grid.dimension
    let components = PairBlocks.components(d)
    let around = neighbourhood
    let size = around.count * components
    var next = 0
    inverseDiagonal.clear()
    grid.box.forEachCell { node in
      let blocks = stencil.pointer + next
      next += size
      for c in 0..<size { blocks[c] = 0 }
      for a in 0..<elements.cornerCount {
        let cornerA = SIMD3<Int>(a & 1, (a >> 1) & 1, (a >> 2) & 1)
        let stiffness = cells.values + cells.place(node &- cornerA)
        if shift > 0 {
          let share = shift * masses.values[masses.place(node &- cornerA)] / Float(elements.cornerCount)
          let block = blocks + around.index(of: SIMD3(0, 0, 0)) * components
          for k in 0..<d { block[SymmetricBlocks.component(k, k, d)] += share }
        }
        for b in 0..<elements.cornerCount {
          let cornerB = SIMD3<Int>(b & 1, (b >> 1) & 1, (b >> 2) & 1)
          let block = blocks + around.index(of: cornerB &- cornerA) * components
          for pair in 0..<components {
            let weight = elements.entries[(a * elements.cornerCount + b) * components + pair]
            for c in 0..<components { block[c] += weight * stiffness[pair * components + c] }
          }
        }
      }
      let centre = blocks + around.index(of: SIMD3(0, 0, 0)) * components
      let inverse = inverseDiagonal.values + inverseDiagonal.place(node)
      for c in 0..<components { inverse[c] = centre[c] }
      SymmetricBlocks.invert(inverse, d, empty: 0)
    }
    largestEigenvalue = try estimateLargestEigenvalue(communicator)
  }

  /// Visits the stencil at each owned node: `block` couples `node` to `node + offset`.
  func forEachBlock(_ visit: (_ node: SIMD3<Int>, _ offset: SIMD3<Int>, _ block: UnsafePointer<Float>) -> Void) {
    let components = PairBlocks.components(grid.dimension)
    var next = 0
    grid.box.forEachCell { node in
      neighbourhood.forEachCell { offset in
        visit(node, offset, stencil.pointer + next)
        next += components
      }
    }
  }

  func correct(_ alpha: Float, _ beta: Float) {
    SymmetricBlocks.correct(
      grid.dimension, count: residual.grown.count, inverse: inverseDiagonal.values, alpha: alpha, beta: beta,
      residual: residual.values, correction: correction.values, solution: solution.values)
  }

  func updateResidual() throws {
    try correction.gather(halo)
    if grid.dimension == 2 { subtractInPlane() } else { subtractInVolume() }
  }

  private func subtractInPlane() {
    let (r, d) = (residual.values, correction.values)
    let row = residual.grown.extent.x
    var block = UnsafePointer(stencil.pointer)
    let box = grid.box
    for y in box.lower.y..<box.upper.y {
      var node = residual.place(SIMD3(box.lower.x, y, 0))
      for _ in 0..<max(0, box.extent.x) {
        var (sx, sy): (Float, Float) = (0, 0)
        var line = node - 2 * (row + 1)
        for _ in 0..<3 {
          for k in 0..<3 {
            let (ux, uy) = (d[line + 2 * k], d[line + 2 * k + 1])
            sx += block[0] * ux + block[1] * uy
            sy += block[1] * ux + block[2] * uy
            block += 3
          }
          line += 2 * row
        }
        r[node] -= sx
        r[node + 1] -= sy
        node += 2
      }
    }
  }

  private func subtractInVolume() {
    let (r, d) = (residual.values, correction.values)
    let extent = residual.grown.extent
    var block = UnsafePointer(stencil.pointer)
    let box = grid.box
    for z in box.lower.z..<box.upper.z {
      for y in box.lower.y..<box.upper.y {
        var node = residual.place(SIMD3(box.lower.x, y, z))
        for _ in 0..<max(0, box.extent.x) {
          var (sx, sy, sz): (Float, Float, Float) = (0, 0, 0)
          for dz in -1...1 {
            for dy in -1...1 {
              let line = node + 4 * ((dz * extent.y + dy) * extent.x - 1)
              for k in 0..<3 {
                let (ux, uy, uz) = (d[line + 4 * k], d[line + 4 * k + 1], d[line + 4 * k + 2])
                sx += block[0] * ux + block[3] * uy + block[4] * uz
                sy += block[3] * ux + block[1] * uy + block[5] * uz
                sz += block[4] * ux + block[5] * uy + block[2] * uz
                block += 6
              }
            }
          }
          r[node] -= sx
          r[node + 1] -= sy
          r[node + 2] -= sz
          node += 4
        }
      }
    }
  }

  private func estimateLargestEigenvalue(_ communicator: Communicator) throws -> Float {
    let stride = correction.stride
    correction.clear()
    grid.box.forEachCell { node in
      let number = UInt64((node.z * grid.counts.y + node.y) * grid.counts.x + node.x)
      for k in 0..<grid.dimension { correction.values[correction.place(node) + k] = NodeHash.value(number, k) }
    }
    let result = try PowerIteration.largestEigenvalue(
      of: self, residual: residual.values, correction: correction.values, count: residual.grown.count * stride,
      largest: { grid.isReplicated ? $0 : try communicator.reduce($0, .maximum) })
    return result
  }
}
