import TestSupport
import Testing

@testable import MessagePassing

/// Rows dealt to ranks. All numbers are integers, so nothing has a tolerance.
@Suite struct RowSharesTests {
  private func shares(_ count: Int, _ ranks: Int) -> RowShares { RowShares(count, ranks: ranks, rank: 0) }

  /// Every row has one owner, the shares follow each other, and none has more than one row more than another.
  @Test(arguments: [0, 1, 2, 7, 60, 1001], [1, 2, 3, 7, 64])
  func sharesAreEvenAndComplete(count: Int, ranks: Int) {
    let shares = shares(count, ranks)
    var next = 0
    for rank in 0..<ranks {
      let rows = shares.rows(of: rank)
      #expect(rows == RowShares(count, ranks: ranks, rank: rank).own)
      #expect(rows.lowerBound == next && (count / ranks...(count + ranks - 1) / ranks).contains(rows.count))
      #expect(rows.allSatisfy { shares.owner(of: $0) == rank })
      next = rows.upperBound
    }
    #expect(next == count)
  }

  /// Products of rows and ranks stay within 64 bits where both are as large as they get.
  @Test func largeNumbers() {
    let shares = shares(1 << 40, 100_003)
    for rank in [0, 1, 50_000, 100_002] {
      let rows = shares.rows(of: rank)
      #expect(shares.owner(of: rows.lowerBound) == rank && shares.owner(of: rows.upperBound - 1) == rank)
    }
  }

  /// Against a stable sort by owner.
  @Test(arguments: [1, 2, 3, 7]) func sendOrderIsSortedByOwner(ranks: Int) {
    var generator = Generator(seed: 5)
    let shares = shares(40, ranks)
    let rows = (0..<300).map { _ in Int.random(in: 0..<40, using: &generator) }
    let (counts, order) = shares.sendOrder(of: rows)
    #expect(order == rows.indices.sorted { (shares.owner(of: rows[$0]), $0) < (shares.owner(of: rows[$1]), $1) })
    #expect(counts == (0..<ranks).map { rank in rows.count { shares.owner(of: $0) == rank } })
    #expect(shares.sendOrder(of: []).counts == counts.map { _ in 0 })
  }

  @Test func oneProcess() {
    #expect(RowShares(5, over: nil).own == 0..<5)
  }
}
