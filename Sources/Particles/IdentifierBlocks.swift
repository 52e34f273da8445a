import MessagePassing

/// The order of particles in files: by identifier, in the contiguous blocks of ``RowShares``.
///
/// It is made from the identifiers that each rank owns, in any distribution. Then any number of columns can be moved
/// into the blocks and back.
public struct IdentifierBlocks {
  /// Reason why the identifiers are not the numbers 1 … N, each once.
  public enum Problem: Equatable, Sendable {
    case outOfRange(Int64)
    case duplicate(Int64)
    case missing(Int64)
  }

  /// Row k holds identifier k + 1.
  private let shares: RowShares
  public var totalCount: Int { shares.count }
  /// Rows of this rank.
  public var rows: Range<Int> { shares.own }
  private let exchange: Exchange
  /// Local numbers of this rank's particles, in the order in which they are sent.
  private let sendOrder: [Int]
  /// Row of each received particle, counted from the first row of this block.
  private let place: [Int]

  /// Creates the blocks and verifies the identifiers. Collective.
  /// - Throws: a failure of the given kind, on all ranks, that names the first identifier that is missing, occurs
  ///   twice or lies outside 1 … N.
  public init(
    ids: [Int64], totalCount: Int, over communicator: Communicator, kind: Failure.Kind = .physics
  ) throws {
    let (blocks, problem) = try Self.arrange(ids: ids, totalCount: totalCount, over: communicator)
    try communicator.coordinated {
      switch problem {
      case .outOfRange(let id): throw Failure(kind, "particle id \(id) is outside 1 … \(totalCount)")
      case .duplicate(let id): throw Failure(kind, "particle id \(id) occurs more than once")
      case .missing(let id): throw Failure(kind, "particle id \(id) of 1 … \(totalCount) is missing")
      case nil: break
      }
    }
    self = blocks!
  }

  /// Returns the blocks if the identifiers are valid, or else the first problem, the same on all ranks. Collective.
  public static func arrange(
    ids: [Int64], totalCount: Int, over communicator: Communicator
  ) throws -> (IdentifierBlocks?, Problem?) {
    let none = Int64.max
    // Any number can be out of range, so no number can mean that there is none: count first.
    let strays = ids.filter { $0 < 1 || $0 > totalCount }
    if try communicator.reduce(strays.count, .sum) > 0 {
      return (nil, .outOfRange(try communicator.reduce(strays.min() ?? none, .minimum)))
    }
    let shares = RowShares(totalCount, over: communicator)
    let (counts, order) = shares.sendOrder(of: ids.lazy.map { Int($0) - 1 })
    if let duplicate = try repeatedIdentifier(ids, counts, shares, communicator) { return (nil, .duplicate(duplicate)) }
    let exchange = try Exchange(communicator, sendCounts: counts)
    let place = try exchange.forward(order.map { ids[$0] }).map { Int($0) - 1 - shares.own.lowerBound }
    let blocks = IdentifierBlocks(shares: shares, exchange: exchange, sendOrder: order, place: place)
    var occurrences = [UInt8](repeating: 0, count: blocks.rows.count)
    for row in blocks.place { occurrences[row] = min(2, occurrences[row] + 1) }
    func first(_ test: (UInt8) -> Bool) -> Int64 {
      occurrences.firstIndex(where: test).map { Int64(blocks.rows.lowerBound + $0 + 1) } ?? none
    }
    var firsts = [first { $0 > 1 }, first { $0 == 0 }]
    try communicator.reduce(&firsts, .minimum)
    if firsts[0] != none { return (nil, .duplicate(firsts[0])) }
    if firsts[1] != none { return (nil, .missing(firsts[1])) }
    return (blocks, nil)
  }

  /// Returns an identifier that occurs twice in a block with more particles than rows, or
  /// nil if there is no such block.
  ///
  /// It is found by halving a range that holds more particles than identifiers, without moving any particle: bad input
  /// could otherwise send everything to one rank.
  private static func repeatedIdentifier(
    _ ids: [Int64], _ own: [Int], _ shares: RowShares, _ communicator: Communicator
  ) throws -> Int64? {
    var counts = own
    try communicator.reduce(&counts, .sum)
    guard let crowded = counts.indices.first(where: { counts[$0] > shares.rows(of: $0).count }) else { return nil }
    let block = shares.rows(of: crowded)
    var range = Int64(block.lowerBound + 1)...Int64(block.upperBound)
    while range.lowerBound < range.upperBound {
      let lower = range.lowerBound...(range.lowerBound + (range.upperBound - range.lowerBound) / 2)
      let inside = try communicator.reduce(ids.count { lower.contains($0) }, .sum)
      range = inside > lower.count ? lower : (lower.upperBound + 1)...range.upperBound
    }
    return range.lowerBound
  }

  private init(shares: RowShares, exchange: Exchange, sendOrder: [Int], place: [Int]) {
    self.shares = shares
    self.exchange = exchange
    self.sendOrder = sendOrder
    self.place = place
  }

  /// Moves a column into the order of identifiers: `width` numbers for each row of this rank. Collective.
  public func column<Element: MessageElement & Numeric>(_ values: [Element], width: Int = 1) throws -> [Element] {
    precondition(values.count == sendOrder.count * width, "a column has width numbers per particle")
    var outgoing: [Element] = []
    outgoing.reserveCapacity(values.count)
    for k in sendOrder { outgoing.append(contentsOf: values[(k * width)..<((k + 1) * width)]) }
    let incoming = try exchange.forward(outgoing, width: width)
    var column = [Element](repeating: .zero, count: rows.count * width)
    for (k, row) in place.enumerated() {
      for c in 0..<width { column[row * width + c] = incoming[k * width + c] }
    }
    return column
  }

  /// Moves a column from the blocks back to the owners: `width` numbers for each particle of this rank, in the order of
  /// the identifiers given at the start. Collective.
  public func values<Element: MessageElement & Numeric>(ofColumn column: [Element], width: Int = 1) throws -> [Element]
  {
    precondition(column.count == rows.count * width, "a column has width numbers per row")
    var outgoing: [Element] = []
    outgoing.reserveCapacity(place.count * width)
    for row in place { outgoing.append(contentsOf: column[(row * width)..<((row + 1) * width)]) }
    let incoming = try exchange.backward(outgoing, width: width)
    var values = [Element](repeating: .zero, count: sendOrder.count * width)
    for (k, particle) in sendOrder.enumerated() {
      for c in 0..<width { values[particle * width + c] = incoming[k * width + c] }
    }
    return values
  }
}
