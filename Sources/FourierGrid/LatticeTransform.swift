import CFFTW
import CMPI
import Geometry
import MessagePassing

/// The Fourier transform of a real field on a lattice that is cut into slabs, one per rank. Spectra stay transposed.
///
/// It consists of one-dimensional transforms with one fixed plan each, and FFTW's distributed transpose between them,
/// which only moves numbers. So every number is computed by the same operations on any number of ranks. The plans of
/// the transforms are FFTW's estimates, which do not depend on any clock; those of the transposes are measured, which
/// changes no number. Ranks beyond the planes of the lattice own nothing and take part only in the messages.
public final class LatticeTransform {
  public let lattice: Lattice
  /// Planes of the first axis that this rank owns.
  public let planes: Range<Int>
  /// Planes of the spectrum that this rank owns: wave numbers along the last axis in two dimensions,
  /// along the middle one in three.
  public let spectralPlanes: Range<Int>
  /// Number of doubles from one row of ``field`` to the next, enough for a row of complex numbers.
  public let rowStride: Int
  /// Field as [plane][row][rowStride]; only the first extents.2 numbers of each row are used.
  public let field: UnsafeMutablePointer<Double>
  /// Spectrum of complex numbers: [k2][k0] in two dimensions, [k1][k0][k2] in three, with k2 up to L/2.
  public let spectrum: UnsafeMutablePointer<Double>

  private let halfExtent: Int
  private let fieldSize: Int
  private let rowForward, rowBackward, columnForward, columnBackward: fftw_plan
  private let middleForward, middleBackward: fftw_plan?
  private let transpose, transposeBack: fftw_plan

  /// Plans the transforms of a lattice. Collective.
  public init(_ lattice: Lattice, over communicator: Communicator) throws {
    fftw_mpi_init()
    self.lattice = lattice
    let (n0, n1, n2) = lattice.extents
    let half = n2 / 2 + 1
    halfExtent = half
    rowStride = 2 * half
    let isFlat = lattice.dimension == 2
    // The matrix to be transposed: first axis by wave number of the last axis (2D), or by middle axis (3D).
    let sizes = [n0, isFlat ? half : n1]
    let width = isFlat ? 1 : half
    var rows = 0
    var rowStart = 0
    var columns = 0
    var columnStart = 0
    let needed = fftw_mpi_local_size_many_transposed(
      2, sizes, width, 0, 0, communicator.handle, &rows, &rowStart, &columns, &columnStart)
    planes = rows == 0 ? n0..<n0 : rowStart..<(rowStart + rows)
    spectralPlanes = columns == 0 ? sizes[1]..<sizes[1] : columnStart..<(columnStart + columns)
    fieldSize = 2 * needed
    guard let field = fftw_alloc_real(max(2, fieldSize)), let spectrum = fftw_alloc_real(max(2, fieldSize)) else {
      throw Failure(.inputOutput, "there is no memory for the transform of \(lattice.shape)")
    }
    self.field = field
    self.spectrum = spectrum
    let flags = UInt32(FFTW_ESTIMATE)
    let scratch = fftw_alloc_real(2 * max(half, n0 * width, n1 * half))!
    defer { fftw_free(scratch) }
    let c = Self.complex(scratch)
    rowForward = fftw_plan_dft_r2c_1d(Int32(n2), scratch, c, flags)
    rowBackward = fftw_plan_dft_c2r_1d(Int32(n2), c, scratch, flags)
    func strided(_ n: Int, _ sign: Int32) -> fftw_plan {
      var extent = Int32(n)
      return fftw_plan_many_dft(
        1, &extent, Int32(width), c, nil, Int32(width), 1, c, nil, Int32(width), 1, sign, flags)
    }
    columnForward = strided(n0, FFTW_FORWARD)
    columnBackward = strided(n0, FFTW_BACKWARD)
    middleForward = isFlat ? nil : strided(n1, FFTW_FORWARD)
    middleBackward = isFlat ? nil : strided(n1, FFTW_BACKWARD)
    guard
      let there = fftw_mpi_plan_many_transpose(
        sizes[0], sizes[1], 2 * width, 0, 0, field, spectrum, communicator.handle, UInt32(FFTW_MEASURE)),
      let back = fftw_mpi_plan_many_transpose(
        sizes[1], sizes[0], 2 * width, 0, 0, spectrum, field, communicator.handle, UInt32(FFTW_MEASURE))
    else { throw Failure(.messagePassing, "FFTW cannot plan the transpose of \(lattice.shape)") }
    transpose = there
    transposeBack = back
    clearField()
  }

