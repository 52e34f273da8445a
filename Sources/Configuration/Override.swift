/// A value for one key from outside the text: from `--set table.key=value` on the command line, or from a sweep.
struct Override {
  private enum Source {
    case text(String)
    case toml(TomlValue)
  }

  private let keys: [String]
  private let source: Source
  private let place: Place

  /// Parses the overrides of a command line. Reports and omits texts of another form.
  static func list(_ texts: [String], _ reading: Reading) -> [Override] {
    texts.enumerated().compactMap { Override($1, position: $0, reading: reading) }
  }

  /// Creates an override that sets the key at the path `keys` to `value`.
  init(_ keys: [String], _ value: TomlValue) {
    self.keys = keys
    source = .toml(value)
    place = value.place
  }

  /// Parses `table.key=value`. Reports a problem and returns nil if `text` has another
  /// form. `position` counts the overrides.
  init?(_ text: String, position: Int, reading: Reading) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let path = parts[0].trimmed
    keys = path.split(separator: ".", omittingEmptySubsequences: false).map(\.trimmed)
    place = .override(position: position, key: path)
    let value = parts.count == 2 ? parts[1].trimmed : ""
    source = .text(value)
    if value.isEmpty || keys.count < 2 || keys.contains("") {
      reading.report(
        "'\(text)' does not set a key of a table", hint: "write --set table.key=value", at: place)
      return nil
    }
  }

  /// Replaces the value in `root`, or adds it.
  func apply(to root: inout TomlValue, reading: Reading) {
    guard let value = parsed(reading) else { return }
    insert(value, keys[...], into: &root, reading)
  }

  /// Returns the value as TOML; a bare word is a string.
  private func parsed(_ reading: Reading) -> TomlValue? {
    let value: String
    switch source {
    case .toml(let given): return given
    case .text(let given): value = given
    }
    do {
      let document = try TomlValue.parse("value = " + value, allAt: place)
      guard case .table(let entries) = document.content, entries.count == 1, let only = entries["value"] else {
        reading.report("more than one value", hint: "use one --set for each key", at: place)
        return nil
      }
      return only.value
    } catch {
      if value.first.map({ "\"'[{".contains($0) }) ?? true {
        reading.report(
          "\(value) is not a TOML value: \(error.message)", hint: "strings inside arrays and tables need quotes",
          at: place)
        return nil
      }
      return TomlValue(.string(value), at: place)
    }
  }

  private func insert(_ value: TomlValue, _ keys: ArraySlice<String>, into target: inout TomlValue, _ reading: Reading)
  {
    guard case .table(var entries) = target.content else {
      reading.report("it sets a key inside \(target.summary)", hint: "only tables have keys", at: place)
      return
    }
    let key = keys.first!
    if keys.count == 1 {
      entries[key] = .init(keyPlace: place, value: value)
    } else {
      var entry = entries[key] ?? .init(keyPlace: place, value: TomlValue(.table([:]), at: place))
      insert(value, keys.dropFirst(), into: &entry.value, reading)
      entries[key] = entry
    }
    target.content = .table(entries)
  }
}

extension Substring {
  /// The text without the white space at its ends.
  fileprivate var trimmed: String {
    var rest = self
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }
}
