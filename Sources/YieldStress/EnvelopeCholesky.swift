import CLanes
import Geometry

/// The Cholesky factorisation of a sparse symmetric matrix within its envelope: in each row, the entries from the first
/// one that is not zero to the diagonal. Where rows are ordered along an axis of space, the envelope is a band.
///
/// Its memory is kept, so that one object serves for many matrices. Rows lie in panels of 8, columns are vectors
/// (CLanes_panel.h).
final class EnvelopeCholesky {
  private(set) var size = 0
  private var panels = 0
  private let values = AlignedBuffer<Double>()
  /// Where each panel begins in `values`, and its first column.
  private let offset = AlignedBuffer<Int>()
  private let start = AlignedBuffer<Int>()
  private let inverse = AlignedBuffer<Double>()
  private static let width = 8

  /// The room that a right hand side needs: the size, rounded up to whole panels.
  var paddedSize: Int { panels * Self.width }

  /// Starts a matrix of `size` rows, all zeros; `firstColumn(row)` is the first column that its row may use.
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
    // What fills up the last panel stands alone.
    for row in size..<(panels * w) { self[row, row] = 1 }
  }

  /// An entry of the lower triangle within the envelope: of the matrix before ``factor(smallestPivot:)``.
  @inline(__always) subscript(row: Int, column: Int) -> Double {
    get { values[place(row, column)] }
    set { values[place(row, column)] = newValue }
  }

  @inline(__always) private func place(_ row: Int, _ column: Int) -> Int {
    let p = row >> 3
    return offset[p] + 8 * (column - start[p]) + (row & 7)
  }

  /// A = L Lᵀ, in place. Nil where that succeeds, else the first row whose pivot is not greater than `smallestPivot`:
  /// the matrix is not positive definite.
  func factor(smallestPivot: Double) -> Int? {
    let failed = CLanes_factor(
      values.pointer, offset.pointer, start.pointer, panels, smallestPivot, inverse.pointer)
    return failed < 0 ? nil : failed
  }

  /// A x = b, in place, after a factorisation. `b` has ``paddedSize`` numbers, of which those beyond the size are zero.
  func solve(_ b: UnsafeMutablePointer<Double>) {
    CLanes_solve(values.pointer, offset.pointer, start.pointer, panels, inverse.pointer, b)
  }
}
