import Geometry
import Interactions
import MessagePassing
import Particles

/// The particles as the finest level: stiff bonds to the near neighbours, without tension and without far tails.
///
/// Dropping the long tail of a potential nearly halves the work of a smoothing step and hardly changes what it smooths; without
/// tension the blocks are positive semi-definite, so that no eigenvalue of D⁻¹A exceeds 2.
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
  /// Where each particle stands in its cell, from 0 to 1 along each axis.
  private let offsets = AlignedBuffer<Float>()
  /// What the particles of a cell give to each of its corners.
  private let corners: NodeField
  private let affine = AlignedBuffer<Float>()
  private let coarse: GridLevel
  /// Of D⁻¹A: none is greater for a sum of positive semi-definite bonds, with or without a shift.
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

  /// Takes the bonds of the present positions, which must have been evaluated, and `shift` on the diagonal. Collective.
  func refresh(shift: Float) throws {
    self.shift = shift
    let count = system.ownedCount
    for buffer in [solution, residual, correction] {
      let room = (count + system.ghostCount + 1) * stride
      buffer.reserve(room)
      buffer.pointer.update(repeating: 0, count: room)
    }
    system.assemble(.stiffBonds, into: blocks)
    let components = SymmetricBlocks.components(dimension)
    inverseDiagonal.reserve((count + 1) * components)
    blocks.diagonal(into: inverseDiagonal.pointer)
    var stiffest: Float = 0
    for k in 0..<(count * components) { stiffest = max(stiffest, inverseDiagonal[k]) }
    stiffest = Float(try system.communicator.reduce(Double(stiffest), .maximum))
    // A particle without bonds gets a little, so that a force on it does not go without an answer.
    let loose: Float = stiffest > 0 ? 1 / stiffest : 1
    for i in 0..<count {
      for k in 0..<dimension { inverseDiagonal[i * components + SymmetricBlocks.component(k, k, dimension)] += shift }
    }
    for i in 0..<count { SymmetricBlocks.invert(inverseDiagonal.pointer + i * components, dimension, empty: loose) }
    locate()
    fillCells()
  }

  private func forEachCell(_ visit: (_ node: SIMD3<Int>, _ particles: Range<Int>) -> Void) {
    var k = 0
    coarse.grid.box.forEach { node in
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

  /// The stiffness of each cell under affine motion, in grid coordinates.
  private func fillCells() {
    let d = dimension
    let count = AffineStiffness.count(dimension: d)
    let components = SymmetricBlocks.components(d)
    system.affineStiffness(into: affine)
    let pairs = ElementStiffness.pairs(d)
    let counts = system.cells.grid.counts
    // Rows: a displacement in units of length to one in cells along each axis.
    let map = (0..<d).map { Double(counts[$0]) * system.cell.fractionsOfPosition[$0] }
    /// Where the component with the given four indices stands.
    func quartic(_ a: Int, _ b: Int, _ c: Int, _ e: Int) -> Int {
      var exponents = SIMD3<Int>(0, 0, 0)
      for index in [a, b, c, e] { exponents[index] += 1 }
      return AffineStiffness.exponents.firstIndex(of: exponents)!
    }
    // cell[pair γδ][αβ] = Σ map[γ][μ] map[δ][ν] Q_αβμν: a fixed linear map from Q, found once.
    var linear = [Double](repeating: 0, count: components * components * count)
    for (pair, (gamma, delta)) in pairs.enumerated() {
      for (component, (alpha, beta)) in pairs.enumerated() {
        for mu in 0..<d {
          for nu in 0..<d {
            linear[(pair * components + component) * count + quartic(alpha, beta, mu, nu)] += map[gamma][mu] * map[delta][nu]
          }
        }
      }
    }
    var sum = [Double](repeating: 0, count: count)
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

  /// The residual of the coarse grid from that of the particles: inside each cell in the order of ids, then over the cells
  /// around a node in a fixed order. Collective.
  func restrict() throws {
    let cornerCount = 1 << dimension
    forEachCell { node, particles in
      let target = corners.values + corners.place(node)
      for k in 0..<corners.stride { target[k] = 0 }
      for i in particles {
        let r = residual.pointer + i * stride
        let t = offsets.pointer + i * dimension
        if dimension == 2 {
          let (u, v) = (t[0], t[1])
          let weights = SIMD4<Float>((1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v)
          for c in 0..<4 {
            target[2 * c] += weights[c] * r[0]
            target[2 * c + 1] += weights[c] * r[1]
          }
        } else {
          let value = SIMD4<Float>(r[0], r[1], r[2], 0)
          for c in 0..<8 {
            let weight = (c & 1 == 0 ? 1 - t[0] : t[0]) * (c & 2 == 0 ? 1 - t[1] : t[1]) * (c & 4 == 0 ? 1 - t[2] : t[2])
            for k in 0..<3 { target[4 * c + k] += weight * value[k] }
          }
        }
      }
    }
    try corners.gather(coarse.halo)
    coarse.grid.box.forEach { node in
      let target = coarse.residual.values + coarse.residual.place(node)
      for k in 0..<stride { target[k] = 0 }
      for c in 0..<cornerCount {
        let from = corners.values + corners.place(node &- SIMD3<Int>(c & 1, (c >> 1) & 1, (c >> 2) & 1)) + c * stride
        for k in 0..<stride { target[k] += from[k] }
      }
    }
  }

  /// The correction of the particles from the solution of the coarse grid. Collective.
  func prolong() throws {
    try coarse.solution.gather(coarse.halo)
    let extent = coarse.solution.grown.extent
    let (x, target) = (coarse.solution.values, correction.pointer)
    forEachCell { node, particles in
      let place = coarse.solution.place(node)
      for i in particles {
        let t = offsets.pointer + i * dimension
        for k in 0..<dimension {
          func along(_ at: Int) -> Float { x[at + k] + t[0] * (x[at + stride + k] - x[at + k]) }
          let up = stride * extent.x
          func across(_ at: Int) -> Float {
            let low = along(at)
            return low + t[1] * (along(at + up) - low)
          }
          if dimension == 2 {
            target[2 * i + k] = across(place)
          } else {
            let low = across(place)
            target[4 * i + k] = low + t[2] * (across(place + up * extent.y) - low)
          }
        }
      }
    }
  }
}
