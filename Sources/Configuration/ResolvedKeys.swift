/// The keys of a resolved configuration, as far as they decide about what is computed.
struct ResolvedKeys {
  /// TOML by the key with its tables.
  let values: [String: String]

  /// May differ between the parts of one run: what they change is when it stops, not where it goes.
  private static let free: Set = [
    "output.overwrite", "minimizer.maximum_evaluations", "epm.maximum_sweeps",
  ]

  init(_ resolved: String) {
    var values: [String: String] = [:]
    var table = ""
    for line in resolved.split(separator: "\n") where !line.hasPrefix("#") {
      if line.hasPrefix("[") {
        table = String(line.dropFirst().prefix { $0 != "]" })
      } else if let equals = line.firstRange(of: " = ") {
        let key = table + "." + line[..<equals.lowerBound]
        let value = line[equals.upperBound...]
        let mark = "  # default"
        values[key] = String(value.hasSuffix(mark) ? value.dropLast(mark.count) : value)
      }
    }
    self.values = values.filter { !$0.key.hasPrefix("checkpoint.") && !Self.free.contains($0.key) }
  }
}

extension KeyPlaces {
  /// In which keys a configuration asks for another computation than an earlier one, a message for each.
  func differences(of resolved: String, from earlier: String) -> [String] {
    let old = ResolvedKeys(earlier).values
    let new = ResolvedKeys(resolved).values
    return Set(old.keys).union(new.keys).sorted().compactMap { key in
      guard old[key] != new[key] else { return nil }
      let was = old[key].map { "was \($0)" } ?? "was not there"
      return "\(label(of: key)): \(key)\(new[key].map { " = " + $0 } ?? " is not there, and") \(was) in the run that is to go on"
    }
  }
}

extension RunConfiguration {
  public func differences(from earlier: String) -> [String] {
    places.differences(of: resolved, from: earlier)
  }
}

extension LatticeConfiguration {
  public func differences(from earlier: String) -> [String] {
    places.differences(of: resolved, from: earlier)
  }
}
