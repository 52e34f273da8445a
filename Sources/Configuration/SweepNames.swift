/// Names for the folders of a sweep, such as `strain_step=0.001,seed=2`.
struct SweepNames {
  /// The last part of each key; the whole key if the last part would be ambiguous.
  private let labels: [String]

  private static let longest = 120

  init(_ keys: [[String]]) {
    labels = keys.map { key in
      keys.count { $0.last == key.last } == 1 ? key.last! : key.joined(separator: ".")
    }
  }

  /// Returns a name that differs for different settings. If it cannot show all of them, it ends with a checksum.
  func name(of point: [Setting]) -> String {
    let values = point.map { if case .string(let text) = $0.value.content { text } else { $0.value.toml } }
    let readable = values.map(Self.readable)
    let name = zip(labels, readable).map { "\($0)=\($1)" }.joined(separator: ",")
    if readable == values, name.utf8.count <= Self.longest { return name }
    return name.prefix(Self.longest) + "-" + Self.checksum(point.map(\.value.toml).joined(separator: "\n"))
  }

  /// Replaces each run of characters that have a meaning for shells and file systems by "-".
  private static func readable(_ text: String) -> String {
    var result = ""
    for character in text {
      let isPlain = character.isASCII && (character.isLetter || character.isNumber || "._+-".contains(character))
      if isPlain { result.append(character) } else if result.last != "-" { result.append("-") }
    }
    return result
  }

  /// Returns the FNV-1a checksum of a text, in eight hexadecimal digits.
  private static func checksum(_ text: String) -> String {
    let sum = text.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
    let digits = String(sum, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}
