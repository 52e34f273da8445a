/// What a value looks like in TOML.
struct Shape<Value> {
  /// Completes "must be …".
  let name: String
  /// Nil if the TOML value is of another shape.
  let convert: (TomlValue) -> Value?
  let toml: (Value) -> String
  /// What to do about a value of another shape.
  let hint: (TomlValue) -> String
}

extension Shape<Double> {
  /// A finite number; an integer will do.
  static var number: Shape {
    Shape(
      name: "a finite number", convert: \.finiteNumber, toml: { "\($0)" },
      hint: { value in
        switch value.content {
        case .string(let text) where Double(text)?.isFinite == true: "remove the quotes"
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
        case .string(let text) where Int(text) != nil: "remove the quotes"
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
