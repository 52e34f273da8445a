import Foundation
import MessagePassing

/// Everything that a computation needs to resume with the same bits, held in memory: values that are the same on every
/// rank, columns whose rows are spread over the ranks, and the output files that belong to them.
///
/// The content does not depend on the number of ranks. Rows are in an order of their own (identifiers of particles,
/// sites of a lattice), and each rank holds a contiguous range of them.
public final class Checkpoint {
  /// A table of `totalRows` × `width` numbers, row by row; this rank holds the rows from `firstRow` on.
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

    /// Row numbers that this rank holds.
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
  /// JSON-encoded values by name.
  public private(set) var values: [String: Data] = [:]
  public private(set) var columns: [String: Column] = [:]
  /// Output files that the checkpoint has to be able to roll back, by name.
  public private(set) var attachments: [String: Attachment] = [:]
  /// Paths of the kept copies of output files, by name, if this checkpoint was read from disk; empty otherwise.
  public let files: [String: String]

  /// Creates an empty checkpoint.
  public init(over communicator: Communicator) {
    self.communicator = communicator
    files = [:]
  }

  /// Creates a checkpoint from the content that was read from disk, with its values still encoded.
  public init(
    values: [String: Data], columns: [String: Column], files: [String: String], over communicator: Communicator
  ) {
    self.communicator = communicator
    self.values = values
    self.columns = columns
    self.files = files
  }

  // MARK: Values

  /// Stores a value that is the same on all ranks.
  ///
  /// JSON keeps every finite Double exactly (shortest round-trip digits). Infinities keep their
  /// sign; a NaN keeps no payload.
  public func put<Value: Encodable>(_ value: Value, as name: String) throws {
    precondition(values[name] == nil, "\(name) is stored twice")
    values[name] = try JSONCoding.encoder.encode([value])
  }

  public func holds(_ name: String) -> Bool { values[name] != nil }

  /// Decodes the value stored under `name`.
  /// - Throws: an input failure, the same on all ranks, if no such value is stored or it has another type.
  public func value<Value: Decodable>(_ type: Value.Type, of name: String) throws -> Value {
    guard let data = values[name], let list = try? JSONCoding.decoder.decode([Value].self, from: data),
      let value = list.first
    else { throw Failure.everywhere(.input, "the checkpoint has no '\(name)' that this version can resume from") }
    return value
  }

  // MARK: Columns

  public func put(_ column: Column, as name: String) {
    precondition(columns[name] == nil, "\(name) is stored twice")
    columns[name] = column
  }

  /// Returns the requested rows of a column, whichever ranks hold them; ranks may request different rows. Collective.
  /// - Throws: an input failure if there is no such column or it lacks some of the rows.
  public func rows<Element: CheckpointElement>(_ type: Element.Type, of name: String, _ wanted: Range<Int>) throws
    -> [Element]
  {
    guard let column = columns[name], let held = Element.numbers(in: column.numbers) else {
      throw Failure.everywhere(.input, "the checkpoint has no column '\(name)' that this version can resume from")
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

  /// An output file that the run continues to write after the checkpoint.
  public struct Attachment: Sendable {
    public let path: String
    /// Byte ranges that may be overwritten later, ascending, known on the root only. All other bytes up to `length`
    /// stay as they are; bytes after it may be added.
    public let parts: [Range<Int>]
    /// Length of the file in bytes, known on the root only.
    public let length: Int
  }

  /// Registers a file, so that it can be restored to its present content.
  public func attach(_ path: String, parts: [Range<Int>], length: Int, as name: String) {
    attachments[name] = Attachment(path: path, parts: parts, length: length)
  }
}

/// An element type that a column can store.
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
