/// Rows 0 … count − 1 dealt to P ranks in contiguous shares: rank r holds the rows from count·r/P up to count·(r+1)/P.
///
/// All data that the ranks share evenly by number are cut like this: particles by identifier, rows of files, blocks of
/// a grid. Only the planes of a lattice are not: those are cut as FFTW does it (`Slab`).
public struct RowShares: Sendable {
  public let count: Int
  public let ranks: Int
  /// The rows of this rank.
  public let own: Range<Int>

  /// - Parameter communicator: nil where one process works alone.
  public init(_ count: Int, over communicator: Communicator?) {
    self.init(count, ranks: communicator?.size ?? 1, rank: communicator?.rank ?? 0)
  }

  init(_ count: Int, ranks: Int, rank: Int) {
    self.count = count
    self.ranks = ranks
    own = Self.rows(of: rank, count, ranks)
  }

  private static func rows(of rank: Int, _ count: Int, _ ranks: Int) -> Range<Int> {
    (count * rank / ranks)..<(count * (rank + 1) / ranks)
  }

  /// Returns the rows of a rank.
  public func rows(of rank: Int) -> Range<Int> { Self.rows(of: rank, count, ranks) }

  /// Returns the rank that holds a row.
  public func owner(of row: Int) -> Int { ((row + 1) * ranks - 1) / count }

  /// Puts things that belong to rows into the order of an ``Exchange``.
  /// - Parameter rows: the row of each of them.
  /// - Returns: how many go to each rank, and their numbers in the order in which they are sent: by rank, those of one
  ///   rank as they were given.
  public func sendOrder(of rows: some Collection<Int>) -> (counts: [Int], order: [Int]) {
    var counts = [Int](repeating: 0, count: ranks)
    for row in rows { counts[owner(of: row)] += 1 }
    var next = [Int](repeating: 0, count: ranks)
    for rank in 1..<max(1, ranks) { next[rank] = next[rank - 1] + counts[rank - 1] }
    var order = [Int](repeating: 0, count: rows.count)
    for (k, row) in rows.enumerated() {
      let rank = owner(of: row)
      order[next[rank]] = k
      next[rank] += 1
    }
    return (counts, order)
  }
}
