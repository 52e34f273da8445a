import Geometry
import Interactions
import MessagePassing
import Particles

/// The finest level of the hierarchy, the particles themselves: stiff bonds to the near neighbours, without
/// tension and without far tails.
///
/// Dropping the long tail of a potential nearly halves the work of a smoothing step and hardly changes its effect.
/// Without tension the blocks are positive semi-definite, so that no eigenvalue of D⁻¹A exceeds 2.
final class ParticleLevel: SmoothedLevel {
  private let system: ParticleSystem
  private let dimension: Int
  /// Singles per particle: 2 or 4.
  let stride: Int
  let solution = AlignedBuffer<Float>()
  let residual = AlignedBuffer<Float>()
  let correction = AlignedBuffer<Float>()
  private let blocks: PairBlocks
  private let inverseDiagonal = AlignedBuffer<Float>()
  /// Position of each particle within its cell, from 0 to 1 along each axis.
  private let offsets = AlignedBuffer<Float>()
  /// Contributions of the particles of a cell to the residual at each of its corners.
  private let corners: NodeField
  private let affine = AlignedBuffer<Float>()
  private let coarse: GridLevel
  /// Upper bound of the eigenvalues of D⁻¹A for a sum of positive semi-definite bonds, with or without a shift.
  let largestEigenvalue: Float = 2
  private var shift: Float = 0

  init(_ system: ParticleSystem, coarse: GridLevel) {
    self.system = system
    self.coarse = coarse
    dimension = system.dimension
    stride = dimension == 2 ? 2 : 4
    blocks = PairBlocks(dimension: dimension)
    corners = NodeField(coarse.grid, stride: stride << dimension)
  }

  /// Assembles the bonds at the present positions, which must have been evaluated, with `shift`
  /// on the diagonal. Collective.
  func refresh(shift: Float) throws {
    self.shift = shift
    let count = system.ownedCount
    for buffer in [solution, residual, correction] {
      let room = (count + system.ghostCount + 1) * stride
      buffer.reserve(room)
      buffer.pointer.update(repeating: 0, count: room)
    }
    system.assemble(.stiffBonds, into: blocks)
    let components = PairBlocks.components(dimension)
    inverseDiagonal.reserve((count + 1) * components)
    blocks.diagonal(into: inverseDiagonal.pointer)
    var stiffest: Float = 0
    for k in 0..<(count * components) { stiffest = max(stiffest, inverseDiagonal[k]) }
    stiffest = Float(try system.communicator.reduce(Double(stiffest), .maximum))
    // A particle without bonds gets a finite response, so that a force on it does not go unanswered.
    let loose: Float = stiffest > 0 ? 1 / stiffest : 1
    for i in 0..<count {
      for k in 0..<dimension { inverseDiagonal[i * components + SymmetricBlocks.component(k, k, dimension)] += shift }
    }
    for i in 0..<count { SymmetricBlocks.invert(inverseDiagonal.pointer + i * components, dimension, empty: loose) }
    locate()
    try fillCells()
  }

  private func forEachCell(_ visit: (_ node: SIMD3<Int>, _ particles: Range<Int>) -> Void) {
    var k = 0
    system.ownedCells.forEachCell { node in
      visit(node, system.particles(ofCell: k))
      k += 1
    }
  }

  private func locate() {
    offsets.reserve(system.ownedCount * dimension)
    let counts = system.cells.grid.counts
    forEachCell { node, particles in
      for i in particles {
        let s = system.cell.fractions(system.fixedPosition(i))
        for k in 0..<dimension { offsets[i * dimension + k] = Float(s[k] * Double(counts[k]) - Double(node[k])) }
      }
    }
  }

  /// Fills fields of the coarse grid: on a replicated grid each rank fills its own cells, and the
  /// parts are combined. Collective.
  private func share(_ fields: [NodeField], _ fill: () -> Void) throws {
    if coarse.grid.isReplicated { for field in fields { field.clear() } }
    fill()
    if coarse.grid.isReplicated { for field in fields { try coarse.complete(field, over: system.communicator) } }
  }

