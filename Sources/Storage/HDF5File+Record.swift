import Foundation
import MessagePassing

/// What was written to a file, dataset by dataset: so much that a reader can tell whether it is all there.
public struct HDF5Record: Codable, Sendable {
  struct Dataset: Codable, Sendable {
    var shape: [Int]
    var isGrowing: Bool
    /// The bits of a ``ContentChecksum``.
    var checksum: Int64
  }

  var datasets: [String: Dataset] = [:]
  /// Checksums of texts and attributes, by `/object` and `/object@attribute`; nil where only numbers are recorded.
  var words: [String: Int64]?

  /// Rows of a dataset.
  func rows(of name: String) -> Int { datasets[name]?.shape.first ?? 0 }
}

extension HDF5File {
  /// What this rank knows of a dataset that it has made; each element is written once.
  struct Ledger {
    var shape: [Int]
    let isGrowing: Bool
    var checksum = ContentChecksum()
    /// How many of the stretches of the file in which its numbers stand are in ``HDF5File/numberPlaces``: chunks in their order.
    var placesFound = 0

    /// Adds a block in row-major order.
    mutating func add<Element: HDF5Element>(_ values: [Element], start: [Int], count: [Int]) {
      guard !values.isEmpty else { return }
      guard !shape.isEmpty else { return values.withUnsafeBufferPointer { checksum.add($0, at: 0) } }
      // Axes after the last one that is cut are moved as a whole.
      var inner = shape.count - 1
      while inner > 0, start[inner] == 0, count[inner] == shape[inner] { inner -= 1 }
      let rest = shape[(inner + 1)...].reduce(1, *)
      let run = count[inner] * rest
      values.withUnsafeBufferPointer { values in
        var index = Array(start[..<inner])
        var taken = 0
        while taken < values.count {
          var place = 0
          for axis in 0..<inner { place = place * shape[axis] + index[axis] }
          place = (place * shape[inner] + start[inner]) * rest
          checksum.add(UnsafeBufferPointer(rebasing: values[taken..<(taken + run)]), at: place)
          taken += run
          var axis = inner - 1
          while axis >= 0 {
            index[axis] += 1
            if index[axis] < start[axis] + count[axis] { break }
            index[axis] = start[axis]
            axis -= 1
          }
        }
      }
    }
  }

  /// Where a complete file keeps its own record.
  static let recordName = "/parameters/record"

  /// Notes what the file must hold, and closes it. Collective.
  public func seal() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var record = try record()
    record.words = try wordChecksums()
    try writeText(String(decoding: try encoder.encode(record), as: UTF8.self), to: Self.recordName)
    try close()
  }

  /// Of all that is not numbers of a dataset: texts and attributes. Collective.
  func wordChecksums() throws -> [String: Int64] {
    var sums: [String: Int64] = [:]
    func add(_ bytes: [UInt8], as name: String) {
      var checksum = ContentChecksum()
      bytes.withUnsafeBytes { checksum.add($0, at: 0) }
      sums[name] = Int64(bitPattern: checksum.sum)
    }
    func visit(_ object: String) throws {
      for name in try attributeNames(of: object) { add(try attributeBytes(name, of: object), as: object + "@" + name) }
      guard try object == "/" || !isDataset(object) else {
        if try typeName(of: object).hasPrefix("string") { add(Array(try readText(object).utf8), as: object) }
        return
      }
      for name in try names(in: object) { try visit(object == "/" ? "/" + name : object + "/" + name) }
    }
    try visit("/")
    sums[Self.recordName] = nil
    return sums
  }

  /// The record of all datasets of numbers that were made. Collective.
  public func record() throws -> HDF5Record {
    let names = ledgers.keys.sorted()
    var sums = names.map { ledgers[$0]!.checksum.sum }
    if !sums.isEmpty { try communicator?.reduce(&sums, .sum) }
    var record = HDF5Record()
    for (name, sum) in zip(names, sums) {
      let ledger = ledgers[name]!
      record.datasets[name] = .init(
        shape: ledger.shape, isGrowing: ledger.isGrowing, checksum: Int64(bitPattern: sum))
    }
    return record
  }
}
