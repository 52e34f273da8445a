import Testing

/// Functions and types that are short enough to be read at once. A longer one says why in the comment before it:
/// "Longer than 60 lines: …" or "More than 20 properties: …".
@Suite struct SizeTests {
  @Test
  func functionsAreShort() throws {
    let functions = try Self.declarations { $0.isFunction }
    #expect(functions.count > 1500, "functions are found at all")
    for (place, function) in functions where function.lines.count > 60 {
      #expect(
        function.comment.contains("Longer than 60 lines: "),
        "\(place): \(function.lines.count) lines; split it, or say before it why it is longer")
    }
  }

  @Test func typesHaveFewProperties() throws {
    let types = try Self.declarations { $0.isType }
    #expect(types.count > 300, "types are found at all")
    for (place, type) in types where type.storedProperties > 20 {
      #expect(
        type.comment.contains("More than 20 properties: "),
        "\(place): \(type.storedProperties) stored properties; split it, or say before it why there are more")
    }
  }

  /// Declarations of the sources with a body, with file and line.
  private static func declarations(_ select: (Declaration) -> Bool) throws -> [(place: String, Declaration)] {
    try Tree.swiftFiles(in: "Sources").flatMap { path, lines in
      lines.indices.compactMap { line in
        guard let found = Declaration(at: line, in: lines), select(found) else { return nil }
        return ("\(path):\(line + 1)", found)
      }
    }
  }
}

/// A declaration with a body, in a file whose indentation is that of `swift format`.
private struct Declaration {
  /// From the first line of its signature to its closing brace.
  let lines: ArraySlice<String>
  /// The comment before it, as one line.
  let comment: String

  var isFunction: Bool {
    let words = Self.words(of: lines.first!).drop { $0 == "static" }
    return ["func", "init", "subscript", "deinit", "var"].contains { words.first?.hasPrefix($0) == true }
  }
  var isType: Bool { ["struct", "class", "actor", "enum"].contains(Self.words(of: lines.first!).first) }

  init?(at first: Int, in file: [String]) {
    let indentation = Self.indentation(of: file[first])
    // The signature ends with a brace. If it has several lines, they are indented or begin with the closing bracket.
    var line = first
    while !file[line].hasSuffix("{") {
      guard line + 1 < file.count, !file[first].contains("{") else { return nil }
      line += 1
      let isIndented = Self.indentation(of: file[line]) > indentation
      guard isIndented || file[line].dropFirst(indentation).hasPrefix(")") else { return nil }
    }
    let closing = String(repeating: " ", count: indentation) + "}"
    guard let end = file[(line + 1)...].firstIndex(where: { $0.hasPrefix(closing) }) else { return nil }
    lines = file[first...end]
    let before = file[..<first].reversed().map { $0.drop { $0 == " " } }.prefix {
      $0.hasPrefix("//") || $0.hasPrefix("@")
    }
    comment = before.reversed().map { $0.drop { $0 == " " || $0 == "/" } }.joined(separator: " ")
  }

  /// Number of stored properties of each value, among those that stand in the declaration itself.
  var storedProperties: Int {
    let indentation = Self.indentation(of: lines.first!) + 2
    return lines.reduce(0) { count, line in
      let words = Self.words(of: line)
      guard Self.indentation(of: line) == indentation, ["let", "var"].contains(words.first) else { return count }
      let declared = words.dropFirst().joined(separator: " ")
      // Computed, unless the brace belongs to an initial value.
      let isStored = !declared.contains("{") || declared.prefix { $0 != "{" }.contains("=")
      let names = declared.prefix { $0 != ":" && $0 != "=" }.split(separator: ",")
      return count + (isStored ? names.count : 0)
    }
  }

  /// The words of a line from its keyword on, without modifiers and attributes.
  private static func words(of line: String) -> ArraySlice<Substring> {
    let modifiers = [
      "public", "package", "private", "fileprivate", "internal", "final", "mutating", "nonisolated", "indirect", "lazy",
      "convenience", "unowned", "weak",
    ]
    return line.split(separator: " ")
      .drop { word in word.hasPrefix("@") || modifiers.contains(String(word.prefix { $0 != "(" })) }
  }

  private static func indentation(of line: String) -> Int {
    line.isEmpty ? .max : line.prefix { $0 == " " }.count
  }
}
