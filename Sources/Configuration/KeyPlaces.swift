/// Where each key of a configuration was given: for what is noticed only after reading it.
struct KeyPlaces: Sendable {
  private var places: [String: Place] = [:]

  init(_ root: [String: TomlValue.Entry]) { collect(root, prefix: "") }

  private mutating func collect(_ entries: [String: TomlValue.Entry], prefix: String) {
    for (key, entry) in entries {
      places[prefix + key] = entry.value.place
      if case .table(let inner) = entry.value.content { collect(inner, prefix: prefix + key + ".") }
    }
  }

  /// What precedes a message about a key; a key that is not given has none but the file.
  func label(of key: String, path: String) -> String { places[key]?.label(path: path) ?? path }
}
