import MessagePassing

/// The places where the keys of a configuration were given, for problems that are found only after reading.
public struct KeyPlaces: Sendable {
  private let path: String
  private var places: [String: Place] = [:]

  /// - Parameter path: the path of the file, as messages show it.
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

  /// Returns the label that precedes a message about a key; only the path of the file if the key is not given.
  func label(of key: String) -> String { places[key]?.label(path: path) ?? path }

  /// Returns the label that precedes a message about a value that may be a default: the place of the key, or else of
  /// its table, or else the path of the file.
  public func nearest(_ key: String) -> String {
    if let place = places[key] { return place.label(path: path) }
    return key.lastIndex(of: ".").map { nearest(String(key[..<$0])) } ?? path
  }

  /// Whether the configuration itself gives a key or table, so that its value is not a default.
  public func gives(_ key: String) -> Bool { places.keys.contains { $0 == key || $0.hasPrefix(key + ".") } }

  /// Runs `work`, which depends on the value of a key. An input failure gets the place of the key in front.
  public func namingPlace<Result>(of key: String, _ work: () throws -> Result) throws -> Result {
    do { return try work() } catch let failure as Failure where failure.kind == .input {
      throw failure.prefixed(by: nearest(key))
    }
  }
}
