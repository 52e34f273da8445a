import CHDF5
import CShims
import Foundation
import MessagePassing

/// Going on with a file whose writer was stopped or killed.
///
/// What is in such a file beyond the record may be half-written, so nothing is ever added to it: what the record holds is
/// copied to a new file, checked on the way, and the new file takes the place of the old one when it is complete.
extension HDF5File {
  /// Opens `path` for more rows, with the content that a record tells of. Collective.
  /// - Parameter source: where that content stands; may be `path` itself.
  /// - Throws: an input failure where the source is missing or does not hold what the record says.
  public convenience init(
    resuming path: String, from source: String, _ record: HDF5Record, over communicator: Communicator
  ) throws {
    let old = try HDF5File(source, .read, over: communicator)
    try self.init(path + ".resumed", .create, over: communicator)
    try copyTree(of: old, "/", record)
    try copyLinks(of: old, record)
    let copied = try self.record()
    try agreed {
      for (name, dataset) in record.datasets where copied.datasets[name]?.checksum != dataset.checksum {
        throw Failure(.input, "\(source): \(name) does not hold the \(dataset.shape.first ?? 1) rows that the checkpoint was made with")
      }
    }
    try old.close()
    try flush()
    try agreed {
      if communicator.isRoot, rename(self.path, path) != 0 { throw FileRange.failure(path) }
    }
    self.path = path
  }

  private func copyTree(of old: HDF5File, _ group: String, _ record: HDF5Record) throws {
    try copyAttributes(of: old, group)
    for name in try old.names(in: group) {
      let object = group == "/" ? "/" + name : group + "/" + name
      if try !old.isDataset(object) {
        if try old.isYounger(object, than: record) { continue }
        try createGroup(object)
        try copyTree(of: old, object, record)
      } else if let dataset = record.datasets[object] {
        try copy(dataset, of: old, object)
        try copyAttributes(of: old, object)
      } else if object != Self.recordName, try old.typeName(of: object).hasPrefix("string") {
        try writeText(try old.readText(object), to: object)
      }
    }
  }

  /// Whether all the numbers in a group were made after the record.
  private func isYounger(_ group: String, than record: HDF5Record) throws -> Bool {
    func numbers(in group: String) throws -> [String] {
      try names(in: group).flatMap { name in
        let object = group + "/" + name
        guard try isDataset(object) else { return try numbers(in: object) }
        return try typeName(of: object).hasPrefix("string") ? [] : [object]
      }
    }
    let found = try numbers(in: group)
    return !found.isEmpty && !found.contains { record.datasets[$0] != nil }
  }

  private func copy(_ dataset: HDF5Record.Dataset, of old: HDF5File, _ name: String) throws {
    switch try old.typeName(of: name) {
    case "float64": try copy(dataset, of: old, name, as: Double.self)
    case "int64": try copy(dataset, of: old, name, as: Int64.self)
    case "int32": try copy(dataset, of: old, name, as: Int32.self)
    case "uint8": try copy(dataset, of: old, name, as: UInt8.self)
    case let type: throw Failure.everywhere(.input, "\(old.path): \(name) is of an unknown kind, \(type)")
    }
  }

  /// Ranks share the rows, and take them in pieces.
  private func copy<Element: HDF5Element>(
    _ dataset: HDF5Record.Dataset, of old: HDF5File, _ name: String, as type: Element.Type
  ) throws {
    let shape = dataset.shape
    let there = try old.shape(of: name)
    try agreed {
      guard there.count == shape.count, there.dropFirst() == shape.dropFirst(), there.first ?? 0 >= shape.first ?? 0 else {
        throw Failure(.input, "\(old.path): \(name) has the shape \(there), where the checkpoint was made with \(shape)")
      }
    }
    try createDataset(name, of: type, shape: dataset.isGrowing ? [0] + shape.dropFirst() : shape, growing: dataset.isGrowing)
    if dataset.isGrowing { try extend(name, to: shape[0]) }
    guard let rows = shape.first else { return }
    let rest = Array(shape.dropFirst())
    let rowSize = max(1, rest.reduce(1, *))
    let (rank, size) = (communicator?.rank ?? 0, communicator?.size ?? 1)
    let own = (rows * rank / size)..<(rows * (rank + 1) / size)
    let piece = max(1, (32 << 20) / (rowSize * MemoryLayout<Element>.stride))
    let most = (rows + size - 1) / size
    for start in stride(from: 0, to: most, by: piece) {
      let part = min(own.lowerBound + start, own.upperBound)..<min(own.lowerBound + start + piece, own.upperBound)
      let values = try old.read(type, from: name, start: [part.lowerBound] + rest.map { _ in 0 }, count: [part.count] + rest)
      try write(values, to: name, start: [part.lowerBound] + rest.map { _ in 0 }, count: [part.count] + rest)
    }
  }

  /// Second names of datasets, of those in the record.
  private func copyLinks(of old: HDF5File, _ record: HDF5Record) throws {
    var names: [UInt64: String] = [:]
    for name in record.datasets.keys.sorted() { names[try old.address(of: name)] = name }
    func visit(_ group: String) throws {
      for name in try old.names(in: group) {
        let object = group == "/" ? "/" + name : group + "/" + name
        if try !old.isDataset(object) {
          try visit(object)
        } else if record.datasets[object] == nil, let target = names[try old.address(of: object)], try exists(group) {
          try link(object, to: target)
        }
      }
    }
    try visit("/")
  }

  /// What tells whether two names mean one object.
  private func address(of object: String) throws -> UInt64 {
    try agreed {
      try withObject(object) { opened in
        var info = H5O_info_t()
        try check(H5Oget_info2(opened, &info, UInt32(H5O_INFO_BASIC)), "H5Oget_info", object)
        return UInt64(info.addr)
      }
    }
  }

  /// Attributes are copied as they are, whatever they hold.
  private func copyAttributes(of old: HDF5File, _ object: String) throws {
    for name in try old.attributeNames(of: object) {
      try agreed {
        try old.withObject(object) { source in
          try withObject(object) { target in
            let from = try old.check(H5Aopen(source, name, 0), "H5Aopen", name)
            defer { H5Aclose(from) }
            let type = try old.check(H5Aget_type(from), "H5Aget_type", name)
            defer { H5Tclose(type) }
            let space = try old.check(H5Aget_space(from), "H5Aget_space", name)
            defer { H5Sclose(space) }
            let size = H5Tget_size(type) * max(1, Int(H5Sget_simple_extent_npoints(space)))
            guard size <= 1 << 20 else { throw old.failure("the attribute \(name) of \(object) is too long") }
            var bytes = [UInt8](repeating: 0, count: size)
            try old.check(H5Aread(from, type, &bytes), "H5Aread", name)
            let to = try check(H5Acreate2(target, name, type, space, 0, 0), "H5Acreate", name)
            defer { H5Aclose(to) }
            try check(H5Awrite(to, type, bytes), "H5Awrite", name)
          }
        }
      }
    }
  }
}
