/// The keys of a resolved configuration, as far as they decide about what is computed.
struct ResolvedKeys {
  /// TOML by the key with its tables.
  let values: [String: String]
  /// Those that were filled in.
  let defaults: Set<String>

  /// May differ between the parts of one run: what they change is when it stops, not where it goes. Where steps may end
  /// unconverged the limit of evaluations decides where they end.
  private static let free: Set = [
    "output.overwrite", "minimizer.maximum_evaluations", "epm.maximum_sweeps",
  ]

  init(_ resolved: String) {
    var values: [String: String] = [:]
    var defaults: Set<String> = []
    var table = ""
    for line in resolved.split(separator: "\n") where !line.hasPrefix("#") {
      if line.hasPrefix("[") {
        table = String(line.dropFirst().prefix { $0 != "]" })
      } else if let equals = line.firstRange(of: " = ") {
        let key = table + "." + line[..<equals.lowerBound]
        let value = line[equals.upperBound...]
        let mark = "  # default"
        values[key] = String(value.hasSuffix(mark) ? value.dropLast(mark.count) : value)
        if value.hasSuffix(mark) { defaults.insert(key) }
      }
    }
    let free = values["loading.unconverged"] == "\"accept\"" ? Self.free.subtracting(["minimizer.maximum_evaluations"]) : Self.free
    self.values = values.filter { !$0.key.hasPrefix("checkpoint.") && !free.contains($0.key) }
    self.defaults = defaults
  }
}

extension KeyPlaces {
  /// In which keys a configuration asks for another computation than an earlier one, a message for each.
  ///
  /// A key that the earlier one did not know is none of them where it has its default: a new key's default is what was always
  /// done.
  func differences(of resolved: String, from earlier: String) -> [String] {
    let old = ResolvedKeys(earlier).values
    let (new, defaults) = (ResolvedKeys(resolved).values, ResolvedKeys(resolved).defaults)
    return Set(old.keys).union(new.keys).sorted().compactMap { key in
      guard old[key] != new[key], old[key] != nil || !defaults.contains(key) else { return nil }
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
