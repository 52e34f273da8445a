import MessagePassing

/// Arguments of a command: plain words in order, options, each with a value, and flags without one.
struct Arguments {
  private(set) var plain: [String] = []
  private var options: [(name: String, value: String)] = []
  private var flags: Set<String> = []

  /// Parses the words after the name of a command.
  /// - Throws: an input failure for an option that the command does not know, or one without its value.
  init(
    _ words: [String], options known: Set<String>, flags knownFlags: Set<String> = [], plain expected: ClosedRange<Int>,
    usage: String
  ) throws {
    var rest = words[...]
    while let word = rest.popFirst() {
      guard word.hasPrefix("--") else {
        plain.append(word)
        continue
      }
      if knownFlags.contains(word) {
        flags.insert(word)
        continue
      }
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      guard known.contains(parts[0]) else {
        throw Failure.everywhere(.input, "unknown option \(parts[0]); usage: \(usage)")
      }
      // --set a.b=c has its own equals sign; --ranks=4 is --ranks 4.
      if parts.count == 2 {
        options.append((parts[0], parts[1]))
      } else if let value = rest.popFirst() {
        options.append((word, value))
      } else {
        throw Failure.everywhere(.input, "option \(word) needs a value; usage: \(usage)")
      }
    }
    guard expected.contains(plain.count) else { throw Failure.everywhere(.input, "usage: \(usage)") }
  }

  func has(_ flag: String) -> Bool { flags.contains(flag) }
  func value(_ option: String) -> String? { options.last { $0.name == option }?.value }
  func values(_ option: String) -> [String] { options.filter { $0.name == option }.map(\.value) }

  func integer(_ option: String, in range: ClosedRange<Int>) throws -> Int? {
    guard let text = value(option) else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw Failure.everywhere(
        .input, "\(option) takes a whole number from \(range.lowerBound) to \(range.upperBound), not '\(text)'")
    }
    return number
  }

  func real(_ option: String) throws -> Double? {
    guard let text = value(option) else { return nil }
    guard let number = Double(text), number.isFinite else {
      throw Failure.everywhere(.input, "\(option) takes a number, not '\(text)'")
    }
    return number
  }
}
