import CToml

/// A TOML value, and the place where it was written.
package struct TomlValue {
  package indirect enum Content {
    case table([String: Entry])
    case array([TomlValue])
    case string(String)
    case integer(Int)
    case number(Double)
    case boolean(Bool)
    /// A date or a time: valid TOML, but no key takes one.
    case date
  }

  /// The value of a key in a table, and the place of the key.
  package struct Entry {
    package var keyPlace: Place
    package var value: TomlValue
  }

  package var content: Content
  package var place: Place

  /// The error that a text is not TOML.
  struct SyntaxError: Error {
    let message: String
    let place: Place
  }

  /// Parses the table that `text` describes. All places become `place` if one is given.
  static func parse(_ text: String, allAt place: Place? = nil) throws(SyntaxError) -> TomlValue {
    var text = text
    let document = text.withUTF8 { utf8 in
      utf8.withMemoryRebound(to: CChar.self) { CToml_parse($0.baseAddress, $0.count) }
    }
    defer { CToml_release(document) }
    let error = CToml_error_message(document)
    if error.bytes != nil {
      let oneLine = String(error).split(whereSeparator: \.isNewline).joined(separator: " ")
      throw SyntaxError(message: oneLine, place: place ?? Place(CToml_error_place(document)))
    }
    return TomlValue(CToml_root(document)!, allAt: place)
  }

  /// Copies the tree below `source`, which CToml owns.
  private init(_ source: UnsafeRawPointer, allAt place: Place?) {
    self.place = place ?? Place(CToml_value_place(source))
    switch CToml_value_type(source) {
    case CToml_table:
      var entries: [String: Entry] = [:]
      for entry in Self.entries(of: source) {
        entries[String(entry.key)] = Entry(
          keyPlace: place ?? Place(entry.key_place), value: TomlValue(entry.value, allAt: place))
      }
      content = .table(entries)
    case CToml_array: content = .array(Self.entries(of: source).map { TomlValue($0.value, allAt: place) })
    case CToml_string: content = .string(String(CToml_string_value(source)))
    case CToml_integer: content = .integer(Int(CToml_integer_value(source)))
    case CToml_float: content = .number(CToml_float_value(source))
    case CToml_boolean: content = .boolean(CToml_boolean_value(source))
    default: content = .date
    }
  }

  private static func entries(of source: UnsafeRawPointer) -> [CToml_entry] {
    let count = CToml_count(source)
    return [CToml_entry](unsafeUninitializedCapacity: count) { buffer, filled in
      CToml_entries(source, buffer.baseAddress)
      filled = count
    }
  }

  init(_ content: Content, at place: Place) {
    self.content = content
    self.place = place
  }

  /// Returns the value with all its places replaced by one.
  func moved(to place: Place) -> TomlValue {
    let moved: Content =
      switch content {
      case .table(let entries):
        .table(entries.mapValues { Entry(keyPlace: place, value: $0.value.moved(to: place)) })
      case .array(let elements): .array(elements.map { $0.moved(to: place) })
      default: content
      }
    return TomlValue(moved, at: place)
  }

  /// The value as TOML on one line, with the keys of tables sorted. A date, which no key takes, is shown as "a date".
  var toml: String {
    switch content {
    case .table(let entries):
      "{ " + entries.sorted { $0.key < $1.key }.map { "\($0.tomlQuoted) = \($1.value.toml)" }.joined(separator: ", ")
        + " }"
    case .array(let elements): "[" + elements.map(\.toml).joined(separator: ", ") + "]"
    case .string(let text): text.tomlQuoted
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .boolean(let value): "\(value)"
    case .date: "a date"
    }
  }

  /// A description of the value for messages.
  var summary: String {
    switch content {
    case .table: "a table"
    case .array(let elements) where elements.isEmpty: "the empty array []"
    case .array(let elements):
      "the array " + (toml.count > 60 ? "\(toml.prefix(60))… of \(elements.count) elements" : toml)
    case .string(let text): "the string \(text.shown)"
    case .integer(let value): "the integer \(value)"
    case .number(let value): "the number \(value)"
    case .boolean(let value): "\(value)"
    case .date: "a date or time"
    }
  }
}

extension Place {
  fileprivate init(_ place: CToml_place) {
    self = .file(line: max(1, Int(place.line)), column: max(1, Int(place.column)))
  }
}

extension String {
  fileprivate init(_ text: CToml_text) {
    let bytes = UnsafeRawBufferPointer(start: text.bytes, count: text.length)
    self = String(decoding: bytes, as: UTF8.self)
  }

  /// The text as messages quote it, cut if it is longer than 60 characters.
  var shown: String { count > 60 ? String(prefix(60)).tomlQuoted + "…" : tomlQuoted }

  /// The text as a TOML basic string.
  var tomlQuoted: String {
    var quoted = "\""
    for scalar in unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      case _ where scalar.value < 0x20 || scalar.value == 0x7f:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
