import Checkpoints
import MessagePassing

/// An HDF5 file of tables and series: a stress-strain curve with named columns, a series of events, arrays.
///
/// All calls are collective. Rows and series are numbers that all ranks hold, and the root writes them. The file is
/// flushed every few rows.
public final class TableFile {
  private let file: HDF5File
  private let rowsPerFlush: Int
  private var rowCounts: [String: Int] = [:]
  private var columnCounts: [String: Int] = [:]
  /// Column names of resumed tables, by dataset. An earlier build may have begun them
  /// with other columns than the schema.
  private var resumedColumns: [String: [String]] = [:]
  private var rowsSinceFlush = 0

  /// Creates the file; without a communicator, one process does all.
  /// - Parameter rowsPerFlush: the number of rows or events that a killed job may lose.
  /// - Throws: `.inputOutput` if the file cannot be written.
  public init(path: String, provenance: Provenance, rowsPerFlush: Int = 1, over communicator: Communicator?) throws {
    self.rowsPerFlush = rowsPerFlush
    file = try HDF5File(path, .create, over: communicator)
    try file.setAttribute("creator", of: "/", to: "athermal " + provenance.version)
    try provenance.write(to: file)
    try file.flush()
  }

  private struct State: Codable {
    var record: HDF5Record
    var rowCounts: [String: Int]
    var columnCounts: [String: Int]
  }

  /// Saves everything that is needed to continue the file. Collective.
  public func save(to checkpoint: Checkpoint, as name: String) throws {
    try checkpoint.put(State(record: try file.record(), rowCounts: rowCounts, columnCounts: columnCounts), as: name)
    try file.keep(in: checkpoint, as: name)
  }

  /// Continues the file from its state at the checkpoint. Collective.
  /// - Throws: an input failure if the file is missing or has been changed.
  public init(path: String, resuming checkpoint: Checkpoint, as name: String, rowsPerFlush: Int = 1) throws {
    let state = try checkpoint.value(State.self, of: name)
    self.rowsPerFlush = rowsPerFlush
    file = try HDF5File(resuming: path, checkpoint, as: name, state.record)
    rowCounts = state.rowCounts
    columnCounts = state.columnCounts
    for table in columnCounts.keys { resumedColumns[table] = try file.textAttribute("columns", of: table) ?? [] }
  }

  // MARK: Described outputs

  /// Creates the empty table or series of a schema, with the attributes `unit` and `about` of each quantity. So a run
  /// without records still has its datasets.
  public func create<Record>(_ schema: Schema<Record>) throws {
    let described = schema.written.map(\.description)
    guard schema.isTable else {
      try createSeries(schema.place, described.map { ($0.name, $0.row(dimension: schema.dimension)) })
      for column in described { try file.describe(schema.dataset(of: column), column) }
      return try file.flush()
    }
    let names = described.map { $0.names(dimension: schema.dimension) }
    try createTable(schema.place, columns: names.flatMap { $0 })
    let dataset = "/" + schema.place
    try file.setNames("unit", of: dataset, to: zip(described, names).flatMap { $1.map { [unit = $0.unit] _ in unit } })
    try file.setNames(
      "about", of: dataset, to: zip(described, names).flatMap { $1.map { [about = $0.about] _ in about } })
    try file.flush()
  }

  /// Appends a record to the table or series of a schema.
  public func append<Record>(_ record: Record, to schema: Schema<Record>) throws {
    let d = schema.dimension
    guard schema.isTable else {
      return try append(
        to: schema.place,
        try schema.written.map { column in
          try Observable(
            column.description.name, schema.numbers(of: record, in: column),
            shape: column.description.row(dimension: d))
        })
    }
    let numbers = try schema.written.flatMap { column in
      zip(column.description.names(dimension: d), try schema.numbers(of: record, in: column))
    }
    guard let known = resumedColumns["/" + schema.place] else {
      return try appendRow(to: schema.place, numbers.map { $0.1 })
    }
    let values = Dictionary(uniqueKeysWithValues: numbers)
    try appendRow(to: schema.place, known.map { values[$0] ?? .nan })
  }

  /// Creates a table that grows row by row, with the names of its columns as the attribute `columns`.
  public func createTable(_ name: String, columns: [String]) throws {
    let dataset = "/" + name
    try file.createDataset(dataset, of: Double.self, shape: [0, columns.count], growing: true)
    try file.setNames("columns", of: dataset, to: columns)
    rowCounts[dataset] = 0
    columnCounts[dataset] = columns.count
    try file.flush()
  }

  /// Appends a row to a table.
  public func appendRow(to name: String, _ values: [Double]) throws {
    let dataset = "/" + name
    guard let row = rowCounts[dataset], columnCounts[dataset] == values.count else {
      preconditionFailure("table \(name) has to be created with \(values.count) columns first")
    }
    try file.appendRow(values, to: dataset, index: row, shape: [values.count])
    rowCounts[dataset] = row + 1
    try flushIfDue()
  }

  /// Creates an empty series for each quantity, so that a run without events still has its datasets.
  /// `shapes` gives the shape of one entry.
  public func createSeries(_ group: String, _ shapes: [(name: String, shape: [Int])]) throws {
    for (name, shape) in shapes {
      let dataset = "/\(group)/\(name)"
      try file.createDataset(dataset, of: Double.self, shape: [0] + shape, growing: true)
      rowCounts[dataset] = 0
    }
    try file.flush()
  }

  /// Appends one entry to several series of a group. A series that does not exist yet is created.
  public func append(to group: String, _ entries: [Observable]) throws {
    for entry in entries {
      let dataset = "/\(group)/\(entry.name)"
      if rowCounts[dataset] == nil { try createSeries(group, [(entry.name, entry.shape)]) }
      let row = rowCounts[dataset]!
      try file.appendRow(entry.values, to: dataset, index: row, shape: entry.shape)
      rowCounts[dataset] = row + 1
    }
    try flushIfDue()
  }

  /// Writes the arrays of a result, with the attributes `unit` and `about`. Those that it lacks are left out.
  public func write<Result>(_ result: Result, of schema: Schema<Result>) throws { try file.write(result, of: schema) }

  /// Appends the arrays of a record, each as a row of a dataset of arrays that is created with the first record. Those
  /// that it lacks are left out; it lacks the same as the first.
  public func appendArrays<Record>(_ record: Record, of schema: Schema<Record>) throws {
    for column in schema.columns {
      guard case .array(let array as any FramedArray) = try column.value(record) else { continue }
      let dataset = schema.dataset(of: column.description)
      let row = rowCounts[dataset] ?? 0
      try array.append(to: file, as: dataset, row: row)
      if row == 0 { try file.describe(dataset, column.description) }
      rowCounts[dataset] = row + 1
    }
    try flushIfDue()
  }

  /// Writes an array without a description.
  public func write(_ array: some StoredArray, as name: String) throws {
    try array.write(to: file, as: "/" + name)
    try file.flush()
  }

  public func setAttribute(_ name: String, of object: String, to value: Double) throws {
    try file.setAttribute(name, of: "/" + object, to: value)
  }

  public func setAttribute(_ name: String, of object: String, to text: String) throws {
    try file.setAttribute(name, of: "/" + object, to: text)
  }

  private func flushIfDue() throws {
    rowsSinceFlush += 1
    if rowsSinceFlush >= rowsPerFlush { try flush() }
  }

  public func flush() throws {
    rowsSinceFlush = 0
    try file.flush()
  }

  public func close() throws { try file.seal() }
}
