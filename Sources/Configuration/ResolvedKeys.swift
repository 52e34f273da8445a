/// The keys of a run with their values: printed as TOML, and compared key by key with those of an earlier run.
package struct ResolvedKeys: Sendable {
  /// One key and its value.
  struct Entry: Sendable {
    let key: String
    /// The value as TOML.
    let value: String
    /// Whether the value was filled in because the configuration does not give it.
    let isDefault: Bool

    var line: String { "\(key) = \(value)" + (isDefault ? "  # default" : "") }
  }

  /// The tables with their keys, in the order in which they were read.
  private let tables: [(name: String, entries: [Entry])]
  /// Every key that was asked for, as `table.key`, whether it has a value or not.
  private let asked: Set<String>
  /// Descriptions of the content of input files, by the keys that name the files.
  private(set) var contents: [String: String] = [:]

  init(_ tables: [(name: String, entries: [Entry])], asked: Set<String>) {
    self.tables = tables
    self.asked = asked
  }

  /// Name of the table of the resolved text that records the content of input files. It sets nothing.
  static let inputs = "inputs"

  /// TOML with every key that has a value.
  package var text: String {
    var parts = tables.filter { !$0.entries.isEmpty }.map { table in
      "[\(table.name)]\n" + table.entries.map { $0.line + "\n" }.joined()
    }
    if !contents.isEmpty {
      let lines = contents.sorted { $0.key < $1.key }.map { "\($0.key.tomlQuoted) = \($0.value.tomlQuoted)\n" }
      parts.append("[\(Self.inputs)]\n" + lines.joined())
    }
    return "# Every key of this run.\n\n" + parts.joined(separator: "\n")
  }

  /// Paths of input files, by their keys.
  var files: [String: String] { Values(text).files }

  /// Records the content of a file, by a description that is the same only for the same content.
  package mutating func record(_ content: String, of key: String) { contents[key] = content }

  /// Copies the descriptions of content from an earlier resolved text, for the files whose names are the same in both.
  package mutating func keepRecords(of earlier: String) {
    let (before, now) = (Values(earlier), Values(text))
    for (key, content) in before.contents where before.texts[key] == now.texts[key] { record(content, of: key) }
  }

  // MARK: Comparison

  /// The keys of a resolved text, read back from it.
  private struct Values {
    /// Values as TOML, by `table.key`.
    var texts: [String: String] = [:]
    var files: [String: String] = [:]
    var contents: [String: String] = [:]

    init(_ text: String) {
      guard let root = (try? TomlValue.parse(text))?.content, case .table(let tables) = root else { return }
      for (table, entry) in tables {
        guard case .table(let entries) = entry.value.content else { continue }
        if table == ResolvedKeys.inputs {
          contents = entries.compactMapValues(\.value.text)
        } else {
          collect(entries, table + ".")
        }
      }
    }

    private mutating func collect(_ entries: [String: TomlValue.Entry], _ prefix: String) {
      for (key, entry) in entries {
        if case .table(let inner) = entry.value.content {
          collect(inner, prefix + key + ".")
        } else {
          texts[prefix + key] = entry.value.toml
          if key == "file" { files[prefix + key] = entry.value.text }
        }
      }
    }
  }

  /// Keys that may differ when a run is resumed: they change when it stops, not its results. An exception is the limit
  /// of evaluations: if steps may end unconverged, it decides where they end.
  private static let free: Set = ["output.overwrite", "minimizer.maximum_evaluations", "epm.maximum_sweeps"]

  private func decides(_ key: String) -> Bool {
    if key.hasPrefix("checkpoint.") { return false }
    if key == "minimizer.maximum_evaluations" {
      return tables.contains { table in
        table.name == "loading" && table.entries.contains { $0.key == "unconverged" && $0.value == "\"accept\"" }
      }
    }
    return !Self.free.contains(key)
  }

  /// Whether the command knows a key, or a table that contains it.
  private func knows(_ key: String) -> Bool {
    var prefix = key[...]
    while let dot = prefix.lastIndex(of: ".") {
      if asked.contains(String(prefix)) { return true }
      prefix = prefix[..<dot]
    }
    return false
  }

  private var defaults: Set<String> {
    Set(tables.flatMap { table in table.entries.filter(\.isDefault).map { "\(table.name).\($0.key)" } })
  }

  /// Returns a message for each key that asks for another computation than an earlier resolved text.
  ///
  /// A key that is missing from the earlier text does not count if it has its default, because the default of a new key
  /// is the earlier behaviour. A key that the command no longer knows does not count either, because it has no effect.
  /// Files are compared by content if their contents are known, otherwise by name.
  func differences(from earlier: String, _ places: KeyPlaces) -> [String] {
    let (before, now, defaults) = (Values(earlier), Values(text), defaults)
    let (old, new) = (before.texts, now.texts)
    return Set(old.keys).union(new.keys).filter(decides).sorted().compactMap { key in
      let place = places.label(of: key)
      if let was = before.contents[key], let holds = now.contents[key] {
        guard was != holds else { return nil }
        let change = "\(key) = \(new[key]!) holds \(holds), and held \(was) when the run began"
        return "\(place): \(change); bring it back, or name another folder with --output"
      }
      guard old[key] != new[key], old[key] != nil || !defaults.contains(key), new[key] != nil || knows(key) else {
        return nil
      }
      let was = old[key].map { "was \($0)" } ?? "was not there"
      let value = new[key].map { " = " + $0 } ?? " is not there, and"
      return "\(place): \(key)\(value) \(was) in the run to be resumed"
    }
  }
}
