import Checkpoints
import Geometry
import MessagePassing

/// A column of the particles that a rank owns, `width` numbers for each, and what happens to all columns alike: they
/// grow, move with their particles, and are saved.
struct StoredColumn {
  enum Numbers {
    case integers(AlignedBuffer<Int64>)
    case smallIntegers(AlignedBuffer<Int32>)
    case reals(AlignedBuffer<Double>)
  }

  /// Names of columns in checkpoints.
  enum Name: String {
    case species, diameter, image, reference, position
  }

  let numbers: Numbers
  let width: Int
  /// Number of values that move with a particle to another rank. The others, and a column of which none moves, are
  /// computed from these when the particles have been sorted.
  let sent: Int
  /// Nil if the column is not saved.
  let name: Name?

  init(_ numbers: Numbers, width: Int = 1, sent: Int? = nil, as name: Name? = nil) {
    self.numbers = numbers
    self.width = width
    self.sent = sent ?? width
    self.name = name
  }

  init(_ field: ParticleField) { self.init(.reals(field.buffer), width: field.width) }

  /// Makes room for `count` particles and keeps the values of `kept`.
  func reserve(_ count: Int, keeping kept: Int) {
    switch numbers {
    case .integers(let buffer): buffer.reserve(count * width, keeping: kept * width)
    case .smallIntegers(let buffer): buffer.reserve(count * width, keeping: kept * width)
    case .reals(let buffer): buffer.reserve(count * width, keeping: kept * width)
    }
  }

  // MARK: Migration and sorting

  /// Writes the values of some particles into words: those of the k-th from `place` + k · `stride` on.
  func pack(_ particles: [Int], into words: inout [Int64], at place: Int, stride: Int) {
    switch numbers {
    case .integers(let buffer): buffer.pack(particles, width, sent, &words, place, stride)
    case .smallIntegers(let buffer): buffer.pack(particles, width, sent, &words, place, stride)
    case .reals(let buffer): buffer.pack(particles, width, sent, &words, place, stride)
    }
  }

  /// Reads the values of the particles from number `first` on, as ``pack(_:into:at:stride:)`` has written them.
  func unpack(_ words: [Int64], at place: Int, stride: Int, from first: Int) {
    switch numbers {
    case .integers(let buffer): buffer.unpack(words, width, sent, place, stride, first)
    case .smallIntegers(let buffer): buffer.unpack(words, width, sent, place, stride, first)
    case .reals(let buffer): buffer.unpack(words, width, sent, place, stride, first)
    }
  }

  /// Closes gaps: moves the ascending particles `staying` to the places from `first` on, none of which is behind them.
  func close(_ staying: [Int], from first: Int) {
    switch numbers {
    case .integers(let buffer): buffer.close(staying, width, first)
    case .smallIntegers(let buffer): buffer.close(staying, width, first)
    case .reals(let buffer): buffer.close(staying, width, first)
    }
  }

  /// Brings the particles into an order.
  func permute(_ order: [Int32]) {
    switch numbers {
    case .integers(let buffer): buffer.permute(order, width)
    case .smallIntegers(let buffer): buffer.permute(order, width)
    case .reals(let buffer): buffer.permute(order, width)
    }
  }

  // MARK: Checkpoints

  /// Saves the column of `count` particles in the order of identifiers. Collective.
  func save(_ count: Int, _ dimension: Int, in order: IdentifierBlocks, to checkpoint: Checkpoint, as owner: String)
    throws
  {
    guard let name else { return }
    let kept = min(width, dimension)
    let saved: Checkpoint.Numbers =
      switch numbers {
      case .integers(let buffer): .integers(try order.column(buffer.rows(count, width, kept), width: kept))
      case .smallIntegers(let buffer): .smallIntegers(try order.column(buffer.rows(count, width, kept), width: kept))
      case .reals(let buffer): .reals(try order.column(buffer.rows(count, width, kept), width: kept))
      }
    checkpoint.put(order.checkpointColumn(saved, width: kept), as: name.key(of: owner))
  }

  /// Restores a saved column. Collective.
  func restore(_ dimension: Int, in order: IdentifierBlocks, from checkpoint: Checkpoint, as owner: String) throws {
    guard let key = name?.key(of: owner) else { return }
    let kept = min(width, dimension)
    func values<Element: CheckpointElement & Numeric>() throws -> [Element] {
      try order.values(ofColumn: try checkpoint.rows(Element.self, of: key, order.rows), width: kept)
    }
    switch numbers {
    case .integers(let buffer): buffer.take(try values(), width, kept)
    case .smallIntegers(let buffer): buffer.take(try values(), width, kept)
    case .reals(let buffer): buffer.take(try values(), width, kept)
    }
  }
}

extension StoredColumn.Name {
  /// Whether a system is made from the column, so that it is not restored afterwards.
  var isDistributed: Bool { self != .position }

  /// Returns the name of the column of a system that is saved as `owner`.
  func key(of owner: String) -> String { owner + "/" + rawValue }
}

/// A number of a column, as a word of a message.
private protocol ColumnElement: BitwiseCopyable {
  init(word: Int64)
  var word: Int64 { get }
}

extension Int64: ColumnElement {
  fileprivate init(word: Int64) { self = word }
  fileprivate var word: Int64 { self }
}
extension Int32: ColumnElement {
  fileprivate init(word: Int64) { self.init(word) }
  fileprivate var word: Int64 { Int64(self) }
}
extension Double: ColumnElement {
  fileprivate init(word: Int64) { self.init(bitPattern: UInt64(bitPattern: word)) }
  fileprivate var word: Int64 { Int64(bitPattern: bitPattern) }
}

extension AlignedBuffer where Element: ColumnElement {
  fileprivate func pack(
    _ particles: [Int], _ width: Int, _ sent: Int, _ words: inout [Int64], _ place: Int, _ stride: Int
  ) {
    for (p, i) in particles.enumerated() {
      for k in 0..<sent { words[p * stride + place + k] = self[i * width + k].word }
    }
  }

  fileprivate func unpack(
    _ words: [Int64], _ width: Int, _ sent: Int, _ place: Int, _ stride: Int, _ first: Int
  ) {
    for p in 0..<(words.count / stride) {
      for k in 0..<sent { self[(first + p) * width + k] = Element(word: words[p * stride + place + k]) }
    }
  }

  fileprivate func close(_ staying: [Int], _ width: Int, _ first: Int) {
    for (p, i) in staying.enumerated() { for k in 0..<width { self[(first + p) * width + k] = self[i * width + k] } }
  }

  fileprivate func permute(_ order: [Int32], _ width: Int) {
    let scratch = AlignedBuffer(capacity: capacity)
    for (target, source) in order.enumerated() {
      for k in 0..<width { scratch[target * width + k] = self[Int(source) * width + k] }
    }
    swap(with: scratch)
  }

  fileprivate func take(_ rows: [Element], _ width: Int, _ kept: Int) {
    for i in 0..<(rows.count / kept) { for k in 0..<kept { self[i * width + k] = rows[i * kept + k] } }
  }

  fileprivate func rows(_ count: Int, _ width: Int, _ kept: Int) -> [Element] {
    var rows: [Element] = []
    rows.reserveCapacity(count * kept)
    for i in 0..<count { for k in 0..<kept { rows.append(self[i * width + k]) } }
    return rows
  }
}
