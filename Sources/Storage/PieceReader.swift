/// Takes a dataset piece by piece, each a stretch of its numbers in row-major order.
protocol PieceReader {
  /// - Parameter first: the place of the first of these numbers in the dataset.
  mutating func take<Element: HDF5Element>(_ values: [Element], at first: Int)
}
