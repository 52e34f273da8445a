import Geometry

/// The blocks −H_ij of a Hessian, pair by pair in the order of the neighbour lists, in single precision.
///
/// A product with it, Σ_j K_ij (v_i − v_j), is exactly invariant under translation. It reads 16 bytes per pair in two
/// dimensions (28 in three), where the product from the potential has to compute. An inexact Newton step or a
/// preconditioner needs no more than seven digits of the Hessian.
public final class PairBlocks {
  /// Pairs that are kept, and their blocks.
  public enum Content: Sendable {
    /// All interacting pairs, with their Hessian.
    case hessian
    /// Pairs with φ'' > 0, with φ'' n⊗n alone: positive semi-definite.
    case stiffBonds
  }

  public let dimension: Int
  /// Pairs that are kept.
  let list = NeighbourList()
  /// Components xx, xy, yy, or xx, yy, zz, xy, xz, yz, each of a lane's width, per slot.
  let blocks = AlignedBuffer<Float>()

  public init(dimension: Int) { self.dimension = dimension }

  /// Returns the number of components of a symmetric block.
  @inline(__always) public static func components(_ dimension: Int) -> Int { dimension == 2 ? 3 : 6 }

  /// Computes result_i = Σ_j K_ij (v_i − v_j). `field` has values for owned particles and ghosts, `result` for owned
  /// ones and room for one more; both have `dimension` numbers per particle.
  public func multiply(_ field: UnsafePointer<Double>, into result: UnsafeMutablePointer<Double>) {
    if dimension == 2 {
      multiplyBlocks(self, Plane.self, field, result)
    } else {
      multiplyBlocks(self, Volume.self, field, result)
    }
  }

  /// Subtracts the product from `result`, in single precision: 2 numbers per particle in two dimensions, 4 in three.
  public func subtractProduct(of field: UnsafePointer<Float>, from result: UnsafeMutablePointer<Float>) {
    if dimension == 2 {
      subtractBlocks(self, Plane.self, field, result)
    } else {
      subtractBlocks(self, Volume.self, field, result)
    }
  }

  /// Largest entry in magnitude.
  public var largestEntry: Float {
    var largest: Float = 0
    for k in 0..<(list.slotCount * Self.components(dimension) * Lanes.count) { largest = max(largest, abs(blocks[k])) }
    return largest
  }

  /// Computes the diagonal blocks Σ_j K_ij of the owned particles, 3 or 6 numbers each, in the order of ``blocks``.
  public func diagonal(into result: UnsafeMutablePointer<Float>) {
    let width = Lanes.count
    let components = Self.components(dimension)
    for chunk in 0..<list.chunkCount {
      for lane in 0..<width {
        let target = result + Int(list.rows[chunk * width + lane]) * components
        for c in 0..<components {
          var sum: Float = 0
          for slot in list.firstSlot[chunk]..<list.firstSlot[chunk + 1] {
            sum += blocks[(slot * components + c) * width + lane]
          }
          target[c] = sum
        }
      }
    }
  }
}

