/// Rule by which the stress released in a sweep reaches the other blocks. All three rules give the same
/// sweeps; they differ in cost.
public enum UpdateRule: Sendable, Equatable {
  /// Sparse rule: the kernel is added around each failing block at once. Farther away it is added to a block only if a
  /// bound cannot exclude that the block yields, and to all blocks by one transform every `pending` failures. A sweep
  /// of more than `failures` blocks is redistributed by a transform of its own.
  case sparse(failures: Int, pending: Int)
  /// One transform per sweep.
  case transform
  /// Direct sum: the kernel is added to the whole lattice for each failing block, O(N) each.
  case everywhere

  /// Largest number of failures of a sweep that are made known to all ranks.
  var largestShared: Int {
    switch self {
    case .sparse(let failures, _): failures
    case .transform: 0
    case .everywhere: .max
    }
  }
}
