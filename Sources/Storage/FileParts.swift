import Foundation
import MessagePassing

/// Bytes of a file at their places, kept in another file, so that a file most of which is never written twice can be brought back to
/// what it was without a copy of all of it.
///
/// The kept file: eight bytes of title; as 64-bit integers in the order of the machine the length of the file, the number of parts,
/// where each begins and ends; then the bytes of the parts. Nothing here is collective.
enum FileParts {
  /// Of the name of the kept file.
  static let ending = ".parts"

  private static let title = Array("athparts".utf8)

  /// - Parameter parts: ascending, within the file.
  static func keep(_ parts: [Range<Int>], of path: String, in target: String) throws {
    let length = try FileRange.byteCount(of: path)
    let numbers = [length, parts.count] + parts.flatMap { [$0.lowerBound, $0.upperBound] }
    try FileRange.write(title + numbers.flatMap { withUnsafeBytes(of: Int64($0), Array.init) }, to: target)
    var place = title.count + 8 * numbers.count
    for part in parts {
      try FileRange.copy(path, part, to: target, at: place)
      place += part.count
    }
  }

  /// Writes the parts back to where they were and cuts off what was added.
  /// - Throws: an input failure where the file is not there or has become shorter.
  static func restore(_ path: String, from kept: String) throws {
    let keptLength = try FileRange.byteCount(of: kept)
    var place = title.count + 16
    func damaged() -> Failure { Failure(.input, "\(kept): is not what was kept of a file") }
    guard keptLength >= place else { throw damaged() }
    let head = try FileRange.bytes(of: kept, 0..<place)
    guard Array(head.prefix(title.count)) == title else { throw damaged() }
    let (length, count) = (integers(head.dropFirst(title.count))[0], integers(head.dropFirst(title.count))[1])
    guard length >= 0, count >= 0, count <= (keptLength - place) / 16 else { throw damaged() }
    let ends = integers(try FileRange.bytes(of: kept, place..<(place + 16 * count))[...])
    place += 16 * count
    let present = try FileRange.byteCount(of: path)
    guard present >= length else {
      throw Failure(.input, "\(path): has \(present) bytes; the checkpoint was made when it had \(length)")
    }
    for k in 0..<count {
      let (first, last) = (ends[2 * k], ends[2 * k + 1])
      guard 0 <= first, first <= last, last <= length, last - first <= keptLength - place else { throw damaged() }
      try FileRange.copy(kept, place..<(place + last - first), to: path, at: first)
      place += last - first
    }
    guard place == keptLength else { throw damaged() }
    guard truncate(path, off_t(length)) == 0 else { throw FileRange.failure(path) }
  }

  private static func integers(_ bytes: ArraySlice<UInt8>) -> [Int] {
    bytes.withUnsafeBytes { bytes in
      (0..<(bytes.count / 8)).map { Int(bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Int64.self)) }
    }
  }
}
