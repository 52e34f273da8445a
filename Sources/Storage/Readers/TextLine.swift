import Foundation
import MessagePassing

/// One line of a text file with its number, for parsers whose errors name file and line.
struct TextLine {
  let path: String
  /// Number of the line, from 1.
  let number: Int
  /// Bytes of the line without its end. The byte after the last one is readable and is no digit.
  let bytes: UnsafeBufferPointer<UInt8>

  var text: String { String(decoding: bytes, as: UTF8.self) }

  func failure(_ what: String) -> Failure { Failure(.input, "\(path):\(number): \(what)") }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0d) }

  /// Splits the line at blanks, up to a comment sign. The array is reused for each line.
  func split(into words: inout [Range<Int>], comment: UInt8? = nil) {
    words.removeAll(keepingCapacity: true)
    var k = 0
    while k < bytes.count {
      while k < bytes.count, Self.isBlank(bytes[k]) { k += 1 }
      if k == bytes.count || bytes[k] == comment { return }
      let start = k
      while k < bytes.count, !Self.isBlank(bytes[k]), bytes[k] != comment { k += 1 }
      words.append(start..<k)
    }
  }

  func word(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  /// Returns a word as error messages quote it, cut if it is longer than 40 characters.
  func quoted(_ range: Range<Int>) -> String {
    let word = word(range)
    return "'" + (word.count > 40 ? word.prefix(40) + "…" : word) + "'"
  }

  /// Parses a whole number of at most 64 bits.
  func integer(_ range: Range<Int>, _ meaning: String) throws -> Int {
    var k = range.lowerBound
    let isNegative = bytes[k] == UInt8(ascii: "-")
    if isNegative || bytes[k] == UInt8(ascii: "+") { k += 1 }
    var value = 0
    var isValid = k < range.upperBound
    while isValid, k < range.upperBound {
      let digit = Int(bytes[k]) - 0x30
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflowAgain) = product.addingReportingOverflow(digit)
      isValid = digit >= 0 && digit <= 9 && !overflow && !overflowAgain
      value = sum
      k += 1
    }
    guard isValid else { throw failure("\(meaning) must be a whole number, not \(quoted(range))") }
    return isNegative ? -value : value
  }

  func int32(_ range: Range<Int>, _ meaning: String) throws -> Int32 {
    let value = try integer(range, meaning)
    guard let small = Int32(exactly: value) else { throw failure("\(meaning) \(value) does not fit 32 bits") }
    return small
  }

  /// Whether a byte can occur in a decimal number. (`strtod` would also accept hexadecimal numbers, nan and inf.)
  static func isOfNumber(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"),
      UInt8(ascii: "d"), UInt8(ascii: "D"):
      true
    default: false
    }
  }

  /// Parses a finite decimal number. Exponents of Fortran are accepted, as in 1.5D+00.
  func real(_ range: Range<Int>, _ meaning: String) throws -> Double {
    func complaint() -> Failure { failure("\(meaning) must be a finite number, not \(quoted(range))") }
    var isFortran = false
    for byte in bytes[range] {
      guard Self.isOfNumber(byte) else { throw complaint() }
      if byte | 0x20 == UInt8(ascii: "d") { isFortran = true }
    }
    if isFortran {
      let word = String(
        decoding: bytes[range].map { $0 | 0x20 == UInt8(ascii: "d") ? UInt8(ascii: "e") : $0 }, as: UTF8.self)
      guard let value = Double(word), value.isFinite else { throw complaint() }
      return value
    }
    let start = UnsafeRawPointer(bytes.baseAddress! + range.lowerBound).assumingMemoryBound(to: CChar.self)
    var end: UnsafeMutablePointer<CChar>?
    let value = strtod(start, &end)
    guard let end, UnsafePointer(end) == start + range.count, value.isFinite else { throw complaint() }
    return value
  }
}
