import Interactions

/// Symmetric 2×2 or 3×3 blocks, stored as xx, xy, yy or xx, yy, zz, xy, xz, yz.
enum SymmetricBlocks {
  /// Returns the storage index of entry (α, β) of a block.
  static func component(_ alpha: Int, _ beta: Int, _ dimension: Int) -> Int {
    if dimension == 2 { return alpha + beta }
    return alpha == beta ? alpha : alpha + beta + 2
  }

  /// Replaces a block by its inverse. If it is far from positive definite, as around a rattler, a multiple of the unit
  /// matrix is added first. A block without positive trace becomes `empty` times the unit matrix.
  static func invert(_ block: UnsafeMutablePointer<Float>, _ dimension: Int, empty: Float) {
    let trace =
      dimension == 2 ? Double(block[0]) + Double(block[2]) : Double(block[0]) + Double(block[1]) + Double(block[2])
    guard trace > 0 else {
      for c in 0..<PairBlocks.components(dimension) { block[c] = 0 }
      for k in 0..<dimension { block[component(k, k, dimension)] = empty }
      return
    }
    var ridge = 0.0
    while true {
      let xx = Double(block[0]) + ridge
      if dimension == 2 {
        let (xy, yy) = (Double(block[1]), Double(block[2]) + ridge)
        let determinant = xx * yy - xy * xy
        if xx > 0 && determinant > 1e-3 * trace * trace {
          block[0] = Float(yy / determinant)
          block[1] = Float(-xy / determinant)
          block[2] = Float(xx / determinant)
          return
        }
      } else {
        let (yy, zz) = (Double(block[1]) + ridge, Double(block[2]) + ridge)
        let (xy, xz, yz) = (Double(block[3]), Double(block[4]), Double(block[5]))
        let cxx = yy * zz - yz * yz
        let cxy = xz * yz - xy * zz
        let cxz = xy * yz - xz * yy
        let determinant = xx * cxx + xy * cxy + xz * cxz
        if xx > 0 && xx * yy - xy * xy > 0 && determinant > 1e-4 * trace * trace * trace {
          let s = 1 / determinant
          block[0] = Float(cxx * s)
          block[1] = Float((xx * zz - xz * xz) * s)
          block[2] = Float((xx * yy - xy * xy) * s)
          block[3] = Float(cxy * s)
          block[4] = Float(cxz * s)
          block[5] = Float((xy * xz - xx * yz) * s)
          return
        }
      }
      ridge = max(2 * ridge, 0.05 * trace)
    }
  }

  /// Computes d ← α d + β D⁻¹r and x ← x + d for `count` blocks.
  static func correct(
    _ dimension: Int, count: Int, inverse: UnsafePointer<Float>, alpha: Float, beta: Float,
    residual: UnsafePointer<Float>,
    correction: UnsafeMutablePointer<Float>, solution: UnsafeMutablePointer<Float>
  ) {
    if dimension == 2 {
      for i in 0..<count {
        let m = inverse + 3 * i
        let (rx, ry) = (beta * residual[2 * i], beta * residual[2 * i + 1])
        let dx = alpha * correction[2 * i] + (m[0] * rx + m[1] * ry)
        let dy = alpha * correction[2 * i + 1] + (m[1] * rx + m[2] * ry)
        correction[2 * i] = dx
        correction[2 * i + 1] = dy
        solution[2 * i] += dx
        solution[2 * i + 1] += dy
      }
    } else {
      for i in 0..<count {
        let m = inverse + 6 * i
        let (rx, ry, rz) = (beta * residual[4 * i], beta * residual[4 * i + 1], beta * residual[4 * i + 2])
        let dx = alpha * correction[4 * i] + (m[0] * rx + m[3] * ry + m[4] * rz)
        let dy = alpha * correction[4 * i + 1] + (m[3] * rx + m[1] * ry + m[5] * rz)
        let dz = alpha * correction[4 * i + 2] + (m[4] * rx + m[5] * ry + m[2] * rz)
        correction[4 * i] = dx
        correction[4 * i + 1] = dy
        correction[4 * i + 2] = dz
        solution[4 * i] += dx
        solution[4 * i + 1] += dy
        solution[4 * i + 2] += dz
      }
    }
  }
}
