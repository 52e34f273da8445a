import MessagePassing

/// Functions for the text of a configuration, whatever its keys.
public enum TomlText {
  /// Checks that a text is TOML.
  /// - Throws: an input failure if it is not.
  public static func check(_ text: String, path: String) throws {
    do throws(TomlValue.SyntaxError) { _ = try TomlValue.parse(text) } catch {
      throw Failure(.input, "\(error.place.label(path: path)): this is not TOML: \(error.message)")
    }
  }

  /// Returns the string that a text gives to a key of a table; nil if it gives none.
  public static func word(_ key: String, of table: String, in text: String) -> String? {
    guard case .table(let root)? = (try? TomlValue.parse(text))?.content,
      case .table(let keys)? = root[table]?.value.content
    else { return nil }
    return keys[key]?.value.text
  }

  /// Returns the tables of a text with their keys and values, one per line.
  /// - Throws: an input failure if the text is not TOML.
  public static func outline(of text: String, path: String) throws -> String {
    try check(text, path: path)
    guard case .table(let root)? = (try? TomlValue.parse(text))?.content else { return "" }
    var lines: [String] = []
    for (name, entry) in root.sorted(by: { ($0.value.keyPlace, $0.key) < ($1.value.keyPlace, $1.key) }) {
      guard case .table(let keys) = entry.value.content else {
        lines.append("  \(name) = \(entry.value.toml)")
        continue
      }
      lines.append("  [\(name)]")
      for (key, inner) in keys.sorted(by: { ($0.value.keyPlace, $0.key) < ($1.value.keyPlace, $1.key) }) {
        lines.append("    \(key) = \(inner.value.toml)")
      }
    }
    return lines.joined(separator: "\n")
  }
}
