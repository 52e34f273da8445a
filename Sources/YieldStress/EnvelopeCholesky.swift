import CLanes
import Geometry

/// Cholesky factorisation of a sparse symmetric matrix within its envelope: in each row, the entries from the first
/// nonzero one to the diagonal. If the rows are ordered along an axis of space, the envelope is a band.
///
/// The memory is kept, so that one object can be used for many matrices. Rows are stored in panels of 8, columns are
/// vectors (CLanes_panel.h).
final class EnvelopeCholesky {
  private(set) var size = 0
  private var panels = 0
  private let values = AlignedBuffer<Double>()
  /// Start of each panel in `values`, and its first column.
  private let offset = AlignedBuffer<Int>()
  private let start = AlignedBuffer<Int>()
  private let inverse = AlignedBuffer<Double>()
  private static let width = 8

  /// Length of a right-hand side: the size, rounded up to whole panels.
  var paddedSize: Int { panels * Self.width }

  /// Starts a matrix of `size` rows, all zeros. `firstColumn(row)` is the first column that the row may use.
  func prepare(size: Int, firstColumn: (Int) -> Int) {
    let w = Self.width
    self.size = size
    panels = (size + w - 1) / w
    offset.reserve(panels + 1)
    start.reserve(panels)
    inverse.reserve(panels * w)
    var next = 0
    for p in 0..<panels {
      var first = w * p
      for row in (w * p)..<min(size, w * (p + 1)) { first = min(first, firstColumn(row)) }
      start[p] = first / w * w
      offset[p] = next
      next += w * (w * (p + 1) - start[p])
    }
    offset[panels] = next
    values.reserve(next)
    values.pointer.update(repeating: 0, count: next)
    // The padding of the last panel is a unit matrix, decoupled from the rest.
    for row in size..<(panels * w) { self[row, row] = 1 }
  }

  /// Entry of the lower triangle within the envelope, before ``factor(smallestPivot:)``.
  @inline(__always) subscript(row: Int, column: Int) -> Double {
    get { values[place(row, column)] }
    set { values[place(row, column)] = newValue }
  }

  @inline(__always) private func place(_ row: Int, _ column: Int) -> Int {
    let p = row >> 3
    return offset[p] + 8 * (column - start[p]) + (row & 7)
  }

  /// Factors A = L Lᵀ in place. Returns nil on success; otherwise the matrix is not positive definite, and the result
  /// is the first row whose pivot is not greater than `smallestPivot`.
  func factor(smallestPivot: Double) -> Int? {
    let failed = CLanes_factor(
      values.pointer, offset.pointer, start.pointer, panels, smallestPivot, inverse.pointer)
    return failed < 0 ? nil : failed
  }

  /// Solves A x = b in place, after a factorisation. `b` has ``paddedSize`` numbers; those beyond the size are zero.
  func solve(_ b: UnsafeMutablePointer<Double>) {
    CLanes_solve(values.pointer, offset.pointer, start.pointer, panels, inverse.pointer, b)
  }
}
