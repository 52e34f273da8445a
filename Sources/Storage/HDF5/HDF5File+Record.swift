import Foundation
import MessagePassing

/// A record of the content of a file, dataset by dataset, by which a reader can verify that it is complete.
public struct HDF5Record: Codable, Sendable {
  struct Dataset: Codable, Sendable {
    var shape: [Int]
    var isGrowing: Bool
    /// The bits of a ``ContentChecksum``.
    var checksum: Int64
    /// Contribution of each row to the checksum, if rows are long. It allows verification of single rows.
    var rows: [Int64]?
  }

  var datasets: [String: Dataset] = [:]
  /// Checksums of texts and attributes, by `/object` and `/object@attribute`; nil if only numbers are recorded.
  var words: [String: Int64]?

  /// Returns the number of rows of a dataset; 0 if it is not recorded.
  func rows(of name: String) -> Int { datasets[name]?.shape.first ?? 0 }
}

extension HDF5File {
  /// The part of the record of a dataset that this rank knows. Each element is written once.
  struct Ledger {
    var shape: [Int]
    let isGrowing: Bool
    var checksum = ContentChecksum()
    /// Contribution of each row to the checksum; nil unless rows are long and were written one by one.
    var rows: [UInt64]?
    /// Number of stretches of the file with numbers of the dataset that are already in ``HDF5File/numberPlaces``.
    /// Chunks are counted in their order.
    var placesFound = 0

    /// Number of elements from which a row counts as long.
    private static let longRow = 1 << 8

    init(shape: [Int], isGrowing: Bool) {
      self.shape = shape
      self.isGrowing = isGrowing
      rows = isGrowing && shape.dropFirst().reduce(1, *) >= Self.longRow ? [] : nil
    }

    /// Continues the record of a dataset that was written before.
    init(_ dataset: HDF5Record.Dataset) {
      shape = dataset.shape
      isGrowing = dataset.isGrowing
      checksum = ContentChecksum(sum: UInt64(bitPattern: dataset.checksum))
      rows = dataset.rows?.map { UInt64(bitPattern: $0) }
    }

    /// A copy with all sums set to zero. The sums of all ranks are added, so only one of them may contain earlier sums.
    var emptied: Ledger {
      var ledger = self
      ledger.checksum = ContentChecksum()
      ledger.rows = rows?.map { _ in 0 }
      return ledger
    }

    /// Adds a block in row-major order.
    mutating func add<Element: HDF5Element>(_ values: [Element], start: [Int], count: [Int]) {
      let before = checksum.sum
      addBlock(values, start: start, count: count)
      guard rows != nil, !values.isEmpty else { return }
      guard count[0] == 1 else {
        rows = nil
        return
      }
      while rows!.count <= start[0] { rows!.append(0) }
      rows![start[0]] &+= checksum.sum &- before
    }

