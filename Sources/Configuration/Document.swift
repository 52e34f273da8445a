/// A configuration while it is read: its tables, and everything that is wrong with them.
package final class Document {
  /// The folder that relative paths of input files are joined to; empty for paths that stay as they are.
  package let folder: String
  private let root: [String: TomlValue.Entry]
  private let reading: Reading
  /// Tables of the text that the command does not read.
  private(set) var unused: [String] = []

  /// Nil, and a problem, if the text is not TOML.
  init?(_ text: String, folder: String, overrides: [Override], _ reading: Reading) {
    guard let root = Self.tables(text, overrides, reading) else { return nil }
    self.root = root
    self.folder = folder
    self.reading = reading
  }

  /// The tables of the text with the overrides applied; nil, and a problem, if the text is not TOML.
  static func tables(_ text: String, _ overrides: [Override], _ reading: Reading) -> [String: TomlValue.Entry]? {
    do {
      var root = try TomlValue.parse(text)
      for override in overrides { override.apply(to: &root, reading: reading) }
      guard case .table(let tables) = root.content else { return nil }
      return tables
    } catch {
      let hint =
        error.message.contains("redefine")
        ? "give each key and table once" : "strings need quotes; numbers, true and false do not"
      reading.report("this is not TOML: \(error.message)", hint: hint, at: error.place)
      return nil
    }
  }

  /// The table of a name; one without keys where the text has none.
  package func table(_ name: String) -> Table { reading.table(name, of: root) }

  /// Whether the text has a table.
  package func gives(_ name: String) -> Bool { root[name] != nil }

  /// Notes that nothing depends on a table that the text may have.
  package func leaveUnused(_ name: String) {
    if gives(name), !unused.contains(name) { unused.append(name) }
  }

  /// The path of an input file or folder, relative to the folder of the configuration.
  package func joined(_ path: String) -> String { Self.joined(path, to: folder) }

  static func joined(_ path: String, to folder: String) -> String {
    path.hasPrefix("/") || folder.isEmpty ? path : folder.hasSuffix("/") ? folder + path : "\(folder)/\(path)"
  }

  /// Tables that the command does not read: those of other commands are unused, all others are problems.
  func sortOut(known: [String], _ catalogue: SectionCatalogue) {
    for (name, entry) in root where !known.contains(name) && name != ResolvedKeys.inputs {
      if case .table = entry.value.content, catalogue.tables.contains(name) {
        leaveUnused(name)
      } else {
        reading.reportStranger(name, entry, known: known, "unknown table [\(name)]")
      }
    }
    unused.sort()
  }

  func places(path: String) -> KeyPlaces { KeyPlaces(root, path: path) }
}
