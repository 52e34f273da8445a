import MessagePassing

/// The keys in the second line of a frame of extended XYZ, by its published grammar: `key=value` with blanks around the
/// sign, bare or quoted keys and values, lists in braces, brackets or quotes, and matrices as lists of lists.
///
/// A bare key means true. Keys are not case-sensitive. The value of a key that is never asked for may be malformed.
struct ExtendedXYZKeys {
  struct Value {
    /// The value as it was written.
    let text: String
    /// Elements of a list or matrix in order; a single element for a single value.
    let words: [String]
  }

  /// Label of the line in error messages.
  private let place: String
  private var values: [String: Value] = [:]
  private var faults: [String: String] = [:]

  init(_ line: String, at place: String) {
    self.place = place
    var rest = Substring(line)
    while true {
      rest = rest.drop(while: \.isWhitespace)
      guard let first = rest.first else { return }
      let key: String
      if first == "\"", let (_, inside) = Self.enclosed(&rest) {
        key = inside
      } else {
        // A stray equals sign gives an empty key, which is never asked for.
        let bare = rest.prefix { $0 != "=" && !$0.isWhitespace }
        rest = rest.dropFirst(bare.count)
        key = String(bare)
      }
      let name = key.lowercased()
      let afterKey = rest.drop(while: \.isWhitespace)
      var value = Value(text: "T", words: ["T"])
      if afterKey.first == "=" {
        rest = afterKey.dropFirst().drop(while: \.isWhitespace)
        value = self.value(&rest, of: key, name)
      }
      if values[name] == nil { values[name] = value } else { faults[name] = "key \(key) occurs twice" }
    }
  }

  /// Returns the value of a key; nil if there is none.
  /// - Throws: an input failure if the key exists but cannot be understood.
  subscript(_ key: String) -> Value? {
    get throws {
      let name = key.lowercased()
      if let fault = faults[name] { throw Failure(.input, "\(place): \(fault)") }
      return values[name]
    }
  }

  /// Returns `expected` finite numbers; nil if there is no such key.
  func numbers(_ key: String, _ expected: Int) throws -> [Double]? {
    guard let value = try self[key] else { return nil }
    let numbers = value.words.compactMap(Self.number)
    guard value.words.count == expected, numbers.count == expected else {
      throw Failure(
        .input,
        "\(place): \(key) must be \(expected) finite number\(expected == 1 ? "" : "s"), not '\(value.text.prefix(60))'")
    }
    return numbers
  }

  /// Parses a finite decimal number. Exponents of Fortran are accepted.
  private static func number(_ word: String) -> Double? {
    guard word.utf8.allSatisfy({ TextLine.isOfNumber($0) }) else { return nil }
    return Double(String(word.map { $0 == "d" || $0 == "D" ? "e" : $0 })).flatMap { $0.isFinite ? $0 : nil }
  }

  /// Parses a logical value in any of its spellings.
  static func logical(_ word: String) -> Bool? {
    switch word {
    case "T", "true", "True", "TRUE", "1": true
    case "F", "false", "False", "FALSE", "0": false
    default: nil
    }
  }

  // MARK: Values

  private mutating func value(_ rest: inout Substring, of key: String, _ name: String) -> Value {
    if let first = rest.first, "\"'{[".contains(first) {
      if let (text, inside) = Self.enclosed(&rest) {
        let words = Self.words(of: inside, hasCommas: first == "[" || first == "{")
        return Value(text: first == "\"" || first == "'" ? inside : text, words: words)
      }
      let sign = first == "[" ? "bracket" : first == "{" ? "brace" : "quotation mark"
      faults[name] = "the \(sign) after \(key)= is not closed"
    }
    let bare = rest.prefix { !$0.isWhitespace }
    rest = rest.dropFirst(bare.count)
    return Value(text: String(bare), words: [String(bare)])
  }

  /// Removes a quoted, braced or bracketed value from `rest`, and returns it with and without its enclosing
  /// characters; nil if it is not closed.
  private static func enclosed(_ rest: inout Substring) -> (text: String, inside: String)? {
    let opening = rest.first!
    let isQuoted = opening == "\"" || opening == "'"
    let closing: Character = opening == "[" ? "]" : opening == "{" ? "}" : opening
    var depth = 0
    var quote: Character?
    var isEscaped = false
    var inside = ""
    for index in rest.indices {
      let character = rest[index]
      if index == rest.startIndex {
        depth = 1
        continue
      }
      if isEscaped {
        inside.append(character == "n" ? "\n" : character)
        isEscaped = false
        continue
      }
      if character == "\\" {
        isEscaped = true
        continue
      }
      if !isQuoted {
        if let open = quote {
          if character == open { quote = nil }
        } else if character == "\"" {
          quote = character
        } else if character == opening {
          depth += 1
        } else if character == closing {
          depth -= 1
        }
      } else if character == closing {
        depth -= 1
      }
      if depth == 0 {
        let end = rest.index(after: index)
        let text = String(rest[..<end])
        rest = rest[end...]
        return (text, inside)
      }
      inside.append(character)
    }
    return nil
  }

  private static func words(of inside: String, hasCommas: Bool) -> [String] {
    inside.split { $0.isWhitespace || (hasCommas && ",[]{}\"".contains($0)) }.map(String.init)
  }
}
