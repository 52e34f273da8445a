import Checkpoints
import MessagePassing
import Statistics

/// Sums of many quantities over the ranks and over the samples of a run, kept in segments of time so that what is
/// computed from them has an error.
///
/// The sums of a segment are exact until it ends; then they are rounded once. So they have the same bits on any number
/// of ranks.
final class RunningSums {
  /// Names in checkpoints.
  private enum Key {
    static let state = "/state"
    static let closed = "/segments"
    static let open = "/open"
  }

  private struct State: Codable {
    var span: Int
    /// Samples of the open segment.
    var samples: Int
  }

  let communicator: Communicator
  private let open: ExactSums
  private var closed: SegmentSums
  private var samples = 0

  init(count: Int, over communicator: Communicator) {
    self.communicator = communicator
    open = ExactSums(count: count)
    closed = SegmentSums(width: count)
  }

  /// Adds a term; terms of one quantity may come from any ranks in any order.
  @inline(__always) func add(_ term: Double, to quantity: Int) { open.add(term, to: quantity) }

  /// Ends a sample, and the segment if it has as many as the others. Collective.
  func endSample() throws {
    samples += 1
    let span = closed.isFull ? 2 * closed.span : closed.span
    if samples == span {
      closed.append(try open.reduce(over: communicator))
      samples = 0
    }
  }

  /// Returns the sums of the segments so far; the last may be shorter than the others. Collective.
  func segments() throws -> SegmentSums {
    guard samples > 0 else { return closed }
    let copy = ExactSums(count: open.count)
    let limbs = try open.limbs(over: communicator)
    if communicator.isRoot { copy.add(limbs: limbs) }
    var all = closed
    all.append(try copy.reduce(over: communicator))
    return all
  }

  // MARK: Checkpoints

  /// Saves the sums. Collective.
  func save(to checkpoint: Checkpoint, as name: String) throws {
    try checkpoint.put(State(span: closed.span, samples: samples), as: name + Key.state)
    checkpoint.put(rootColumn(.reals(closed.segments.flatMap { $0 }), closed.width), as: name + Key.closed)
    let limbs = try open.limbs(over: communicator)
    checkpoint.put(rootColumn(.integers(limbs), limbs.count / open.count), as: name + Key.open)
  }

  /// Returns a column whose rows are all held by the root, since they are few and all ranks have the same.
  private func rootColumn(_ numbers: Checkpoint.Numbers, _ width: Int) -> Checkpoint.Column {
    let rows = numbers.count / width
    if communicator.isRoot { return Checkpoint.Column(numbers, width: width, firstRow: 0, totalRows: rows) }
    let none: Checkpoint.Numbers =
      switch numbers {
      case .reals: .reals([])
      case .integers: .integers([])
      case .smallIntegers: .smallIntegers([])
      }
    return Checkpoint.Column(none, width: width, firstRow: rows, totalRows: rows)
  }

  /// Continues saved sums. Collective.
  init(count: Int, resuming checkpoint: Checkpoint, as name: String) throws {
    communicator = checkpoint.communicator
    let state = try checkpoint.value(State.self, of: name + Key.state)
    samples = state.samples
    guard let column = checkpoint.columns[name + Key.closed], column.width == count else {
      throw Failure.everywhere(.input, "the checkpoint has no '\(name)' of \(count) sums")
    }
    let rows = column.totalRows
    let numbers = try checkpoint.rows(Double.self, of: name + Key.closed, 0..<rows)
    closed = SegmentSums(
      width: count, span: state.span,
      segments: (0..<rows).map { Array(numbers[($0 * count)..<(($0 + 1) * count)]) })
    open = ExactSums(count: count)
    let limbs = try checkpoint.rows(Int64.self, of: name + Key.open, 0..<(communicator.isRoot ? count : 0))
    // The limbs are those of all ranks together: they are added once.
    if communicator.isRoot { open.add(limbs: limbs) }
  }
}
