/// The datasets of an output. It grows record by record, as one table with named columns or a series for each quantity,
/// or it holds the arrays of one result.
public struct Schema<Record>: Sendable {
  /// Name of the dataset of a table, or of the group of the other datasets, without a leading slash.
  public let place: String
  public let isTable: Bool
  let columns: [Column<Record>]
  let dimension: Int

  /// Defines a dataset with named columns and a row of real numbers for each record.
  public static func table(_ place: String, dimension: Int, _ columns: [Column<Record>]) -> Schema {
    Schema(place: place, isTable: true, columns: columns, dimension: dimension)
  }

  /// Defines a dataset for each quantity, with an entry for each record.
  public static func series(_ place: String, dimension: Int, _ columns: [Column<Record>]) -> Schema {
    Schema(place: place, isTable: false, columns: columns, dimension: dimension)
  }

  /// Defines a dataset for each array of a result.
  public static func arrays(in place: String = "", _ columns: [Column<Record>]) -> Schema {
    Schema(place: place, isTable: false, columns: columns, dimension: 0)
  }

  /// Returns the name of the dataset of a quantity.
  func dataset(of column: ColumnDescription) -> String { (place.isEmpty ? "/" : "/\(place)/") + column.name }

  /// The columns that are written to files.
  var written: [Column<Record>] { columns.filter { $0.description.places.contains(.file) } }

  /// Number of numbers that a record has in the file; arrays of their own shape count as one.
  public var numbersPerRecord: Int {
    written.reduce(0) { $0 + $1.description.row(dimension: dimension).reduce(1, *) }
  }

  public var description: SchemaDescription {
    SchemaDescription(place: place, isTable: isTable, columns: columns.map(\.description))
  }

  /// Returns the numbers of a record in one column, as files of real numbers store them.
  func numbers(of record: Record, in column: Column<Record>) throws -> [Double] {
    var numbers: [Double] = []
    try column.value(record).append(to: &numbers, dimension: dimension)
    return numbers
  }

  /// Returns the line of a record in the log.
  public func line(_ record: Record, with words: [String: String] = [:]) -> some Encodable {
    LogLine(columns: columns.filter { $0.description.places.contains(.log) }, record: record, words, dimension)
  }
}

/// The description of an output, independent of the type of its records.
public struct SchemaDescription: Sendable, Equatable {
  public let place: String
  public let isTable: Bool
  public let columns: [ColumnDescription]

  /// Returns the table of the columns for the documentation, as Markdown.
  /// - Parameter letter: the number of records; empty for arrays.
  public func markdown(rows letter: String) -> String {
    let isLogged = columns.contains { $0.places.contains(.log) }
    var lines = [
      "| \(isTable ? "columns" : "dataset") | \(isTable ? "how many" : "shape") | unit | holds |"
        + (isLogged ? " log |" : "")
    ]
    lines.append("|---|---|---|---|" + (isLogged ? "---|" : ""))
    for column in columns {
      let isWritten = column.places.contains(.file)
      let extent = isTable ? column.count : column.extent(of: letter)
      lines.append(
        "| `\(column.name)` | \(isWritten ? extent : "") | \(column.unit) | \(column.about) |"
          + (isLogged ? " \(column.places.contains(.log) ? "yes" : "") |" : ""))
    }
    return lines.joined(separator: "\n")
  }
}

/// A record as a JSON object.
private struct LogLine<Record>: Encodable {
  let columns: [Column<Record>]
  let record: Record
  let words: [String: String]
  let dimension: Int

  init(columns: [Column<Record>], record: Record, _ words: [String: String], _ dimension: Int) {
    self.columns = columns
    self.record = record
    self.words = words
    self.dimension = dimension
  }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    for (key, word) in words { try container.encode(word, forKey: Key(stringValue: key)) }
    for column in columns {
      let key = Key(stringValue: column.description.name)
      switch try column.value(record) {
      case .real(let value): try container.encode(value, forKey: key)
      case .whole(let value): try container.encode(value, forKey: key)
      case .reals(let values): try container.encode(values, forKey: key)
      case .wholes(let values): try container.encode(values, forKey: key)
      case .vector(let vector): try container.encode((0..<dimension).map { vector[$0] }, forKey: key)
      case .tensor(let tensor): try container.encode(tensor.block(dimension), forKey: key)
      case .word(let word): try container.encode(word, forKey: key)
      case .array: break
      }
    }
  }
}
