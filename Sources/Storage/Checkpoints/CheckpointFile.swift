import Checkpoints
import Foundation
import MessagePassing

/// The numbers of a checkpoint as an HDF5 file of contiguous datasets, in an order that does not depend on the ranks.
enum CheckpointFile {
  // A name can be the beginning of another, so its slashes must not become groups.
  private static func dataset(column name: String) -> String { "/columns/" + name.replacing("/", with: ".") }
  private static func dataset(value name: String) -> String { "/values/" + name.replacing("/", with: ".") }

  /// Writes the numbers, and returns the checksum of each dataset as it was in memory. Collective.
  static func write(_ checkpoint: Checkpoint, to path: String) throws -> [UInt64] {
    try checkAgreement(checkpoint)
    let file = try HDF5File(path, .create, over: checkpoint.communicator)
    for (name, data) in checkpoint.values.sorted(by: { $0.key < $1.key }) {
      let dataset = dataset(value: name)
      try file.createDataset(dataset, of: UInt8.self, shape: [data.count])
      try file.writeFromRoot(Array(data), to: dataset, start: [0], count: [data.count])
    }
    for (name, column) in checkpoint.columns.sorted(by: { $0.key < $1.key }) {
      switch column.numbers {
      case .reals(let values): try write(values, column, name, to: file)
      case .integers(let values): try write(values, column, name, to: file)
      case .smallIntegers(let values): try write(values, column, name, to: file)
      }
    }
    let record = try file.record()
    try file.close()
    return record.datasets.sorted { $0.key < $1.key }.map { UInt64(bitPattern: $0.value.checksum) }
  }

  /// Checks that all ranks hold the same values. The root writes for all, so any difference would be lost silently.
  private static func checkAgreement(_ checkpoint: Checkpoint) throws {
    let values = checkpoint.values.sorted { $0.key < $1.key }
    let sums = values.map { name, data in
      var checksum = ContentChecksum()
      data.withUnsafeBytes { checksum.add($0, at: 0) }
      return Int64(bitPattern: checksum.sum)
    }
    let root = try checkpoint.communicator.broadcast(sums)
    try checkpoint.communicator.coordinated {
      guard root.count == sums.count else { throw Failure(.physics, "ranks disagree on what a checkpoint holds") }
      for k in sums.indices where sums[k] != root[k] {
        throw Failure(.physics, "ranks disagree on '\(values[k].key)', which a checkpoint holds once for all")
      }
    }
  }

  private static func write<Element: HDF5Element>(
    _ values: [Element], _ column: Checkpoint.Column, _ name: String, to file: HDF5File
  ) throws {
    try file.createDataset(dataset(column: name), of: Element.self, shape: [column.totalRows, column.width])
    // HDF5 allocates no space for a dataset without numbers.
    guard column.totalRows > 0 else { return }
    try file.write(
      values, to: dataset(column: name), start: [column.firstRow, 0], count: [column.rows.count, column.width])
  }

  static func columns(of checkpoint: Checkpoint) -> [CheckpointManifest.Column] {
    checkpoint.columns.sorted { $0.key < $1.key }.map { name, column in
      let kind: CheckpointManifest.Column.Kind =
        switch column.numbers {
        case .reals: .float64
        case .integers: .int64
        case .smallIntegers: .int32
        }
      return .init(name: name, kind: kind, width: column.width, rows: column.totalRows)
    }
  }

  /// Returns the checksum of each dataset on disk. Each rank reads the rows that the next one wrote. Collective.
  static func checksums(of checkpoint: Checkpoint, in path: String) throws -> [UInt64] {
    let communicator = checkpoint.communicator
    let file = try HDF5File(path, .read, over: communicator)
    var sums: [String: UInt64] = [:]
    for (name, data) in checkpoint.values.sorted(by: { $0.key < $1.key }) {
      var checksum = ContentChecksum()
      // The last rank reads what the root wrote.
      let isReader = communicator.rank == communicator.size - 1
      let bytes = try file.read(UInt8.self, from: dataset(value: name), start: [0], count: [isReader ? data.count : 0])
      bytes.withUnsafeBufferPointer { checksum.add($0, at: 0) }
      sums[dataset(value: name)] = checksum.sum
    }
    for (name, column) in checkpoint.columns.sorted(by: { $0.key < $1.key }) {
      // Bounds of the rows of each rank.
      let firsts = try communicator.gather(column.rows.lowerBound)
      let lasts = try communicator.gather(column.rows.upperBound)
      let next = (communicator.rank + 1) % communicator.size
      let rows = firsts[next]..<lasts[next]
      sums[dataset(column: name)] =
        switch column.numbers {
        case .reals: try checksum(Double.self, name, rows, column.width, file)
        case .integers: try checksum(Int64.self, name, rows, column.width, file)
        case .smallIntegers: try checksum(Int32.self, name, rows, column.width, file)
        }
    }
    try file.close()
    var ordered = sums.sorted { $0.key < $1.key }.map(\.value)
    if !ordered.isEmpty { try communicator.reduce(&ordered, .sum) }
    return ordered
  }

  private static func checksum<Element: HDF5Element>(
    _ type: Element.Type, _ name: String, _ rows: Range<Int>, _ width: Int, _ file: HDF5File
  ) throws -> UInt64 {
    var checksum = ContentChecksum()
    guard try file.shape(of: dataset(column: name)).first != 0 else { return checksum.sum }
    let values = try file.read(
      type, from: dataset(column: name), start: [rows.lowerBound, 0], count: [rows.count, width])
    values.withUnsafeBufferPointer { checksum.add($0, at: rows.lowerBound * width) }
    return checksum.sum
  }

  /// Reads the numbers. Each rank gets an equal share of the rows. Collective.
  static func read(_ manifest: CheckpointManifest, in folder: String, over communicator: Communicator) throws
    -> Checkpoint
  {
    let file = try HDF5File(folder + "/" + CheckpointManifest.stateName, .read, over: communicator)
    var values: [String: Data] = [:]
    for name in manifest.values { values[name] = Data(try file.readAll(UInt8.self, from: dataset(value: name))) }
    var columns: [String: Checkpoint.Column] = [:]
    for column in manifest.columns {
      let own = RowShares(column.rows, over: communicator).own
      func block<Element: HDF5Element>(_ type: Element.Type) throws -> [Element] {
        guard column.rows > 0 else { return [] }
        return try file.read(
          type, from: dataset(column: column.name), start: [own.lowerBound, 0],
          count: [own.count, column.width])
      }
      let numbers: Checkpoint.Numbers =
        switch column.kind {
        case .float64: .reals(try block(Double.self))
        case .int64: .integers(try block(Int64.self))
        case .int32: .smallIntegers(try block(Int32.self))
        }
      columns[column.name] = .init(numbers, width: column.width, firstRow: own.lowerBound, totalRows: column.rows)
    }
    try file.close()
    let files = manifest.files.filter { $0.name != CheckpointManifest.stateName }.map {
      ($0.name, folder + "/" + $0.name)
    }
    return Checkpoint(
      values: values, columns: columns, files: Dictionary(uniqueKeysWithValues: files), over: communicator)
  }
}
