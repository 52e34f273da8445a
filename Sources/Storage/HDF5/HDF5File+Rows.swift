extension HDF5File {
  /// Extends a growing dataset by the row number `index`. All ranks hold its values,
  /// and the root writes them. Collective.
  func appendRow<Element: HDF5Element>(_ values: [Element], to dataset: String, index: Int, shape: [Int]) throws {
    try extend(dataset, to: index + 1)
    try writeFromRoot(values, to: dataset, start: [index] + shape.map { _ in 0 }, count: [1] + shape)
  }

  /// Writes a block that all ranks hold, from the root. Collective.
  func writeFromRoot<Element: HDF5Element>(_ values: [Element], to dataset: String, start: [Int], count: [Int]) throws {
    let isWriter = communicator?.isRoot ?? true
    try write(
      isWriter ? values : [], to: dataset, start: start, count: isWriter ? count : [0] + count.dropFirst())
  }
}
