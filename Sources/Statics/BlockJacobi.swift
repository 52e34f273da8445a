import Particles

/// The block-Jacobi preconditioner, which needs no neighbours: the inverses of the diagonal blocks
/// of the Hessian, made positive.
final class BlockJacobi: Preconditioner {
  private let system: ParticleSystem
  private let blocks: ParticleField
  private let dimension: Int

  init(_ system: ParticleSystem) {
    self.system = system
    dimension = system.dimension
    blocks = system.makeField(width: dimension * dimension)
  }

  /// Computes the blocks at the present positions, which must have been evaluated, with `shift` on the diagonal.
  func refresh(shift: Double) {
    system.hessianDiagonal(into: blocks)
    if shift > 0 {
      let d = dimension
      for run in system.runs { for i in run { for k in 0..<d { blocks.values[(i * d + k) * d + k] += shift } } }
    }
    invert()
  }

  private func invert() {
    let d = dimension
    for run in system.runs {
      for i in run {
        let b = blocks.values + i * d * d
        if d == 2 { Self.invert2(b) } else { Self.invert3(b) }
      }
    }
  }

  func apply(_ r: UnsafePointer<Double>, into z: UnsafeMutablePointer<Double>) {
    for run in system.runs { apply(r, into: z, of: run) }
  }

  private func apply(_ r: UnsafePointer<Double>, into z: UnsafeMutablePointer<Double>, of particles: Range<Int>) {
    let m = blocks.values
    if dimension == 2 {
      for i in particles {
        let (x, y) = (r[2 * i], r[2 * i + 1])
        z[2 * i] = m[4 * i] * x + m[4 * i + 1] * y
        z[2 * i + 1] = m[4 * i + 2] * x + m[4 * i + 3] * y
      }
    } else {
      for i in particles {
        let (x, y, w) = (r[3 * i], r[3 * i + 1], r[3 * i + 2])
        let b = m + 9 * i
        z[3 * i] = b[0] * x + b[1] * y + b[2] * w
        z[3 * i + 1] = b[3] * x + b[4] * y + b[5] * w
        z[3 * i + 2] = b[6] * x + b[7] * y + b[8] * w
      }
    }
  }

  /// Inverts a 2×2 block. One that is not safely positive definite is replaced by a multiple of the unit matrix.
  private static func invert2(_ b: UnsafeMutablePointer<Double>) {
    let determinant = b[0] * b[3] - b[1] * b[1]
    let size = max(abs(b[0]), abs(b[3]), abs(b[1]))
    if b[0] > 0, determinant > 1e-6 * size * size {
      let (xx, xy, yy) = (b[0], b[1], b[3])
      b[0] = yy / determinant
      b[1] = -xy / determinant
      b[2] = b[1]
      b[3] = xx / determinant
    } else {
      let diagonal = size > 0 ? 1 / size : 1
      b[0] = diagonal
      b[1] = 0
      b[2] = 0
      b[3] = diagonal
    }
  }

  private static func invert3(_ b: UnsafeMutablePointer<Double>) {
    let (xx, xy, xz, yy, yz, zz) = (b[0], b[1], b[2], b[4], b[5], b[8])
    let cxx = yy * zz - yz * yz
    let cxy = xz * yz - xy * zz
    let cxz = xy * yz - xz * yy
    let determinant = xx * cxx + xy * cxy + xz * cxz
    let minor = xx * yy - xy * xy
    let size = max(abs(xx), abs(yy), abs(zz))
    if xx > 0, minor > 0, determinant > 1e-6 * size * size * size {
      let s = 1 / determinant
      b[0] = cxx * s
      b[1] = cxy * s
      b[2] = cxz * s
      b[3] = b[1]
      b[4] = (xx * zz - xz * xz) * s
      b[5] = (xy * xz - xx * yz) * s
      b[6] = b[2]
      b[7] = b[5]
      b[8] = minor * s
    } else {
      for k in 0..<9 { b[k] = 0 }
      let diagonal = size > 0 ? 1 / size : 1
      b[0] = diagonal
      b[4] = diagonal
      b[8] = diagonal
    }
  }
}
