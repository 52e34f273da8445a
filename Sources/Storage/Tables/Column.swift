import Geometry

/// One quantity of a record or of a whole result: its name, unit and meaning, and the function that takes it from
/// there. It determines the dataset with its attributes, the key of the log line, and the row of the documentation.
public struct Column<Record>: Sendable {
  let description: ColumnDescription
  let value: @Sendable (Record) throws -> ColumnValue

  private init(
    _ name: String, _ shape: ColumnDescription.Shape, _ unit: String, _ about: String, _ places: ColumnPlaces,
    _ value: @escaping @Sendable (Record) throws -> ColumnValue
  ) {
    description = ColumnDescription(name: name, shape: shape, unit: unit, about: about, places: places)
    self.value = value
  }

  /// Defines a column of real numbers.
  public static func real(
    _ name: String, unit: String = "1", _ about: String, in places: ColumnPlaces = .all,
    _ value: @escaping @Sendable (Record) -> Double
  ) -> Column { Column(name, .number, unit, about, places) { .real(value($0)) } }

  /// Defines a column of whole numbers.
  public static func whole(
    _ name: String, unit: String = "1", _ about: String, in places: ColumnPlaces = .all,
    _ value: @escaping @Sendable (Record) -> Int
  ) -> Column { Column(name, .whole, unit, about, places) { .whole(value($0)) } }

  /// Defines a column of vectors, with one real number for each axis of space.
  public static func vector(
    _ name: String, unit: String = "1", _ about: String, in places: ColumnPlaces = .all,
    _ value: @escaping @Sendable (Record) -> Vector
  ) -> Column { Column(name, .vector, unit, about, places) { .vector(value($0)) } }

  /// Defines a column of matrices, stored row by row.
  public static func tensor(
    _ name: String, unit: String = "1", _ about: String, in places: ColumnPlaces = .all,
    _ value: @escaping @Sendable (Record) -> Tensor
  ) -> Column { Column(name, .tensor, unit, about, places) { .tensor(value($0)) } }

  /// Defines a column of lists of whole numbers; `count` is the same for all records.
  public static func wholes(
    _ name: String, count: Int, of what: String, unit: String = "1", _ about: String, in places: ColumnPlaces = .file,
    _ value: @escaping @Sendable (Record) -> [Int64]
  ) -> Column {
    Column(name, .list(count, of: what, whole: true), unit, about, places) { .wholes(value($0)) }
  }

  /// Defines a column of lists of real numbers; `count` is the same for all records.
  public static func reals(
    _ name: String, count: Int, of what: String, unit: String = "1", _ about: String, in places: ColumnPlaces = .file,
    _ value: @escaping @Sendable (Record) -> [Double]
  ) -> Column { Column(name, .list(count, of: what, whole: false), unit, about, places) { .reals(value($0)) } }

  /// Defines an array of a result, of which there is one. A result that lacks it gives nil.
  /// - Parameter extent: the shape in words, such as "[N, d]", with the type unless it is float64.
  public static func array(
    _ name: String, _ extent: String, unit: String = "1", _ about: String,
    _ value: @escaping @Sendable (Record) throws -> (any StoredArray)?
  ) -> Column { Column(name, .array(extent), unit, about, .file) { .array(try value($0)) } }

  /// Defines a column of words, which is written to the log only.
  public static func word(_ name: String, _ about: String, _ value: @escaping @Sendable (Record) -> String) -> Column {
    Column(name, .word, "", about, .log) { .word(value($0)) }
  }
}

/// The places where a quantity is written.
public struct ColumnPlaces: OptionSet, Sendable {
  public let rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }

  public static let file = ColumnPlaces(rawValue: 1)
  public static let log = ColumnPlaces(rawValue: 2)
  public static let all: ColumnPlaces = [.file, .log]
}

/// The description of a quantity, independent of the type of the record.
public struct ColumnDescription: Sendable, Equatable {
  enum Shape: Sendable, Equatable {
    case number, whole, vector, tensor, word
    case list(Int, of: String, whole: Bool)
    /// An array of its own shape, in words.
    case array(String)
  }

  public let name: String
  let shape: Shape
  public let unit: String
  public let about: String
  let places: ColumnPlaces

  /// Returns the shape of one entry in `d` dimensions.
  func row(dimension d: Int) -> [Int] {
    switch shape {
    case .number, .whole, .word, .array: []
    case .vector: [d]
    case .tensor: [d, d]
    case .list(let count, _, _): [count]
    }
  }

  /// Whether files store the numbers as 64-bit integers.
  var isWhole: Bool {
    switch shape {
    case .whole: true
    case .list(_, _, let isWhole): isWhole
    default: false
    }
  }

  /// Returns the names of the numbers of one entry as columns of a table.
  func names(dimension d: Int) -> [String] {
    let axes = ["x", "y", "z"].prefix(d)
    switch shape {
    case .number, .whole, .word, .array: return [name]
    case .vector: return axes.map { "\(name)_\($0)" }
    case .tensor: return axes.flatMap { a in axes.map { b in "\(name)_\(a)\(b)" } }
    case .list(let count, _, _): return (0..<count).map { "\(name)_\($0)" }
    }
  }

  /// Returns the shape of the dataset in words: d for the dimension, `letter` for the number of records.
  func extent(of letter: String) -> String {
    switch shape {
    case .number, .word: "[\(letter)]"
    case .whole: "[\(letter)], int64"
    case .vector: "[\(letter), d]"
    case .tensor: "[\(letter), d, d]"
    case .array(let extent): extent
    case .list(_, let what, let isWhole): "[\(letter), \(what)]" + (isWhole ? ", int64" : "")
    }
  }

  /// The number of columns in a table, in words.
  var count: String {
    switch shape {
    case .number, .whole, .word, .array: "1"
    case .vector: "d"
    case .tensor: "d²"
    case .list(_, let what, _): what
    }
  }
}

/// The numbers or the word of one quantity of one record, or an array of a result.
enum ColumnValue {
  case real(Double)
  case whole(Int)
  case reals([Double])
  case wholes([Int64])
  case vector(Vector)
  case tensor(Tensor)
  case word(String)
  case array((any StoredArray)?)

  /// Appends the numbers, as files of real numbers store them.
  func append(to numbers: inout [Double], dimension d: Int) {
    switch self {
    case .real(let value): numbers.append(value)
    case .whole(let value): numbers.append(Double(value))
    case .reals(let values): numbers += values
    case .wholes(let values): numbers += values.map(Double.init)
    case .vector(let vector): for k in 0..<d { numbers.append(vector[k]) }
    case .tensor(let tensor): for row in tensor.block(d) { numbers += row }
    case .word, .array: break
    }
  }

  /// Appends the whole numbers; nothing for other kinds.
  func append(to numbers: inout [Int64]) {
    switch self {
    case .whole(let value): numbers.append(Int64(value))
    case .wholes(let values): numbers += values
    default: break
    }
  }
}
