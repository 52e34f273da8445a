import MessagePassing

extension String {
  /// The text with control characters, which keys and paths may contain, replaced by spaces.
  fileprivate var onOneLine: String {
    String(String.UnicodeScalarView(unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
  }
}

/// One reading of a configuration: the tables that were read, and all problems found in them.
final class Reading {
  private struct Problem {
    let place: Place
    let message: String
    let hint: () -> String
  }

  /// Largest number of problems in a message. A file of another kind could cause one for each of its lines.
  private static let mostShown = 100

  private var problems: [Problem] = []
  private var tables: [Table] = []

  var isFaultless: Bool { problems.isEmpty }

  /// Returns the result of `read` for the file at `path`.
  /// - Throws: an input failure with all problems that were reported.
  static func validated<Result>(path: String, _ read: (Reading) -> Result?) throws -> Result {
    let reading = Reading()
    let result = read(reading)
    guard let result, reading.isFaultless else { throw Failure(.input, reading.description(path: path)) }
    return result
  }

  /// Reports a problem. `hint` says how to solve it.
  func report(_ message: String, hint: @autoclosure @escaping () -> String, at place: Place) {
    problems.append(Problem(place: place, message: message, hint: hint))
  }

  /// Returns the table `name` of the document `root`; an empty one if the document has none.
  func table(_ name: String, of root: [String: TomlValue.Entry]) -> Table {
    adopt(name, root[name], absentAt: .file(line: 1, column: 1))
  }

  func adopt(_ name: String, _ entry: TomlValue.Entry?, absentAt place: Place) -> Table {
    let table = Table(name, entry, absentAt: place, reading: self)
    tables.append(table)
    return table
  }

  /// Reports an entry of the document that is not among the `known` tables: a table with
  /// `message`, or a key outside any table.
  func reportUnknown(_ name: String, _ entry: TomlValue.Entry, known: [String], _ message: String) {
    let kind = if case .table = entry.value.content { message } else { "key '\(name)' stands outside of any table" }
    report(kind, hint: Spelling.hint(for: name, among: known, listedAs: "the tables are"), at: entry.keyPlace)
  }

  /// Reports the keys that no section asked for.
  func reportUnknownKeys(_ catalogue: SectionCatalogue) {
    let unknown = tables.filter { $0.hasUnknownKeys }
    guard !unknown.isEmpty else { return }
    let readers = catalogue.readersOfKeys()
    for table in unknown { table.reportUnknownKeys(readers) }
  }

  /// Returns all problems in the order of the text, then those of the command line, one per line.
  func description(path: String) -> String {
    let ordered = problems.enumerated()
      .sorted { ($0.element.place, $0.offset) < ($1.element.place, $1.offset) }.map(\.element)
    var lines = ordered.prefix(Self.mostShown).map {
      "\($0.place.label(path: path)): \($0.message); \($0.hint())".onOneLine
    }
    if ordered.count > lines.count { lines.append("\(path): \(ordered.count - lines.count) more problems") }
    return lines.joined(separator: "\n")
  }

  /// The keys that sections asked for, by table.
  var knownKeys: [String: [String]] { Dictionary(tables.map { ($0.name, $0.knownKeys) }) { $0 + $1 } }

  /// The keys of all tables with their values. Defaults are filled in and marked.
  var resolved: ResolvedKeys {
    ResolvedKeys(
      tables.map { ($0.name, $0.entriesRead) },
      asked: Set(tables.flatMap { table in table.knownKeys.map { "\(table.name).\($0)" } }))
  }

  /// Values that were read, as TOML, by `table.key`. If the text is empty, they are the defaults of the sections.
  var defaults: [String: String] {
    let found = tables.flatMap { table in
      (table.entriesRead.map { ($0.key, $0.value) } + table.idleDefaults.map { ($0, $1) }).map {
        ("\(table.name).\($0)", $1)
      }
    }
    return Dictionary(found) { first, _ in first }
  }
}
