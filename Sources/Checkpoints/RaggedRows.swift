import MessagePassing

/// Rows of different lengths, held by the ranks in any order. A checkpoint stores them as two columns: the lengths, and
/// the numbers of all rows one after the other.
public struct RaggedRows {
  /// Names in checkpoints.
  private enum Key {
    static let lengths = "/lengths"
    static let numbers = "/numbers"
  }

  /// Rows of this rank, by row number.
  public let rows: [Int: [Double]]

  public init(_ rows: [Int: [Double]]) { self.rows = rows }

  /// Adds the rows to a checkpoint; rows that no rank has are stored empty. Collective.
  public func save(to checkpoint: Checkpoint, as name: String, totalRows: Int) throws {
    let communicator = checkpoint.communicator
    let numbers = rows.keys.sorted()
    let shares = RowShares(totalRows, over: communicator)
    let rowCounts = shares.sendOrder(of: numbers).counts
    var wordCounts = rowCounts.map { _ in 0 }
    for number in numbers { wordCounts[shares.owner(of: number)] += rows[number]!.count }
    let exchange = try Exchange(communicator, sendCounts: rowCounts)
    let arrived = try exchange.forward(numbers)
    let lengths = try exchange.forward(numbers.map { rows[$0]!.count })
    let words = try Exchange(communicator, sendCounts: wordCounts).forward(numbers.flatMap { rows[$0]! })

    let own = shares.own
    var lengthOf = [Int64](repeating: 0, count: own.count)
    var starts = [Int](repeating: 0, count: own.count)
    var start = 0
    for (row, length) in zip(arrived, lengths) {
      lengthOf[row - own.lowerBound] = Int64(length)
      starts[row - own.lowerBound] = start
      start += length
    }
    let ordered = own.indices.flatMap { row -> ArraySlice<Double> in
      let k = row - own.lowerBound
      return words[starts[k]..<(starts[k] + Int(lengthOf[k]))]
    }
    checkpoint.put(
      .init(.integers(lengthOf), width: 1, firstRow: own.lowerBound, totalRows: totalRows), as: name + Key.lengths)
    checkpoint.put(
      .init(
        .reals(ordered), width: 1, firstRow: try communicator.exclusiveSum(ordered.count),
        totalRows: try communicator.reduce(ordered.count, .sum)), as: name + Key.numbers)
  }

  /// Reads those of the `wanted` rows that were saved and are not empty. Collective.
  public init(resuming checkpoint: Checkpoint, as name: String, wanted: [Int]) throws {
    let communicator = checkpoint.communicator
    let totalRows = checkpoint.columns[name + Key.lengths]?.totalRows ?? 0
    let shares = RowShares(totalRows, over: communicator)
    let own = shares.own
    let lengths = try checkpoint.rows(Int64.self, of: name + Key.lengths, own).map(Int.init)
    let first = try communicator.exclusiveSum(lengths.reduce(0, +))
    let words = try checkpoint.rows(Double.self, of: name + Key.numbers, first..<(first + lengths.reduce(0, +)))
    var starts = [0]
    for length in lengths { starts.append(starts.last! + length) }

    // Each wanted row is requested from the rank that has read it.
    let asked = wanted.filter { (0..<totalRows).contains($0) }.sorted()
    let questions = try Exchange(communicator, sendCounts: shares.sendOrder(of: asked).counts)
    let requests = try questions.forward(asked)
    let answers = try questions.backward(requests.map { lengths[$0 - own.lowerBound] })
    var wordCounts = [Int](repeating: 0, count: communicator.size)
    var next = 0
    for rank in 0..<communicator.size {
      for row in requests[next..<(next + questions.receiveCounts[rank])] {
        wordCounts[rank] += lengths[row - own.lowerBound]
      }
      next += questions.receiveCounts[rank]
    }
    let received = try Exchange(communicator, sendCounts: wordCounts).forward(
      requests.flatMap { words[starts[$0 - own.lowerBound]..<starts[$0 - own.lowerBound + 1]] })
    var found: [Int: [Double]] = [:]
    var start = 0
    for (row, length) in zip(asked, answers) {
      if length > 0 { found[row] = Array(received[start..<(start + length)]) }
      start += length
    }
    rows = found
  }
}
