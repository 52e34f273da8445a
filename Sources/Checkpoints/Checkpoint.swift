import Foundation
import MessagePassing

/// All that a computation needs to be continued with the same bits, in memory: values that every rank knows alike,
/// columns whose rows are spread over the ranks, and files that belong to them.
///
/// The content does not depend on the number of ranks: rows have an order of their own (identifiers of particles, sites
/// of a lattice), and each rank holds some that follow one another.
public final class Checkpoint {
  /// `width` numbers for each of `totalRows` rows; this rank holds those from `firstRow` on.
  public struct Column: Sendable {
    public let width: Int
    public let firstRow: Int
    public let totalRows: Int
    public let numbers: Numbers

    public init(_ numbers: Numbers, width: Int, firstRow: Int, totalRows: Int) {
      self.numbers = numbers
      self.width = width
      self.firstRow = firstRow
      self.totalRows = totalRows
    }

    /// Rows of this rank.
    public var rows: Range<Int> { firstRow..<(firstRow + numbers.count / max(1, width)) }
  }

  public enum Numbers: Sendable {
    case reals([Double])
    case integers([Int64])
    case smallIntegers([Int32])

    public var count: Int {
      switch self {
      case .reals(let values): values.count
      case .integers(let values): values.count
      case .smallIntegers(let values): values.count
      }
    }
  }

  public let communicator: Communicator
  /// Encoded values by name.
  public private(set) var values: [String: Data] = [:]
  public private(set) var columns: [String: Column] = [:]
  /// Files to keep, by name.
  public private(set) var attachments: [String: Attachment] = [:]
  /// Paths of the files that were kept, of a checkpoint that was read.
  public let files: [String: String]

  /// An empty one.
  public init(over communicator: Communicator) {
    self.communicator = communicator
    files = [:]
  }

  /// What was read from a disk, encoded.
  public init(
    values: [String: Data], columns: [String: Column], files: [String: String], over communicator: Communicator
  ) {
    self.communicator = communicator
    self.values = values
    self.columns = columns
    self.files = files
  }

  // MARK: Values

  /// Keeps a value that all ranks hold alike. JSON has the shortest digits that give each real back with all its bits;
  /// of what is not a number only that is kept.
  public func put<Value: Encodable>(_ value: Value, as name: String) throws {
    precondition(values[name] == nil, "\(name) is kept twice")
    let encoder = JSONEncoder()
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    encoder.outputFormatting = .sortedKeys
    values[name] = try encoder.encode([value])
  }

  public func holds(_ name: String) -> Bool { values[name] != nil }

  /// - Throws: an input failure where there is no such value, or one of another kind: the same on all ranks.
  public func value<Value: Decodable>(_ type: Value.Type, of name: String) throws -> Value {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard let data = values[name], let list = try? decoder.decode([Value].self, from: data),
      let value = list.first
    else { throw Failure.everywhere(.input, "the checkpoint has no '\(name)' that this version can continue from") }
    return value
  }

  // MARK: Columns

  public func put(_ column: Column, as name: String) {
    precondition(columns[name] == nil, "\(name) is kept twice")
    columns[name] = column
  }

  /// The given rows of a column, whichever ranks hold them; ranks may ask for different rows. Collective.
  /// - Throws: an input failure where there is no such column.
  public func rows<Element: CheckpointElement>(_ type: Element.Type, of name: String, _ wanted: Range<Int>) throws
    -> [Element]
  {
    guard let column = columns[name], let held = Element.numbers(in: column.numbers) else {
      throw Failure.everywhere(.input, "the checkpoint has no column '\(name)' that this version can continue from")
    }
    let wants = (try communicator.gather(wanted.lowerBound), try communicator.gather(wanted.upperBound))
    let width = column.width
    var counts = [Int](repeating: 0, count: communicator.size)
    var outgoing: [Element] = []
    for rank in 0..<communicator.size {
      let part = column.rows.clamped(to: wants.0[rank]..<wants.1[rank])
      if part.isEmpty { continue }
      counts[rank] = part.count
      outgoing += held[((part.lowerBound - column.firstRow) * width)..<((part.upperBound - column.firstRow) * width)]
    }
    let arrived = try Exchange(communicator, sendCounts: counts).forward(outgoing, width: width)
    try communicator.coordinated {
      guard arrived.count == wanted.count * width else {
        throw Failure(
          .input, "the checkpoint has \(column.totalRows) rows of '\(name)', not those up to \(wanted.upperBound)")
      }
    }
    return arrived
  }

  // MARK: Files

  /// A file that goes on after the checkpoint.
  public struct Attachment: Sendable {
    public let path: String
    /// Its bytes that may be written again, ascending, as the root knows them; all others stay as they are, and more
    /// may follow.
    public let parts: [Range<Int>]
    /// In bytes, as the root knows it.
    public let length: Int
  }

  /// Keeps what is needed to bring a file back to what it is now.
  public func attach(_ path: String, parts: [Range<Int>], length: Int, as name: String) {
    attachments[name] = Attachment(path: path, parts: parts, length: length)
  }
}

/// A number that a column may consist of.
public protocol CheckpointElement: MessageElement {
  static func numbers(in numbers: Checkpoint.Numbers) -> [Self]?
}

extension Double: CheckpointElement {
  public static func numbers(in numbers: Checkpoint.Numbers) -> [Double]? {
    if case .reals(let values) = numbers { values } else { nil }
  }
}
extension Int64: CheckpointElement {
  public static func numbers(in numbers: Checkpoint.Numbers) -> [Int64]? {
    if case .integers(let values) = numbers { values } else { nil }
  }
}
extension Int32: CheckpointElement {
  public static func numbers(in numbers: Checkpoint.Numbers) -> [Int32]? {
    if case .smallIntegers(let values) = numbers { values } else { nil }
  }
}