    private mutating func addBlock<Element: HDF5Element>(_ values: [Element], start: [Int], count: [Int]) {
      guard !values.isEmpty else { return }
      guard !shape.isEmpty else { return values.withUnsafeBufferPointer { checksum.add($0, at: 0) } }
      // Find the last axis that the block cuts. Elements along it and all later axes are contiguous.
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

  /// Name of the dataset in which a complete file keeps its own record.
  static let recordName = "/parameters/record"

  /// Writes the record of the content into the file, and closes it. Collective.
  public func seal() throws {
    var record = try record()
    record.words = try wordChecksums()
    try writeText(String(decoding: try JSONCoding.encoder.encode(record), as: UTF8.self), to: Self.recordName)
    try close()
  }

  /// Returns the checksums of everything except the numbers of datasets: texts and attributes. Collective.
  func wordChecksums() throws -> [String: Int64] {
    var sums: [String: Int64] = [:]
    func add(_ bytes: [UInt8], as name: String) {
      var checksum = ContentChecksum()
      bytes.withUnsafeBytes { checksum.add($0, at: 0) }
      sums[name] = Int64(bitPattern: checksum.sum)
    }
    try forEachObject { object, entry in
      switch entry {
      case .group, .type: break
      case .dataset:
        if try typeName(of: object).hasPrefix("string") { add(Array(try readText(object).utf8), as: object) }
      case .known, .elsewhere: return
      }
      for name in try attributeNames(of: object) { add(try attributeBytes(name, of: object), as: object + "@" + name) }
    }
    sums[Self.recordName] = nil
    return sums
  }

  /// Returns the record of all datasets of numbers that were created. Collective.
  public func record() throws -> HDF5Record {
    let names = ledgers.keys.sorted()
    var sums = names.map { ledgers[$0]!.checksum.sum }
    if !sums.isEmpty { try communicator?.reduce(&sums, .sum) }
    var record = HDF5Record()
    for (name, sum) in zip(names, sums) {
      let ledger = ledgers[name]!
      record.datasets[name] = .init(
        shape: ledger.shape, isGrowing: ledger.isGrowing, checksum: Int64(bitPattern: sum),
        rows: try rowSums(of: ledger))
    }
    return record
  }

  /// Returns the sums of the rows over all ranks; nil if one of the ranks has none. Collective.
  private func rowSums(of ledger: Ledger) throws -> [Int64]? {
    guard ledger.isGrowing else { return nil }
    let isKept = ledger.rows == nil ? Int32(0) : 1
    guard try communicator?.reduce(isKept, .minimum) ?? isKept == 1 else { return nil }
    var sums = ledger.rows! + [UInt64](repeating: 0, count: ledger.shape[0] - ledger.rows!.count)
    if !sums.isEmpty { try communicator?.reduce(&sums, .sum) }
    return sums.map { Int64(bitPattern: $0) }
  }

  // MARK: Verification

  /// Returns the record in the file; nil if there is none. Everything except the numbers of datasets has then
  /// been verified against it. Collective.
  /// - Throws: an input failure that names the damaged object.
  func checkedRecord() throws -> HDF5Record? {
    guard try isDataset(Self.recordName) else { return nil }
    let text = try readText(Self.recordName)
    let record = try? JSONCoding.decoder.decode(HDF5Record.self, from: Data(text.utf8))
    try agreed { if record == nil { throw failure("\(Self.recordName) cannot be read; the file is damaged") } }
    for (name, expected) in record!.datasets.sorted(by: { $0.key < $1.key }) {
      let found = try isDataset(name) ? shape(of: name) : nil
      try agreed {
        guard found == expected.shape else {
          throw failure("\(name) is missing or has another shape than \(expected.shape); the file is damaged")
        }
        if let rows = expected.rows,
          expected.shape.count < 2 || rows.count != expected.shape[0] || rows.reduce(0, &+) != expected.checksum
        {
          throw failure("\(Self.recordName) contradicts itself about \(name); the file is damaged")
        }
      }
    }
    if let words = record!.words {
      let found = try wordChecksums()
      try agreed {
        if let name = Set(words.keys).union(found.keys).sorted().first(where: { words[$0] != found[$0] }) {
          throw failure("\(name) is not what was written; the file is damaged")
        }
      }
    }
    return record
  }

  /// Verifies a dataset against the record before its numbers are used for the first time; only the row if all
  /// ranks read the same one. Collective.
  func verifyRead(_ dataset: String, start: [Int], count: [Int]) throws {
    guard let ownRecord else { return }
    let name = "/" + dataset.split(separator: "/").joined(separator: "/")
    guard let expected = ownRecord.datasets[name], !held.contains(name) else { return }
    if let rows = expected.rows, let row = try sharedRow(start, count), rows.indices.contains(row) {
      guard held.insert("\(name)[\(row)]").inserted else { return }
      let sum = try rowChecksum(of: name, row, expected.shape)
      try agreed {
        guard sum == rows[row] else {
          throw failure("row \(row) of \(name) does not agree with its checksum; the file is damaged")
        }
      }
      return
    }
    held.insert(name)
    let (_, sum) = try contentChecksum(of: name)
    try agreed {
      guard sum == expected.checksum else {
        throw failure("\(name) does not agree with its checksum; the file is damaged")
      }
    }
  }

  /// Returns the row from which all ranks read, if it is the same one. Collective.
  private func sharedRow(_ start: [Int], _ count: [Int]) throws -> Int? {
    let own = count.first == 1 ? start[0] : -1
    guard let communicator else { return own < 0 ? nil : own }
    let (lowest, highest) = (try communicator.reduce(own, .minimum), try communicator.reduce(own, .maximum))
    return lowest == highest && lowest >= 0 ? lowest : nil
  }
}
