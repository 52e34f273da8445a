import Foundation
import MessagePassing

/// Writes the tables of an HDF5 file as CSV, each to its own file. Tables are datasets with an attribute `columns`, and
/// datasets of a group that have the same number of rows. One process writes; nothing here is collective.
public struct TableExport {
  public struct Table: Sendable {
    /// Name of the table: "curve", "events".
    public let name: String
    public let rows: Int
    /// Group that contains all columns; nil for a dataset with column names of its own.
    fileprivate let group: String?
    fileprivate var columns: [Column]
  }

  fileprivate struct Column: Sendable {
    let dataset: String
    /// Shape of one row, without the first extent.
    let shape: [Int]
    let names: [String]
    let isReal: Bool
    var width: Int { shape.reduce(1, *) }
  }

  /// Largest number of columns of a dataset. Wider datasets are fields or frames, not tables.
  private static let widest = 1000
  /// Number of elements that are read at once.
  private static let piece = 1 << 18

  public let tables: [Table]
  /// Datasets that are not tables, with their shapes.
  public let others: [String]

  private let file: HDF5File

  /// Opens a file and finds its tables.
  /// - Throws: `.input` if the file cannot be read or contains a trajectory.
  public init(_ path: String) throws {
    guard try ConfigurationReader.format(of: path) == .h5md else {
      throw Failure(.input, "\(path): is not HDF5; tables are those of results, such as shear.h5")
    }
    let file = try HDF5File(path, .read, over: nil)
    guard try !file.exists("/h5md") else {
      throw file.failure("holds particles, not tables; export it --to xyz or lammps-dump")
    }
    var tables: [Table] = []
    var others: [String] = []
    func add(_ object: String) throws {
      let slash = object.lastIndex(of: "/")!
      let (group, name) = (
        slash == object.startIndex ? "/" : String(object[..<slash]), String(object[object.index(after: slash)...])
      )
      let shape = try file.shape(of: object)
      let type = try file.typeName(of: object)
      guard let rows = shape.first, type.hasPrefix("int") || type.hasPrefix("float") else { return }
      let rest = Array(shape.dropFirst())
      guard rest.allSatisfy({ $0 <= Self.widest }), let width = HDF5File.count(of: rest), width <= Self.widest else {
        others.append("\(object) \(shape)")
        return
      }
      let own = try file.textAttribute("columns", of: object)
      let directions = try group == "/" ? nil : file.textAttribute("directions", of: group)
      let column = Column(
        dataset: object, shape: rest,
        names: own.flatMap { $0.count == width ? $0 : nil } ?? Self.names(name, rest, directions: directions),
        isReal: type.hasPrefix("float"))
      if let k = tables.firstIndex(where: { $0.group == group && $0.rows == rows }), own == nil, group != "/" {
        tables[k].columns.append(column)
        return
      }
      // The first table of a group gets the name of the group, and others get that of their first dataset.
      let isOfGroup = own == nil && group != "/" && !tables.contains { $0.group == group }
      let label = String((isOfGroup ? group : object).dropFirst().replacing("/", with: "-"))
      tables.append(Table(name: label, rows: rows, group: own == nil ? group : nil, columns: [column]))
    }
    try file.forEachObject { object, entry in
      switch entry {
      case .dataset where !object.hasPrefix("/parameters/"): try add(object)
      case .elsewhere(let words): others.append("\(object) (\(words))")
      case .dataset, .group, .type, .known: break
      }
    }
    self.file = file
    self.tables = tables
    self.others = others
  }

  /// Returns column names for a dataset that has none of its own.
  private static func names(_ name: String, _ shape: [Int], directions: [String]?) -> [String] {
    if let directions, shape == [directions.count] { return directions.map { "\(name)_\($0)" } }
    let isOfSpace = shape.allSatisfy { $0 == 2 || $0 == 3 } && spatial.contains { name.hasPrefix($0) }
    let axes = ["x", "y", "z"]
    return shape.reduce([name + "_"]) { names, extent in
      names.flatMap { stem in
        (0..<extent).map { stem + (isOfSpace ? axes[$0] : (stem.hasSuffix("_") ? "\($0)" : "_\($0)")) }
      }
    }.map { shape.isEmpty ? name : $0 }
  }

  private static let spatial = [
    "stress", "centre", "velocity", "acceleration", "jerk", "displacement", "elastic", "gyration", "edges",
  ]

  /// Writes a table under another name and renames it.
  /// - Throws: `.inputOutput` if the file cannot be written; nothing of it is then left.
  public func write(_ table: Table, to path: String) throws {
    func failure() -> Failure {
      Failure(.inputOutput, "\(path): cannot be written: \(String(cString: strerror(errno)))")
    }
    try FinishedFile.make(path) { unfinished in
      guard let stream = fopen(unfinished, "w") else { throw failure() }
      defer { fclose(stream) }
      func put(_ text: String) throws { guard fputs(text, stream) >= 0 else { throw failure() } }
      try put(table.columns.flatMap(\.names).map(Self.quoted).joined(separator: ",") + "\n")
      let width = table.columns.reduce(0) { $0 + $1.width }
      let step = max(1, Self.piece / max(1, width))
      for first in stride(from: 0, to: table.rows, by: step) {
        let count = min(step, table.rows - first)
        let parts = try table.columns.map { column -> [String] in
          let start = [first] + column.shape.map { _ in 0 }
          return column.isReal
            ? try file.read(Double.self, from: column.dataset, start: start, count: [count] + column.shape).map {
              "\($0)"
            }
            : try file.read(Int64.self, from: column.dataset, start: start, count: [count] + column.shape).map {
              "\($0)"
            }
        }
        for row in 0..<count {
          let words = zip(table.columns, parts).flatMap { column, values in
            values[(row * column.width)..<((row + 1) * column.width)]
          }
          try put(words.joined(separator: ",") + "\n")
        }
      }
      guard fflush(stream) == 0 else { throw failure() }
    }
  }

  private static func quoted(_ name: String) -> String {
    name.contains { ",\"\n".contains($0) } ? "\"" + name.replacing("\"", with: "\"\"") + "\"" : name
  }
}
