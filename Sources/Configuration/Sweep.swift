import Foundation
import MessagePassing

/// A grid of runs: one configuration, in which some keys take several values.
package struct Sweep: Sendable {
  /// Name of the command of all runs.
  package let command: String
  /// The runs, in an order that depends only on the file. Keys that come first change slowest.
  package let runs: [SweepRun]

  /// Loads the sweep in the file at `path`, with the configurations of all its runs. Collective.
  /// - Throws: an input failure with all problems of the sweep, or of the configurations of its runs.
  package static func load(
    path: String, of commands: [String], among catalogue: SectionCatalogue, over communicator: Communicator
  ) throws -> Sweep {
    let (text, folder) = try ConfigurationText.load(from: path, over: communicator)
    let outline = try communicator.coordinated {
      try Reading.validated(path: path) { Outline(text, path: path, among: commands, $0) }
    }
    let base = outline.config.hasPrefix("/") ? outline.config : "\(folder)/\(outline.config)"
    let (config, configFolder) = try ConfigurationText.load(from: base, over: communicator)
    return try communicator.coordinated {
      try Sweep(outline, catalogue, config: config, path: relative(base, folder, path), folder: configFolder)
    }
  }

  /// Returns the path of the base as the user would write it, relative to the same folder as the path of the sweep.
  private static func relative(_ base: String, _ folder: String, _ path: String) -> String {
    guard base.hasPrefix(folder + "/"), let slash = path.lastIndex(of: "/") else {
      return base.hasPrefix(folder + "/") ? String(base.dropFirst(folder.count + 1)) : base
    }
    return String(path[...slash] + base.dropFirst(folder.count + 1))
  }

  private init(_ outline: Outline, _ catalogue: SectionCatalogue, config: String, path: String, folder: String) throws {
    command = outline.command
    let names = SweepNames(outline.points.first?.map(\.keys) ?? [])
    var runs: [SweepRun] = []
    // Report a problem of the base once, not once per run.
    var complaints: [String] = []
    for (index, point) in outline.points.enumerated() {
      do {
        let configuration = try catalogue.parse(outline.command, text: config, path: path, folder: folder) { _ in
          point.map { Override($0.keys, $0.value) }
        }
        runs.append(
          SweepRun(
            number: index + 1, name: names.name(of: point),
            settings: point.map { .init(key: $0.keys.joined(separator: "."), value: $0.value.toml) },
            configuration: configuration))
      } catch let failure as Failure {
        for line in failure.message.components(separatedBy: "\n") where !complaints.contains(line) {
          complaints.append(line)
        }
      }
    }
    guard complaints.isEmpty else { throw Failure(.input, complaints.joined(separator: "\n")) }
    self.runs = runs
  }
}

/// A key, with its tables, and one of its values.
struct Setting {
  var keys: [String]
  var value: TomlValue
}

/// The content of the file of a sweep.
private struct Outline {
  let command: String
  let config: String
  /// The points of the grid, all with the same keys.
  let points: [[Setting]]

  private static let tables = ["sweep", "product", "zip"]
  private static let mostRuns = 100_000

