/// The form of a value in TOML.
struct Shape<Value> {
  /// Name of the form, which completes "must be …".
  let name: String
  /// Conversion from TOML; nil if the TOML value has another form.
  let convert: (TomlValue) -> Value?
  let toml: (Value) -> String
  /// Advice for a value of another form.
  let hint: (TomlValue) -> String
  /// Whether an array may contain this element; finds the element at fault.
  var mayHold: (TomlValue) -> Bool = { _ in true }

  /// Describes the value that was found instead, and the element at fault if it is an array.
  func found(_ value: TomlValue) -> String {
    guard case .array(let elements) = value.content, let wrong = elements.firstIndex(where: { !mayHold($0) }) else {
      return "not \(value.summary)"
    }
    return "but element \(wrong + 1) of \(value.summary) is \(elements[wrong].summary)"
  }
}

extension Shape<Double> {
  /// A finite number. An integer is accepted.
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
  /// Whether a text is a number in the sense of TOML, in which .5 and 05 are none.
  static func isNumber(_ text: String) -> Bool {
    guard let document = try? TomlValue.parse("value = " + text), case .table(let entries) = document.content else {
      return false
    }
    return entries["value"]?.value.finiteNumber != nil
  }

  /// The value as a dimension of space; nil if it is none.
  var dimensionOfSpace: Int? {
    if case .integer(let integer) = content, Bound.dimension.holds(integer) { integer } else { nil }
  }

  /// The value as a string; nil if it is none.
  var text: String? {
    if case .string(let text) = content { text } else { nil }
  }

  /// The value as a finite number; nil if it is none.
  var finiteNumber: Double? {
    switch content {
    case .integer(let integer): Double(integer)
    case .number(let number) where number.isFinite: number
    default: nil
    }
  }
}
