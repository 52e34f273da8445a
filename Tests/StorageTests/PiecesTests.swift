import Testing

@testable import Storage

/// Datasets cut into pieces.
@Suite struct PiecesTests {
  /// Pieces follow each other, have at most the numbers they may have, and are the stretches of numbers that their
  /// blocks are.
  @Test(
    arguments: [[], [1], [17], [5, 7], [3, 1000, 3], [2, 3, 4, 5], [1, 1, 9], [0], [4, 0], [4, 0, 3]],
    [1, 2, 7, 60, 100_000])
  func piecesAreTheWhole(shape: [Int], largest: Int) {
    let pieces = HDF5File.Pieces(of: shape, largest: largest)
    var next = 0
    for index in 0..<pieces.count {
      let (start, count, first) = pieces[index]
      let size = count.reduce(1, *)
      #expect(first == next && size > 0 && size <= largest)
      // Row-major: the first and the last number of the block stand as far apart as their number says.
      func place(_ position: [Int]) -> Int { zip(shape, position).reduce(0) { $0 * $1.0 + $1.1 } }
      #expect(place(start) == first)
      #expect(place(zip(start, count).map { $0 + $1 - 1 }) == first + size - 1)
      #expect(zip(shape, zip(start, count)).allSatisfy { $1.0 >= 0 && $1.0 + $1.1 <= $0 })
      next += size
    }
    #expect(next == shape.reduce(1, *))
  }

  /// No more pieces than are needed, but for what is left of each row.
  @Test func piecesAreLarge() {
    #expect(HDF5File.Pieces(of: [1000, 3], largest: 300).count == 10)
    #expect(HDF5File.Pieces(of: [4, 1000, 3], largest: 1500).count == 8)
  }
}
