/// A configuration while it is read: its tables, and all problems found in them.
package final class Document {
  /// Folder to which relative paths of input files are joined. If it is empty, paths stay as they are.
  package let folder: String
  private let root: [String: TomlValue.Entry]
  private let reading: Reading
  /// Names of the tables in the text that the command does not read.
  private(set) var unused: [String] = []

  /// Parses the text and applies the overrides. Reports a problem and returns nil if the text is not TOML.
  init?(_ text: String, folder: String, overrides: [Override], _ reading: Reading) {
    guard let root = Self.tables(text, overrides, reading) else { return nil }
    self.root = root
    self.folder = folder
    self.reading = reading
  }

  /// Returns the tables of the text with the overrides applied. Reports a problem and
  /// returns nil if the text is not TOML.
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

  /// Returns the table of a name; a table without keys if the text does not have it.
  package func table(_ name: String) -> Table { reading.table(name, of: root) }

  /// Whether the text has a table of this name.
  package func gives(_ name: String) -> Bool { root[name] != nil }

  /// Records that a table has no effect on this run, if the text has it.
  package func markUnused(_ name: String) {
    if gives(name), !unused.contains(name) { unused.append(name) }
  }

  /// Returns the path of an input file or folder, joined to the folder of the configuration if it is relative.
  package static func joined(_ path: String, to folder: String) -> String {
    path.hasPrefix("/") || folder.isEmpty ? path : folder.hasSuffix("/") ? folder + path : "\(folder)/\(path)"
  }

  /// Sorts the tables that the command does not read: tables of other commands are unused, all others are problems.
  func checkUnreadTables(known: [String], _ catalogue: SectionCatalogue) {
    for (name, entry) in root where !known.contains(name) && name != ResolvedKeys.inputs {
      if case .table = entry.value.content, catalogue.tables.contains(name) {
        markUnused(name)
      } else {
        reading.reportUnknown(name, entry, known: known, "unknown table [\(name)]")
      }
    }
    unused.sort()
  }

  func places(path: String) -> KeyPlaces { KeyPlaces(root, path: path) }
}
