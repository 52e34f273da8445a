/// What a value looks like in TOML.
struct Shape<Value> {
  /// Completes "must be …".
  let name: String
  /// Nil if the TOML value is of another shape.
  let convert: (TomlValue) -> Value?
  let toml: (Value) -> String
  /// What to do about a value of another shape.
  let hint: (TomlValue) -> String
  /// Of arrays: whether an element may stand in one.
  var mayHold: (TomlValue) -> Bool = { _ in true }

  /// What was found in place of what was expected: the element at fault, where it is one of an array.
  func found(_ value: TomlValue) -> String {
    guard case .array(let elements) = value.content, let wrong = elements.firstIndex(where: { !mayHold($0) }) else {
      return "not \(value.summary)"
    }
    return "but element \(wrong + 1) of \(value.summary) is \(elements[wrong].summary)"
  }
}

extension Shape<Double> {
  /// A finite number; an integer will do.
  static var number: Shape {
    Shape(
      name: "a finite number", convert: \.finiteNumber, toml: { "\($0)" },
      hint: { value in
        switch value.content {
        case .string(let text) where Double(text)?.isFinite == true:
          TomlValue.isNumber(text) ? "remove the quotes" : "write \(Double(text)!)"
        case .number: "infinity and NaN are never accepted"
        default: "write it as 0.5 or 1e-3"
        }
      })
  }
}

extension Shape<Int> {
  static var integer: Shape {
    Shape(
      name: "an integer",
      convert: { value in if case .integer(let integer) = value.content { integer } else { nil } },
      toml: { "\($0)" },
      hint: { value in
        switch value.content {
        case .string(let text) where Int(text) != nil:
          TomlValue.isNumber(text) ? "remove the quotes" : "write \(Int(text)!)"
        case .number(let number): Int(exactly: number).map { "write \($0)" } ?? "only whole numbers make sense here"
        default: "write it as 10"
        }
      })
  }
}

extension Shape<Bool> {
  static var boolean: Shape {
    Shape(
      name: "true or false",
      convert: { value in if case .boolean(let boolean) = value.content { boolean } else { nil } },
      toml: { "\($0)" }, hint: { _ in "write true or false, without quotes" })
  }
}

extension Shape<String> {
  static var text: Shape {
    Shape(
      name: "a string", convert: { value in if case .string(let text) = value.content { text } else { nil } },
      toml: \.tomlQuoted, hint: { _ in "put it in quotes" })
  }
}

extension TomlValue {
  /// Whether a text is a number as TOML has them: .5 and 05 are none.
  static func isNumber(_ text: String) -> Bool {
    guard let document = try? TomlValue.parse("value = " + text), case .table(let entries) = document.content else {
      return false
    }
    return entries["value"]?.value.finiteNumber != nil
  }

  /// The value as a dimension of space, if it is one.
  var dimensionOfSpace: Int? {
    if case .integer(let integer) = content, Bound.dimension.holds(integer) { integer } else { nil }
  }

  /// The value as a string, if it is one.
  var text: String? {
    if case .string(let text) = content { text } else { nil }
  }

  /// The value as a number, if it is one and finite.
  var finiteNumber: Double? {
    switch content {
    case .integer(let integer): Double(integer)
    case .number(let number) where number.isFinite: number
    default: nil
    }
  }
}
