/// How the stress that a sweep sets free reaches the other blocks. All three give the same sweeps; they differ in cost.
public enum UpdateRule: Sendable, Equatable {
  /// The kernel is added around each failing block at once. Farther away it is added where a bound cannot exclude that
  /// a block yields, and to all by one transform every `pending` failures. A sweep of more than `failures` blocks is
  /// done by a transform of its own.
  case sparse(failures: Int, pending: Int)
  /// One transform for each sweep.
  case transform
  /// The kernel is added to the whole lattice for each failing block, O(N) each.
  case everywhere

  /// The largest sweep of which every rank knows every block.
  var largestShared: Int {
    switch self {
    case .sparse(let failures, _): failures
    case .transform: 0
    case .everywhere: .max
    }
  }
}