@inline(never)  // as computeForces
private func multiplyBlocks<S: Space>(
  _ matrix: PairBlocks, _ space: S.Type, _ field: UnsafePointer<Double>, _ result: UnsafeMutablePointer<Double>
) {
  let width = Lanes.count
  let components = PairBlocks.components(S.dimension)
  let partners = UnsafePointer(matrix.list.neighbours.pointer)
  let blocks = UnsafePointer(matrix.blocks.pointer)
  for chunk in 0..<matrix.list.chunkCount {
    let members = UnsafePointer(matrix.list.rows.pointer + chunk * width)
    let v = FieldLanes(gathering: field, at: members, in: space)
    var hx = Lanes(0)
    var hy = Lanes(0)
    var hz = Lanes(0)
    for slot in matrix.list.firstSlot[chunk]..<matrix.list.firstSlot[chunk + 1] {
      let w = FieldLanes(gathering: field, at: partners + slot * width, in: space)
      let k = blocks + slot * components * width
      let ux = v.x - w.x
      let uy = v.y - w.y
      if S.dimension == 2 {
        let xy = Lanes(widening: k + width)
        hx = Lanes(widening: k).times(ux, plus: xy.times(uy, plus: hx))
        hy = xy.times(ux, plus: Lanes(widening: k + 2 * width).times(uy, plus: hy))
      } else {
        let uz = v.z - w.z
        let xy = Lanes(widening: k + 3 * width)
        let xz = Lanes(widening: k + 4 * width)
        let yz = Lanes(widening: k + 5 * width)
        hx = Lanes(widening: k).times(ux, plus: xy.times(uy, plus: xz.times(uz, plus: hx)))
        hy = xy.times(ux, plus: Lanes(widening: k + width).times(uy, plus: yz.times(uz, plus: hy)))
        hz = xz.times(ux, plus: yz.times(uy, plus: Lanes(widening: k + 2 * width).times(uz, plus: hz)))
      }
    }
    for lane in 0..<width {
      let product = result + Int(members[lane]) * S.dimension
      product[0] = hx[lane]
      product[1] = hy[lane]
      if S.dimension == 3 { product[2] = hz[lane] }
    }
  }
}

@inline(never)  // as computeForces
private func subtractBlocks<S: Space>(
  _ matrix: PairBlocks, _ space: S.Type, _ field: UnsafePointer<Float>, _ result: UnsafeMutablePointer<Float>
) {
  let width = Lanes.count
  let components = PairBlocks.components(S.dimension)
  let stride = S.dimension == 2 ? 2 : 4
  let partners = UnsafePointer(matrix.list.neighbours.pointer)
  let blocks = UnsafePointer(matrix.blocks.pointer)
  @inline(__always) func gathered(_ index: UnsafePointer<Int32>, _ component: Int32) -> SingleLanes {
    SingleLanes(gathering: field, at: index, stride: stride, component: component)
  }
  for chunk in 0..<matrix.list.chunkCount {
    let members = UnsafePointer(matrix.list.rows.pointer + chunk * width)
    let vx = gathered(members, 0)
    let vy = gathered(members, 1)
    let vz = S.dimension == 3 ? gathered(members, 2) : SingleLanes(0)
    var hx = SingleLanes(0)
    var hy = SingleLanes(0)
    var hz = SingleLanes(0)
    for slot in matrix.list.firstSlot[chunk]..<matrix.list.firstSlot[chunk + 1] {
      let others = partners + slot * width
      let k = blocks + slot * components * width
      let ux = vx - gathered(others, 0)
      let uy = vy - gathered(others, 1)
      if S.dimension == 2 {
        let xy = SingleLanes(loading: k + width)
        hx = SingleLanes(loading: k).times(ux, plus: xy.times(uy, plus: hx))
        hy = xy.times(ux, plus: SingleLanes(loading: k + 2 * width).times(uy, plus: hy))
      } else {
        let uz = vz - gathered(others, 2)
        let xy = SingleLanes(loading: k + 3 * width)
        let xz = SingleLanes(loading: k + 4 * width)
        let yz = SingleLanes(loading: k + 5 * width)
        hx = SingleLanes(loading: k).times(ux, plus: xy.times(uy, plus: xz.times(uz, plus: hx)))
        hy = xy.times(ux, plus: SingleLanes(loading: k + width).times(uy, plus: yz.times(uz, plus: hy)))
        hz = xz.times(ux, plus: yz.times(uy, plus: SingleLanes(loading: k + 2 * width).times(uz, plus: hz)))
      }
    }
    for lane in 0..<width {
      let target = result + Int(members[lane]) * stride
      target[0] -= hx[lane]
      target[1] -= hy[lane]
      if S.dimension == 3 { target[2] -= hz[lane] }
    }
  }
}
