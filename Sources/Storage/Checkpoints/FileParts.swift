import Foundation
import MessagePassing

/// Saved parts of a file: bytes with their places, kept in another file. Most bytes of the original are never
/// rewritten, so it can be restored without a full copy.
///
/// The kept file contains eight bytes of title; as 64-bit integers in native byte order the length of the original, the
/// number of parts, and the bounds of each; then the bytes of the parts. Nothing here is collective.
enum FileParts {
  /// Suffix of the name of the kept file.
  static let ending = ".parts"

  private static let title = Array("athparts".utf8)

  /// Saves parts of a file in `target`.
  /// - Parameters:
  ///   - parts: the byte ranges, ascending.
  ///   - length: the length of the file.
  static func keep(_ parts: [Range<Int>], of path: String, length: Int, in target: String) throws {
    precondition(parts.allSatisfy { $0.upperBound <= length }, "parts beyond the end of \(path)")
    let numbers = [length, parts.count] + parts.flatMap { [$0.lowerBound, $0.upperBound] }
    try FileRange.write(title + numbers.flatMap { withUnsafeBytes(of: Int64($0), Array.init) }, to: target)
    var place = title.count + 8 * numbers.count
    try FileRange.copy(
      path, to: target,
      parts.map { part in
        defer { place += part.count }
        return (part, place)
      })
  }

  /// Writes the parts back to their places, and truncates the file to its former length.
  /// - Returns: the gaps between the parts, whose bytes are left as they are.
  /// - Throws: an input failure if the file is missing or has become shorter.
  static func restore(_ path: String, from kept: String) throws -> [Range<Int>] {
    let keptLength = try FileRange.byteCount(of: kept)
    var place = title.count + 16
    func damaged() -> Failure { Failure(.input, "\(kept): does not match what was saved of a file") }
    guard keptLength >= place else { throw damaged() }
    let head = try FileRange.bytes(of: kept, 0..<place)
    guard Array(head.prefix(title.count)) == title else { throw damaged() }
    let numbers = integers(head.dropFirst(title.count))
    let (length, count) = (numbers[0], numbers[1])
    guard length >= 0, count >= 0, count <= (keptLength - place) / 16 else { throw damaged() }
    let ends = integers(try FileRange.bytes(of: kept, place..<(place + 16 * count))[...])
    place += 16 * count
    let present = try FileRange.byteCount(of: path)
    guard present >= length else {
      throw Failure(.input, "\(path): has \(present) bytes; the checkpoint was made when it had \(length)")
    }
    var moves: [(from: Range<Int>, to: Int)] = []
    var between: [Range<Int>] = []
    var end = 0
    for k in 0..<count {
      let (first, last) = (ends[2 * k], ends[2 * k + 1])
      guard end <= first, first <= last, last <= length, last - first <= keptLength - place else { throw damaged() }
      if first > end { between.append(end..<first) }
      moves.append((place..<(place + last - first), first))
      place += last - first
      end = last
    }
    guard place == keptLength else { throw damaged() }
    if end < length { between.append(end..<length) }
    try FileRange.copy(kept, to: path, moves)
    guard truncate(path, off_t(length)) == 0 else { throw FileRange.failure(path) }
    return between
  }

  private static func integers(_ bytes: ArraySlice<UInt8>) -> [Int] {
    bytes.withUnsafeBytes { bytes in
      (0..<(bytes.count / 8)).map { Int(bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Int64.self)) }
    }
  }
}
