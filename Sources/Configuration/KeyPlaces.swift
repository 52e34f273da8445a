import MessagePassing

/// Where each key of a configuration was given: for what is noticed only after reading it.
public struct KeyPlaces: Sendable {
  private let path: String
  private var places: [String: Place] = [:]

  /// - Parameter path: of the file, as it is named in messages.
  init(_ root: [String: TomlValue.Entry], path: String) {
    self.path = path
    collect(root, prefix: "")
  }

  private mutating func collect(_ entries: [String: TomlValue.Entry], prefix: String) {
    for (key, entry) in entries {
      places[prefix + key] = entry.value.place
      if case .table(let inner) = entry.value.content { collect(inner, prefix: prefix + key + ".") }
    }
  }

  /// What precedes a message about a key; a key that is not given has none but the file.
  func label(of key: String) -> String { places[key]?.label(path: path) ?? path }

  /// What precedes a message about a value that a key may have by default: the place of the key, or of its table, or
  /// the file.
  public func nearest(_ key: String) -> String {
    if let place = places[key] { return place.label(path: path) }
    return key.lastIndex(of: ".").map { nearest(String(key[..<$0])) } ?? path
  }

  /// Whether the configuration itself has a key or table, which otherwise has its default.
  public func gives(_ key: String) -> Bool { places.keys.contains { $0 == key || $0.hasPrefix(key + ".") } }

  /// Runs what depends on the value of a key. An input failure gets the place of the key in front.
  public func blaming<Result>(_ key: String, _ work: () throws -> Result) throws -> Result {
    do { return try work() } catch let failure as Failure where failure.kind == .input {
      throw failure.at(nearest(key))
    }
  }
}