  init?(_ text: String, path: String, among commands: [String], _ reading: Reading) {
    guard let root = Document.tables(text, [], reading) else { return nil }
    for (name, entry) in root where !Self.tables.contains(name) {
      let kind = if case .table = entry.value.content { "table [\(name)]" } else { "key '\(name)'" }
      reading.report(
        "a sweep has no \(kind)", hint: Spelling.hint(for: name, among: Self.tables, listedAs: "the tables are"),
        at: entry.keyPlace)
    }
    let sweep = reading.table("sweep", of: root)
    let command = sweep.word(
      "command", among: commands, hint: "add command = …, one of \(commands.joined(separator: ", "))")
    let config = sweep.value(
      "config", expected: "the path of a configuration", hint: "add config = \"base.toml\", relative to the sweep",
      toml: \.tomlQuoted,
      convert: { if case .string(let text) = $0.content, !text.isEmpty { text } else { nil } })
    reading.reportUnknownKeys(SectionCatalogue([]))

    let product = Self.lists(root["product"], path, reading)
    let zipped = Self.lists(root["zip"], path, reading)
    Self.checkKeys(product + zipped, reading)
    if let first = zipped.first {
      for list in zipped where list.values.count != first.values.count {
        reading.report(
          "'\(list.name)' has \(list.values.count) values, and '\(first.name)' has \(first.values.count)",
          hint: "lists in [zip] go together value by value and need the same number", at: list.place)
      }
    }
    if product.isEmpty, zipped.isEmpty, reading.isFaultless {
      reading.report(
        "no key takes several values", hint: "write for example loading.strain_step = [1e-3, 1e-4] below [product]",
        at: .file(line: 1, column: 1))
    }
    guard let command, let config, reading.isFaultless else { return nil }
    self.command = command
    self.config = config

    // An axis is a list of points. Each point sets one key, or all keys of `[zip]`.
    var axes = product.map { list in (list.place, list.values.map { [Setting(keys: list.keys, value: $0)] }) }
    if let first = zipped.first {
      axes.append(
        (first.place, first.values.indices.map { k in zipped.map { Setting(keys: $0.keys, value: $0.values[k]) } }))
    }
    axes.sort { $0.0 < $1.0 }
    let count = axes.reduce(1.0) { $0 * Double($1.1.count) }
    guard count <= Double(Self.mostRuns) else {
      reading.report(
        "the grid has \(Int(count)) runs", hint: "at most \(Self.mostRuns) are possible", at: axes[0].0)
      return nil
    }
    points = axes.reduce([[]]) { points, axis in points.flatMap { point in axis.1.map { point + $0 } } }
    var seen: Set<[String]> = []
    for point in points where !seen.insert(point.map(\.value.toml)).inserted {
      reading.report(
        "two runs have " + point.map { "\($0.keys.joined(separator: ".")) = \($0.value.toml)" }.joined(separator: ", "),
        hint: "give each value once", at: point.last!.value.place)
      return nil
    }
  }

  private struct List {
    let keys: [String]
    let values: [TomlValue]
    let place: Place
    var name: String { keys.joined(separator: ".") }
  }

  /// Returns the lists below a table of the sweep, in the order of the text.
  private static func lists(_ entry: TomlValue.Entry?, _ path: String, _ reading: Reading) -> [List] {
    guard let entry else { return [] }
    guard case .table = entry.value.content else {
      reading.report(
        "this must be a table, not \(entry.value.summary)", hint: "write keys with their lists below it",
        at: entry.value.place)
      return []
    }
    var found: [List] = []
    func collect(_ value: TomlValue, _ keys: [String]) {
      switch value.content {
      case .table(let entries):
        // A quoted key may contain the dots.
        for (key, entry) in entries {
          collect(entry.value, keys + key.split(separator: ".", omittingEmptySubsequences: false).map(String.init))
        }
      case .array(let elements) where !elements.isEmpty && keys.count >= 2 && !keys.contains(""):
        found.append(
          List(keys: keys, values: elements.map { $0.moved(to: $0.place.ofSweep(path)) }, place: value.place))
      case .array(let elements):
        reading.report(
          elements.isEmpty
            ? "'\(keys.joined(separator: "."))' has no value"
            : "'\(keys.joined(separator: "."))' is not the key of a table",
          hint: "write table.key = [first, second]", at: value.place)
      default:
        reading.report(
          "'\(keys.joined(separator: "."))' must be an array of values, not \(value.summary)",
          hint: "write table.key = [first, second]; what is the same in all runs stands in the config", at: value.place)
      }
    }
    collect(entry.value, [])
    return found.sorted { $0.place < $1.place }
  }

  /// Reports keys that would be set twice in one run, directly or as part of another.
  private static func checkKeys(_ lists: [List], _ reading: Reading) {
    for (index, list) in lists.enumerated() {
      if let other = lists[..<index].first(where: { $0.keys.starts(with: list.keys) || list.keys.starts(with: $0.keys) }
      ) {
        reading.report("'\(list.name)' and '\(other.name)' set the same key", hint: "keep one of them", at: list.place)
      }
    }
  }
}

extension Place {
  fileprivate func ofSweep(_ path: String) -> Place {
    if case .file(let line, let column) = self { .sweep(path: path, line: line, column: column) } else { self }
  }
}