  /// Computes the stiffness of each cell under affine motion, in grid coordinates. Collective.
  private func fillCells() throws {
    let d = dimension
    let count = AffineStiffness.count(dimension: d)
    let components = PairBlocks.components(d)
    system.affineStiffness(of: blocks, into: affine)
    let pairs = ElementStiffness.pairs(d)
    let counts = system.cells.grid.counts
    // Rows map a displacement in units of length to one in cells along each axis.
    let map = (0..<d).map { Double(counts[$0]) * system.cell.fractionsOfPosition[$0] }
    /// Returns the index of the component with the given four indices.
    func quartic(_ a: Int, _ b: Int, _ c: Int, _ e: Int) -> Int {
      var exponents = SIMD3<Int>(0, 0, 0)
      for index in [a, b, c, e] { exponents[index] += 1 }
      return AffineStiffness.exponents.firstIndex(of: exponents)!
    }
    // cell[pair γδ][αβ] = Σ map[γ][μ] map[δ][ν] Q_αβμν: a fixed linear map from Q, computed once.
    var linear = [Double](repeating: 0, count: components * components * count)
    for (pair, (gamma, delta)) in pairs.enumerated() {
      for (component, (alpha, beta)) in pairs.enumerated() {
        for mu in 0..<d {
          for nu in 0..<d {
            linear[(pair * components + component) * count + quartic(alpha, beta, mu, nu)] +=
              map[gamma][mu] * map[delta][nu]
          }
        }
      }
    }
    var sum = [Double](repeating: 0, count: count)
    try share([coarse.cells, coarse.masses]) {
      forEachCell { node, particles in
        for q in 0..<count { sum[q] = 0 }
        for i in particles { for q in 0..<count { sum[q] += Double(affine[i * count + q]) } }
        coarse.masses.values[coarse.masses.place(node)] = Float(particles.count)
        let target = coarse.cells.values + coarse.cells.place(node)
        for entry in 0..<(components * components) {
          var value = 0.0
          for q in 0..<count { value += linear[entry * count + q] * sum[q] }
          target[entry] = Float(value)
        }
      }
    }
  }

  func correct(_ alpha: Float, _ beta: Float) {
    SymmetricBlocks.correct(
      dimension, count: system.ownedCount, inverse: inverseDiagonal.pointer, alpha: alpha, beta: beta,
      residual: residual.pointer, correction: correction.pointer, solution: solution.pointer)
  }

  func updateResidual() throws {
    try system.gather(correction, stride: stride)
    blocks.subtractProduct(of: correction.pointer, from: residual.pointer)
    if shift > 0 { for k in 0..<(system.ownedCount * stride) { residual[k] -= shift * correction[k] } }
  }

  /// Computes the residual of the coarse grid from that of the particles. Sums are taken inside each cell in the order
  /// of ids, then over the cells around a node in a fixed order. Collective.
  func restrict() throws {
    try share([corners]) { if dimension == 2 { gatherMomentsInPlane() } else { gatherMomentsInVolume() } }
    try corners.gather(coarse.halo)
    let (source, target) = (corners.values, coarse.residual.values)
    let cornerCount = 1 << dimension
    let box = coarse.grid.box
    let steps = corners.steps
    let behind = (0..<cornerCount).map { c in
      (c & 1) * steps.x + ((c >> 1) & 1) * steps.y + ((c >> 2) & 1) * steps.z - c * stride
    }
    coarse.residual.forEachRow(of: box) { row, y, z in
      var place = row
      var from = corners.place(SIMD3(box.lower.x, y, z))
      for _ in 0..<box.extent.x {
        for k in 0..<stride { target[place + k] = 0 }
        for c in 0..<cornerCount {
          let corner = source + (from - behind[c])
          for k in 0..<stride { target[place + k] += corner[k] }
        }
        place += stride
        from += corners.stride
      }
    }
  }

