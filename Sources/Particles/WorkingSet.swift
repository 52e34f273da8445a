/// The owned particles that are worked on: all of them, or those of a region.
final class WorkingSet {
  /// Owned cells whose particles are worked on, ascending.
  private(set) var cells: [Int32] = []
  /// Ranges of the local numbers of these particles, ascending.
  private(set) var runs: [Range<Int>] = []
  /// Counter that changes whenever ``runs`` change.
  private(set) var version = 0

  func become(_ cells: [Int32], _ runs: [Range<Int>]) {
    self.cells = cells
    self.runs = runs
    version += 1
  }
}
