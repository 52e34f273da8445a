import Checkpoints
import Foundation
import MessagePassing

/// An HDF5 file about a lattice that is cut into slabs of planes: columns that grow row by row, and
/// fields with a number per site. It is written under another name and renamed when it is closed, so a
/// file with the final name is complete.
///
/// All calls are collective.
public final class LatticeFile {
  private let file: HDF5File
  private let path: String
  private let communicator: Communicator
  private var rowCounts: [String: Int] = [:]
  private var rowShapes: [String: [Int]] = [:]

  /// Creates the file.
  /// - Throws: `.inputOutput` if the file cannot be written.
  public init(path: String, provenance: Provenance, over communicator: Communicator) throws {
    self.path = path
    self.communicator = communicator
    file = try HDF5File(FinishedFile.unfinished(path), .create, over: communicator)
    try file.setAttribute("creator", of: "/", to: "athermal " + provenance.version)
    try provenance.write(to: file)
    try file.flush()
  }

  private struct State: Codable {
    var record: HDF5Record
    var rowCounts: [String: Int]
    var rowShapes: [String: [Int]]
  }

  /// Saves everything that is needed to continue the file. Collective.
  public func save(to checkpoint: Checkpoint, as name: String) throws {
    try checkpoint.put(State(record: try file.record(), rowCounts: rowCounts, rowShapes: rowShapes), as: name)
    try file.keep(in: checkpoint, as: name)
  }

  /// Continues the file from its state at the checkpoint. Collective.
  /// - Throws: an input failure if the file is missing or has been changed.
  public init(path: String, resuming checkpoint: Checkpoint, as name: String) throws {
    let state = try checkpoint.value(State.self, of: name)
    self.path = path
    let (communicator, unfinished) = (checkpoint.communicator, FinishedFile.unfinished(path))
    self.communicator = communicator
    // A run that was killed right at its end has already given the file its final name.
    try communicator.coordinated {
      if communicator.isRoot, access(unfinished, F_OK) != 0, access(path, F_OK) == 0 {
        guard rename(path, unfinished) == 0 else { throw FileRange.failure(path) }
      }
    }
    file = try HDF5File(resuming: unfinished, checkpoint, as: name, state.record)
    rowCounts = state.rowCounts
    rowShapes = state.rowShapes
  }

  /// Creates an empty column. `row` is the shape of one entry, empty for a number.
  public func createColumn<Element: HDF5Element>(_ name: String, of type: Element.Type, row: [Int] = []) throws {
    try file.createDataset("/" + name, of: type, shape: [0] + row, growing: true)
    rowCounts[name] = 0
    rowShapes[name] = row
  }

  /// Creates the empty columns of a schema, with the attributes `unit` and `about` of each quantity.
  public func create<Record>(_ schema: Schema<Record>) throws {
    for column in schema.written.map(\.description) {
      let name = "\(schema.place)/\(column.name)"
      let row = column.row(dimension: schema.dimension)
      if column.isWhole {
        try createColumn(name, of: Int64.self, row: row)
      } else {
        try createColumn(name, of: Double.self, row: row)
      }
      try file.describe("/" + name, column)
    }
  }

  /// Appends records to the columns of a schema.
  public func append<Record>(_ records: [Record], to schema: Schema<Record>) throws {
    for column in schema.written {
      let name = "\(schema.place)/\(column.description.name)"
      if column.description.isWhole {
        var numbers: [Int64] = []
        for record in records { try column.value(record).append(to: &numbers) }
        try append(numbers, to: name)
      } else {
        var numbers: [Double] = []
        for record in records { try column.value(record).append(to: &numbers, dimension: schema.dimension) }
        try append(numbers, to: name)
      }
    }
  }

  /// Appends entries that all ranks hold to a column.
  public func append<Element: HDF5Element>(_ values: [Element], to name: String) throws {
    guard let known = rowCounts[name], let row = rowShapes[name] else {
      preconditionFailure("there is no column \(name)")
    }
    let size = row.reduce(1, *)
    guard !values.isEmpty else { return }
    precondition(values.count % size == 0)
    let rows = values.count / size
    try file.extend("/" + name, to: known + rows)
    let isWriter = communicator.isRoot
    try file.write(
      isWriter ? values : [], to: "/" + name, start: [known] + row.map { _ in 0 }, count: [isWriter ? rows : 0] + row)
    rowCounts[name] = known + rows
  }

  /// Writes the arrays of a result, with the attributes `unit` and `about`.
  public func write<Result>(_ result: Result, of schema: Schema<Result>) throws { try file.write(result, of: schema) }

  /// Appends the fields of a state, each to a column of fields that is created with the first one.
  public func appendFields<State>(_ state: State, to schema: Schema<State>) throws {
    for column in schema.columns {
      guard case .array(let field as any FramedArray) = try column.value(state) else { continue }
      let name = "\(schema.place)/\(column.description.name)"
      let known = rowCounts[name] ?? 0
      try field.append(to: file, as: "/" + name, row: known)
      if known == 0 { try file.describe("/" + name, column.description) }
      (rowCounts[name], rowShapes[name]) = (known + 1, field.shape)
    }
  }

  public func flush() throws { try file.flush() }

  /// Closes the file and gives it its final name.
  public func close() throws {
    try file.seal()
    try FinishedFile.finish(path, over: communicator)
  }

  /// Closes and removes the file, after a failure that all ranks share.
  public func discard() {
    try? file.close()
    if communicator.isRoot { unlink(FinishedFile.unfinished(path)) }
  }
}
