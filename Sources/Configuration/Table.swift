/// A table of the configuration while it is read. Each key that is asked for is checked and recorded for the resolved
/// configuration; a key that is never asked for is unknown.
package final class Table {
  /// Name with dots, as in the heading of the table.
  package let name: String
  /// Whether the configuration has this table.
  package let isGiven: Bool
  /// The keys that were read, with their values.
  private(set) var entriesRead: [ResolvedKeys.Entry] = []
  /// Defaults, as TOML, of keys that have no effect beside the others.
  private(set) var idleDefaults: [String: String] = [:]

  private let entries: [String: TomlValue.Entry]
  private let place: Place
  /// The reading, which keeps its tables and outlives them.
  private unowned let reading: Reading
  /// Keys that were asked for, in that order.
  private(set) var knownKeys: [String] = []
  /// Whether the configuration has another value in place of the table. Its keys are then not reported as missing.
  private let isBroken: Bool

  init(_ name: String, _ entry: TomlValue.Entry?, absentAt place: Place, reading: Reading) {
    self.name = name
    self.reading = reading
    isGiven = entry != nil
    self.place = entry?.value.place ?? place
    switch entry?.value.content {
    case nil:
      entries = [:]
      isBroken = false
    case .table(let given):
      entries = given
      isBroken = false
    case _:
      entries = [:]
      isBroken = true
      reading.report(
        "'\(name)' must be a table, not \(entry!.value.summary)", hint: "write its keys below a line [\(name)]",
        at: entry!.value.place)
    }
  }

  package func gives(_ key: String) -> Bool { entries[key] != nil }

  /// Returns the value below `path`, unchecked and without making its key known.
  package func peek(_ path: String...) -> TomlValue? {
    var value = TomlValue(.table(entries), at: place)
    for key in path {
      guard case .table(let entries) = value.content, let entry = entries[key] else { return nil }
      value = entry.value
    }
    return value
  }

  // MARK: Problems

  /// Reports a problem with the value of `key`, or with the table if the key is absent.
  package func report(_ message: String, hint: String, key: String? = nil) {
    if isBroken { return }
    reading.report(message, hint: hint, at: key.flatMap { entries[$0]?.value.place } ?? place)
  }

  /// Makes `key` known, and reports a problem if it is given, because it would have no effect.
  /// - Parameter standard: its default where it has an effect, as TOML, for the help.
  package func forbid(_ key: String, because reason: String, hint: String, default standard: String? = nil) {
    know(key)
    idleDefaults[key] = standard
    guard let entry = entries[key] else { return }
    reading.report("'\(key)' in [\(name)] \(reason)", hint: hint, at: entry.keyPlace)
  }

  var hasUnknownKeys: Bool { entries.keys.contains { !knownKeys.contains($0) } }

  /// Reports the keys that were not asked for.
  /// - Parameter readers: the commands that read a key, by `table.key`.
  func reportUnknownKeys(_ readers: [String: [String]]) {
    for (key, entry) in entries where !knownKeys.contains(key) {
      if let commands = readers["\(name).\(key)"] {
        reading.report(
          "'\(key)' in [\(name)] has no effect on this command",
          hint: "remove it; it belongs to \(commands.joined(separator: " and "))", at: entry.keyPlace)
        continue
      }
      reading.report(
        "unknown key '\(key.count > 60 ? key.prefix(60) + "…" : key)' in [\(name)]",
        hint: Spelling.hint(for: key, among: self.knownKeys, listedAs: "its keys are"), at: entry.keyPlace)
    }
  }

  /// Accepts all keys without reading them, where one problem with the table says enough.
  package func acceptAllKeys() {
    for key in entries.keys where !knownKeys.contains(key) { knownKeys.append(key) }
  }

  /// Makes `keys` known without reading them.
  package func know(_ keys: String...) {
    for key in keys where !knownKeys.contains(key) { knownKeys.append(key) }
  }

  // MARK: Values with a default

  package func number(_ key: String, _ bound: Bound<Double>, default standard: Double) -> Double {
    checked(key, .number, bound, default: standard) ?? standard
  }

  package func integer(_ key: String, _ bound: Bound<Int>, default standard: Int) -> Int {
    checked(key, .integer, bound, default: standard) ?? standard
  }

  package func boolean(_ key: String, default standard: Bool) -> Bool {
    checked(key, .boolean, Bound(words: "true or false") { _ in true }, default: standard) ?? standard
  }

  package func choice<Choice: Word>(_ key: String, default standard: Choice) -> Choice {
    word(key, default: standard) ?? standard
  }

  // MARK: Values without a default: nil, and a problem, if they are missing. `hint` says what to add, and why.

  package func number(_ key: String, _ bound: Bound<Double>, hint: String) -> Double? {
    require(key, hint) { checked(key, .number, bound, default: nil) }
  }

  package func integer(_ key: String, _ bound: Bound<Int>, hint: String) -> Int? {
    require(key, hint) { checked(key, .integer, bound, default: nil) }
  }

  package func choice<Choice: Word>(_ key: String, hint: String) -> Choice? {
    require(key, hint) { word(key, default: nil) }
  }

  package func word(_ key: String, among words: [String], hint: String) -> String? {
    require(key, hint) { word(key, among: words, default: nil) }
  }

  /// Reads a value of any form. `convert` returns nil if the value is not as `expected` says. For an array,
  /// `mayHold` finds the element at fault.
  package func value<Value>(
    _ key: String, default standard: Value?, expected: String, hint: String, toml: @escaping (Value) -> String,
    mayHold: @escaping (TomlValue) -> Bool = { _ in true }, convert: @escaping (TomlValue) -> Value?
  ) -> Value? {
    let shape = Shape(name: expected, convert: convert, toml: toml, hint: { _ in hint }, mayHold: mayHold)
    return checked(key, shape, Bound(words: expected) { _ in true }, default: standard)
  }

  /// Reads a required value of any form, and reports a problem if it is missing.
  package func value<Value>(
    _ key: String, expected: String, hint: String, toml: @escaping (Value) -> String,
    mayHold: @escaping (TomlValue) -> Bool = { _ in true }, convert: @escaping (TomlValue) -> Value?
  ) -> Value? {
    require(key, hint) {
      value(key, default: nil, expected: expected, hint: hint, toml: toml, mayHold: mayHold, convert: convert)
    }
  }

  /// Reads an integer that may be absent.
  package func optionalInteger(_ key: String, _ bound: Bound<Int>) -> Int? {
    checked(key, .integer, bound, default: nil)
  }

  /// Reads a number that may be absent.
  package func optionalNumber(_ key: String, _ bound: Bound<Double>) -> Double? {
    checked(key, .number, bound, default: nil)
  }

  /// Reads an array of some of `words`, each at most once.
  package func words(_ key: String, of words: [String], default standard: [String]) -> [String] {
    let hint = "the possibilities are \(words.joined(separator: ", "))"
    let given = value(
      key, default: standard, expected: "an array of strings", hint: hint,
      toml: { "[" + $0.map(\.tomlQuoted).joined(separator: ", ") + "]" }, mayHold: { $0.text != nil },
      convert: { value -> [String]? in
        guard case .array(let elements) = value.content else { return nil }
        let strings = elements.compactMap { if case .string(let text) = $0.content { text } else { nil } }
        return strings.count == elements.count ? strings : nil
      })
    guard let given else { return standard }
    for (index, word) in given.enumerated() {
      if !words.contains(word) {
        report(
          "'\(key)' in [\(name)] holds \(word.shown), which does not exist",
          hint: Spelling.hint(for: word, among: words, listedAs: "the possibilities are"), key: key)
      } else if given[..<index].contains(word) {
        report("'\(key)' in [\(name)] holds \(word.tomlQuoted) twice", hint: "keep one of them", key: key)
      }
    }
    return given
  }

  /// Returns a table inside this one; an empty one if it is absent.
  package func table(_ key: String) -> Table {
    know(key)
    return reading.adopt("\(name).\(key)", entries[key], absentAt: place)
  }

  // MARK: Parts

  private func require<Value>(_ key: String, _ hint: String, read: () -> Value?) -> Value? {
    if gives(key) { return read() }
    know(key)
    report("[\(name)] has no '\(key)'", hint: hint)
    return nil
  }

  private func checked<Value>(
    _ key: String, _ shape: Shape<Value>, _ bound: Bound<Value>, default standard: Value?
  ) -> Value? {
    know(key)
    guard let entry = entries[key] else {
      if let standard { entriesRead.append(.init(key: key, value: shape.toml(standard), isDefault: true)) }
      return standard
    }
    guard let value = shape.convert(entry.value) else {
      reading.report(
        "'\(key)' in [\(name)] must be \(shape.name), \(shape.found(entry.value))", hint: shape.hint(entry.value),
        at: entry.value.place)
      return nil
    }
    guard bound.holds(value) else {
      reading.report(
        "'\(key)' in [\(name)] is \(shape.toml(value))", hint: "it must be \(bound.words)", at: entry.value.place)
      return nil
    }
    entriesRead.append(.init(key: key, value: shape.toml(value), isDefault: false))
    return value
  }

  private func word<Choice: Word>(_ key: String, default standard: Choice?) -> Choice? {
    word(key, among: Choice.allCases.map(\.rawValue), default: standard?.rawValue).flatMap(Choice.init(rawValue:))
  }

  private func word(_ key: String, among words: [String], default standard: String?) -> String? {
    know(key)
    guard let entry = entries[key], case .string(let given) = entry.value.content, !words.contains(given) else {
      return checked(key, .text, Bound(words: "") { _ in true }, default: standard)
    }
    reading.report(
      "'\(key)' in [\(name)] is \(given.shown), which does not exist",
      hint: Spelling.hint(for: given, among: words, listedAs: "the possibilities are"), at: entry.value.place)
    return nil
  }
}
