import CFFTW
import CMPI
import MessagePassing

/// FFTW's own distributed transform of the same grid (real to complex, spectrum transposed), a reference for the speed
/// of ``LatticeTransform``. Its arithmetic depends on the number of ranks.
public final class LibraryTransform {
  private let field: UnsafeMutablePointer<Double>
  private let there, back: fftw_plan

  /// Plans the transform. Collective.
  /// - Parameter measured: whether FFTW measures its plans, which takes long for large lattices, or estimates them.
  public init(_ lattice: Lattice, measured: Bool, over communicator: Communicator) throws {
    fftw_mpi_init()
    var sizes = lattice.shape
    sizes[sizes.count - 1] = sizes[sizes.count - 1] / 2 + 1
    var (rows, rowStart, columns, columnStart) = (0, 0, 0, 0)
    let needed = fftw_mpi_local_size_many_transposed(
      Int32(sizes.count), sizes, 1, 0, 0, communicator.handle, &rows, &rowStart, &columns, &columnStart)
    guard let field = fftw_alloc_real(max(2, 2 * needed)) else {
      throw Failure(.inputOutput, "there is no memory for the transform of \(lattice.shape)")
    }
    self.field = field
    let flags = UInt32(measured ? FFTW_MEASURE : FFTW_ESTIMATE)
    let numbers = LatticeTransform.complex(field)
    guard
      let there = fftw_mpi_plan_dft_r2c(
        Int32(lattice.shape.count), lattice.shape, field, numbers, communicator.handle,
        flags | UInt32(FFTW_MPI_TRANSPOSED_OUT)),
      let back = fftw_mpi_plan_dft_c2r(
        Int32(lattice.shape.count), lattice.shape, numbers, field, communicator.handle,
        flags | UInt32(FFTW_MPI_TRANSPOSED_IN))
    else { throw Failure(.messagePassing, "FFTW cannot plan the transform of \(lattice.shape)") }
    self.there = there
    self.back = back
    for k in 0..<(2 * needed) { field[k] = Double(k % 7) * 1e-3 }
  }

  deinit {
    fftw_destroy_plan(there)
    fftw_destroy_plan(back)
    fftw_free(field)
  }

  /// Transforms forward and backward. Collective.
  public func roundTrip() {
    fftw_execute(there)
    fftw_execute(back)
    Heartbeat.beat()
  }
}
