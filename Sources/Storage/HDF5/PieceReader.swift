/// A consumer of a dataset in pieces, each a contiguous part of its numbers in row-major order.
protocol PieceReader {
  /// Takes one piece.
  /// - Parameter first: the place in the dataset of the first of these numbers.
  mutating func take<Element: HDF5Element>(_ values: [Element], at first: Int)
}