  deinit {
    for plan in [rowForward, rowBackward, columnForward, columnBackward, transpose, transposeBack] {
      fftw_destroy_plan(plan)
    }
    if let middleForward { fftw_destroy_plan(middleForward) }
    if let middleBackward { fftw_destroy_plan(middleBackward) }
    fftw_free(field)
    fftw_free(spectrum)
  }

  public func clearField() { field.update(repeating: 0, count: fieldSize) }

  /// Transforms the field into the spectrum, without a factor. Destroys the field. Collective.
  public func forward() {
    let rows = planes.count * lattice.extents.1
    for row in 0..<rows {
      let start = field + row * rowStride
      fftw_execute_dft_r2c(rowForward, start, Self.complex(start))
    }
    if let middleForward { alongMiddle(middleForward) }
    fftw_execute(transpose)
    alongColumns(columnForward)
    Heartbeat.beat()
  }

  /// Transforms the spectrum into the field, without a factor: together with ``forward()`` it multiplies by the number
  /// of sites. Destroys the spectrum. Collective.
  public func backward() {
    alongColumns(columnBackward)
    fftw_execute(transposeBack)
    if let middleBackward { alongMiddle(middleBackward) }
    let rows = planes.count * lattice.extents.1
    for row in 0..<rows {
      let start = field + row * rowStride
      fftw_execute_dft_c2r(rowBackward, Self.complex(start), start)
    }
    Heartbeat.beat()
  }

  private func alongColumns(_ plan: fftw_plan) {
    let size = 2 * lattice.extents.0 * (lattice.dimension == 2 ? 1 : halfExtent)
    for column in 0..<spectralPlanes.count {
      let start = Self.complex(spectrum + column * size)
      fftw_execute_dft(plan, start, start)
    }
  }

  private func alongMiddle(_ plan: fftw_plan) {
    for plane in 0..<planes.count {
      let start = Self.complex(field + plane * lattice.extents.1 * rowStride)
      fftw_execute_dft(plan, start, start)
    }
  }

  /// Number of complex numbers of the spectrum that this rank owns.
  public var spectralCount: Int {
    spectralPlanes.count * lattice.extents.0 * (lattice.dimension == 2 ? 1 : halfExtent)
  }

  /// A row of the spectrum that is contiguous in memory. It starts at the wave numbers ``first``; the one along
  /// ``axis`` counts up from 0.
  public struct SpectralRow {
    public let numbers: UnsafeMutablePointer<Double>
    /// Number of complex numbers in the row.
    public let count: Int
    /// Axis along which the row runs: 0 in two dimensions, 2 in three.
    public let axis: Int
    public let first: (Int, Int, Int)
  }

  /// Calls `body` for each row of the spectrum that this rank owns.
  public func forEachRow(_ body: (SpectralRow) -> Void) {
    let n0 = lattice.extents.0
    for (local, k) in spectralPlanes.enumerated() {
      if lattice.dimension == 2 {
        body(SpectralRow(numbers: spectrum + 2 * local * n0, count: n0, axis: 0, first: (0, 0, k)))
      } else {
        for k0 in 0..<n0 {
          let start = spectrum + 2 * (local * n0 + k0) * halfExtent
          body(SpectralRow(numbers: start, count: halfExtent, axis: 2, first: (k0, k, 0)))
        }
      }
    }
  }

  /// Multiplies the spectrum by real factors, which are in its own order.
  public func multiply(by factors: UnsafePointer<Double>) { scaleComplex(spectrum, factors, spectralCount) }

  /// Replaces the field by its convolution with a kernel. `factors` is the spectrum of the kernel divided by the
  /// number of sites. Collective.
  public func convolve(with factors: UnsafePointer<Double>) {
    forward()
    multiply(by: factors)
    backward()
  }

  @inline(__always)
  static func complex(_ numbers: UnsafeMutablePointer<Double>) -> UnsafeMutablePointer<fftw_complex> {
    UnsafeMutableRawPointer(numbers).assumingMemoryBound(to: fftw_complex.self)
  }
}

@inline(never)
private func scaleComplex(_ numbers: UnsafeMutablePointer<Double>, _ factors: UnsafePointer<Double>, _ count: Int) {
  for k in 0..<count {
    numbers[2 * k] *= factors[k]
    numbers[2 * k + 1] *= factors[k]
  }
}