  /// Sums the moments Σ r, Σ r t, … of each cell. The weights of the corners are products of t and 1 − t, so these
  /// moments determine the contribution to each corner.
  private func gatherMomentsInPlane() {
    forEachCell { node, particles in
      var (x0, x1, x2, x3): (Float, Float, Float, Float) = (0, 0, 0, 0)
      var (y0, y1, y2, y3): (Float, Float, Float, Float) = (0, 0, 0, 0)
      for i in particles {
        let (rx, ry) = (residual[2 * i], residual[2 * i + 1])
        let (u, v) = (offsets[2 * i], offsets[2 * i + 1])
        let uv = u * v
        x0 += rx
        x1 += u * rx
        x2 += v * rx
        x3 += uv * rx
        y0 += ry
        y1 += u * ry
        y2 += v * ry
        y3 += uv * ry
      }
      let target = corners.values + corners.place(node)
      target[0] = x0 - x1 - x2 + x3
      target[1] = y0 - y1 - y2 + y3
      target[2] = x1 - x3
      target[3] = y1 - y3
      target[4] = x2 - x3
      target[5] = y2 - y3
      target[6] = x3
      target[7] = y3
    }
  }

  private func gatherMomentsInVolume() {
    let r = UnsafeRawPointer(residual.pointer).assumingMemoryBound(to: SIMD4<Float>.self)
    forEachCell { node, particles in
      var m0 = SIMD4<Float>()
      var m1 = m0
      var m2 = m0
      var m3 = m0
      var m4 = m0
      var m5 = m0
      var m6 = m0
      var m7 = m0
      for i in particles {
        let value = r[i]
        let (u, v, w) = (offsets[3 * i], offsets[3 * i + 1], offsets[3 * i + 2])
        m0 += value
        m1 += u * value
        m2 += v * value
        m3 += (u * v) * value
        m4 += w * value
        m5 += (u * w) * value
        m6 += (v * w) * value
        m7 += (u * v * w) * value
      }
      let target = UnsafeMutableRawPointer(corners.values + corners.place(node)).assumingMemoryBound(
        to: SIMD4<Float>.self)
      target[7] = m7
      target[6] = m6 - m7
      target[5] = m5 - m7
      target[4] = m4 - m5 - m6 + m7
      target[3] = m3 - m7
      target[2] = m2 - m3 - m6 + m7
      target[1] = m1 - m3 - m5 + m7
      target[0] = m0 - m1 - m2 + m3 - m4 + m5 + m6 - m7
    }
  }

  /// Computes the correction of the particles from the solution of the coarse grid. Collective.
  func prolong() throws {
    try coarse.solution.gather(coarse.halo)
    if dimension == 2 { interpolateInPlane() } else { interpolateInVolume() }
  }

  private func interpolateInPlane() {
    let x = coarse.solution.values
    let up = coarse.solution.steps.y
    forEachCell { node, particles in
      let low = x + coarse.solution.place(node)
      let high = low + up
      let (ax, ay) = (low[0], low[1])
      let (bx, by) = (low[2] - ax, low[3] - ay)
      let (cx, cy) = (high[0] - ax, high[1] - ay)
      let (ex, ey) = (high[2] - high[0] - bx, high[3] - high[1] - by)
      for i in particles {
        let (u, v) = (offsets[2 * i], offsets[2 * i + 1])
        correction[2 * i] = ax + u * bx + v * (cx + u * ex)
        correction[2 * i + 1] = ay + u * by + v * (cy + u * ey)
      }
    }
  }

  private func interpolateInVolume() {
    let x = UnsafeRawPointer(coarse.solution.values).assumingMemoryBound(to: SIMD4<Float>.self)
    let target = UnsafeMutableRawPointer(correction.pointer).assumingMemoryBound(to: SIMD4<Float>.self)
    let steps = coarse.solution.steps / 4
    forEachCell { node, particles in
      let p = coarse.solution.place(node) / 4
      let c0 = x[p]
      let c1 = x[p + steps.x] - c0
      let c2 = x[p + steps.y] - c0
      let c3 = x[p + steps.x + steps.y] - x[p + steps.y] - c1
      let top = x[p + steps.z]
      let topX = x[p + steps.z + steps.x] - top
      let topY = x[p + steps.z + steps.y] - top
      let topXY = x[p + steps.z + steps.x + steps.y] - x[p + steps.z + steps.y] - topX
      let (c4, c5, c6, c7) = (top - c0, topX - c1, topY - c2, topXY - c3)
      for i in particles {
        let (u, v, w) = (offsets[3 * i], offsets[3 * i + 1], offsets[3 * i + 2])
        let below = c0 + u * c1 + v * (c2 + u * c3)
        target[i] = below + w * (c4 + u * c5 + v * (c6 + u * c7))
      }
    }
  }
}
