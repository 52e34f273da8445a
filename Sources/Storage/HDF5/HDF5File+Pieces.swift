import MessagePassing

/// Reading of whole datasets of any size.
extension HDF5File {
  /// Reads a dataset of numbers or a text, some megabytes at a time. Several ranks share the pieces; a single
  /// rank reads them in order. Collective.
  func forEachPiece(of name: String, _ reader: inout some PieceReader) throws {
    switch try typeName(of: name) {
    case "float64": try forEachPiece(of: name, as: Double.self, &reader)
    case "int64": try forEachPiece(of: name, as: Int64.self, &reader)
    case "int32": try forEachPiece(of: name, as: Int32.self, &reader)
    case "uint8": try forEachPiece(of: name, as: UInt8.self, &reader)
    case let type where type.hasPrefix("string"):
      let text = try readText(name)
      if communicator?.isRoot ?? true { reader.take(Array(text.utf8), at: 0) }
    case let type: try agreed { throw failure("\(name) is of a kind that athermal does not write: \(type)") }
    }
  }

  /// Returns the shape of a dataset and the checksum of its content. Collective.
  func contentChecksum(of name: String) throws -> (shape: [Int], sum: Int64) {
    var reader = Checksumming()
    try forEachPiece(of: name, &reader)
    let sum = reader.checksum.sum
    return (try shape(of: name), Int64(bitPattern: try communicator?.reduce(sum, .sum) ?? sum))
  }

  /// Returns the contribution of one row to the checksum of a dataset. Each rank reads a share of the row. Collective.
  func rowChecksum(of name: String, _ row: Int, _ shape: [Int]) throws -> Int64 {
    let share = RowShares(shape[1], over: communicator).own
    let rest = Array(shape.dropFirst(2))
    var reader = Checksumming()
    func add<Element: HDF5Element>(_ type: Element.Type) throws {
      let values = try read(
        type, from: name, start: [row, share.lowerBound] + rest.map { _ in 0 }, count: [1, share.count] + rest)
      reader.take(values, at: (row * shape[1] + share.lowerBound) * rest.reduce(1, *))
    }
    switch try typeName(of: name) {
    case "float64": try add(Double.self)
    case "int64": try add(Int64.self)
    case "int32": try add(Int32.self)
    case let type: try agreed { throw failure("\(name) is of a kind that has no rows: \(type)") }
    }
    let sum = reader.checksum.sum
    return Int64(bitPattern: try communicator?.reduce(sum, .sum) ?? sum)
  }

  private struct Checksumming: PieceReader {
    var checksum = ContentChecksum()
    mutating func take<Element: HDF5Element>(_ values: [Element], at first: Int) {
      values.withUnsafeBufferPointer { checksum.add($0, at: first) }
    }
  }

  private func forEachPiece<Element: HDF5Element>(
    of name: String, as type: Element.Type, _ reader: inout some PieceReader
  ) throws {
    let size = communicator?.size ?? 1
    let (shape, total) = (try shape(of: name), try numberCount(of: name))
    try agreed {
      try withDataset(name) { try checkPlace(of: $0, name, bytes: (total * MemoryLayout<Element>.stride, false)) }
    }
    let share = total / size + 1
    let pieces = Pieces(of: shape, largest: max(1, min(share, (8 << 20) / MemoryLayout<Element>.stride)))
    let own = RowShares(pieces.count, over: communicator).own
    // Each read is collective, so every rank makes the same number of reads.
    for round in 0..<((pieces.count + size - 1) / size) {
      guard round < own.count else {
        _ = try read(type, from: name, start: shape.map { _ in 0 }, count: shape.map { _ in 0 })
        continue
      }
      let piece = pieces[own.lowerBound + round]
      reader.take(try read(type, from: name, start: piece.start, count: piece.count), at: piece.first)
    }
  }

  /// A dataset cut into blocks of contiguous numbers, along the first axis whose rows are small enough.
  struct Pieces {
    let count: Int
    private let shape: [Int]
    private let axis: Int
    private let rowSize: Int
    private let rows: Int
    private let perOuterRow: Int

    /// - Parameter largest: the largest number of elements of a piece.
    init(of shape: [Int], largest: Int) {
      self.shape = shape
      guard !shape.isEmpty else {
        (count, axis, rowSize, rows, perOuterRow) = (1, 0, 1, 1, 1)
        return
      }
      var axis = 0
      while axis < shape.count - 1, shape[(axis + 1)...].reduce(1, *) > largest { axis += 1 }
      self.axis = axis
      rowSize = shape[(axis + 1)...].reduce(1, *)
      rows = max(1, largest / max(1, rowSize))
      perOuterRow = (shape[axis] + rows - 1) / rows
      count = rowSize == 0 ? 0 : shape[..<axis].reduce(perOuterRow, *)
    }

    subscript(index: Int) -> (start: [Int], count: [Int], first: Int) {
      guard !shape.isEmpty else { return ([], [], 0) }
      var (outer, row) = (index / perOuterRow, index % perOuterRow * rows)
      var start = shape.map { _ in 0 }
      start[axis] = row
      row += outer * shape[axis]
      for k in stride(from: axis - 1, through: 0, by: -1) {
        start[k] = outer % shape[k]
        outer /= shape[k]
      }
      var count = shape
      for k in 0..<axis { count[k] = 1 }
      count[axis] = min(rows, shape[axis] - start[axis])
      return (start, count, row * rowSize)
    }
  }
}
