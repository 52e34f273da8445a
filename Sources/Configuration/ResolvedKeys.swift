/// The keys of a resolved configuration, as far as they decide about what is computed.
struct ResolvedKeys {
  /// TOML by the key with its tables.
  let values: [String: String]
  /// Those that were filled in.
  let defaults: Set<String>
  /// What is known of the content of input files, by their keys.
  let contents: [String: String]

  /// May differ between the parts of one run: what they change is when it stops, not where it goes. Where steps may end
  /// unconverged the limit of evaluations decides where they end.
  private static let free: Set = [
    "output.overwrite", "minimizer.maximum_evaluations", "epm.maximum_sweeps",
  ]

  init(_ resolved: String) {
    var values: [String: String] = [:]
    var defaults: Set<String> = []
    var contents: [String: String] = [:]
    Self.forEachLine(of: resolved) { line, key in
      guard let key else { return }
      var value = line[line.firstRange(of: " = ")!.upperBound...]
      if value.hasSuffix(Self.defaultMark) {
        value = value.dropLast(Self.defaultMark.count)
        defaults.insert(key)
      } else if Self.isFile(key), let mark = value.ranges(of: Self.contentMark).last {
        contents[key] = String(value[mark.upperBound...])
        value = value[..<mark.lowerBound]
      }
      values[key] = String(value)
    }
    let free =
      values["loading.unconverged"] == "\"accept\""
      ? Self.free.subtracting(["minimizer.maximum_evaluations"]) : Self.free
    self.values = values.filter { !$0.key.hasPrefix("checkpoint.") && !free.contains($0.key) }
    self.defaults = defaults
    self.contents = contents
  }

  private static let defaultMark = "  # default"
  private static let contentMark = "  # holds "

  private static func isFile(_ key: String) -> Bool { key.hasSuffix(".file") }

  /// The lines of a resolved configuration, and the key that each gives, if it does.
  private static func forEachLine(of resolved: String, _ body: (_ line: Substring, _ key: String?) -> Void) {
    var table = ""
    for line in resolved.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("[") { table = String(line.dropFirst().prefix { $0 != "]" }) }
      let equals = line.hasPrefix("#") || line.hasPrefix("[") ? nil : line.firstRange(of: " = ")
      body(line, equals.map { table + "." + line[..<$0.lowerBound] })
    }
  }

  /// The paths of input files by their keys.
  var files: [String: String] {
    values.filter { Self.isFile($0.key) }.compactMapValues { value in
      guard let document = try? TomlValue.parse("path = " + value), case .table(let entries) = document.content,
        case .string(let path)? = entries["path"]?.value.content
      else { return nil }
      return path
    }
  }

  /// A resolved configuration with a remark on the content of the file of a key, instead of any before.
  static func noting(_ content: String, of file: String, in resolved: String) -> String {
    let value = ResolvedKeys(resolved).values[file]
    var lines: [String] = []
    forEachLine(of: resolved) { line, key in
      lines.append(key == file ? "file = " + value! + contentMark + content : String(line))
    }
    return lines.joined(separator: "\n")
  }
}

extension RunText {
  /// The paths of the files that the run reads, by their keys.
  public var inputFiles: [String: String] { ResolvedKeys(resolved).files }
}

extension ResumableRunText {
  /// Takes over what an earlier resolved text says about the content of files of the same names.
  public mutating func keepNotes(of earlier: String) {
    let (before, now) = (ResolvedKeys(earlier), ResolvedKeys(resolved))
    for (key, content) in before.contents where before.values[key] == now.values[key] { note(content, of: key) }
  }

  /// Keeps with the resolved text what a file holds, in words that are the same for the same content alone.
  public mutating func note(_ content: String, of key: String) {
    resolved = ResolvedKeys.noting(content, of: key, in: resolved)
  }
}

extension KeyPlaces {
  /// In which keys a configuration asks for another computation than an earlier one, a message for each.
  ///
  /// A key that the earlier one did not know is none of them where it has its default: a new key's default is what was
  /// always done. Files count by what they hold, as far as that is known.
  func differences(of resolved: String, from earlier: String) -> [String] {
    let (before, now) = (ResolvedKeys(earlier), ResolvedKeys(resolved))
    let (old, new) = (before.values, now.values)
    return Set(old.keys).union(new.keys).sorted().compactMap { key in
      if let was = before.contents[key], let holds = now.contents[key] {
        guard was != holds else { return nil }
        let change = "\(key) = \(new[key]!) holds \(holds), and held \(was) when the run began"
        return "\(label(of: key)): \(change); bring it back, or name another folder with --output"
      }
      guard old[key] != new[key], old[key] != nil || !now.defaults.contains(key) else { return nil }
      let was = old[key].map { "was \($0)" } ?? "was not there"
      let value = new[key].map { " = " + $0 } ?? " is not there, and"
      return "\(label(of: key)): \(key)\(value) \(was) in the run that is to go on"
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
