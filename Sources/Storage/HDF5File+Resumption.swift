import CHDF5
import Checkpoints
import Foundation
import MessagePassing

/// Going on with a file whose writer was stopped or killed.
///
/// Such a file may be half-written: HDF5 changes its tables of contents in place. Numbers it writes once, and never
/// moves. So a checkpoint keeps all bytes but those of the numbers, and with these back in their places, and what came
/// later cut off, the file is what it was, however large it is.
extension HDF5File {
  /// Brings the file to the disk and keeps with a checkpoint what may change of it. Collective.
  func keep(in checkpoint: Checkpoint, as name: String) throws {
    try flush()
    for name in ledgers.keys.sorted() { try findNumbers(of: name) }
    let length = try agreed { communicator?.isRoot ?? true ? try FileRange.byteCount(of: path) : 0 }
    checkpoint.attach(path, parts: partsOutsideOfNumbers(length), length: length, as: name)
  }

  /// Opens `path` for more rows, as it was when the checkpoint was made. Collective.
  /// - Throws: an input failure where the file is missing or does not hold what the record says.
  convenience init(resuming path: String, _ checkpoint: Checkpoint, as name: String, _ record: HDF5Record) throws {
    let communicator = checkpoint.communicator
    let parts = checkpoint.files[name + FileParts.ending]
    let places = try communicator.coordinated { () -> [Range<Int>] in
      guard communicator.isRoot else { return [] }
      if let parts { return try FileParts.restore(path, from: parts) }
      guard let copy = checkpoint.files[name] else {
        throw Failure(
          .input, "\(path): is larger than what checkpoints of version 1 kept; go on with the program that began it")
      }
      // Checkpoints of version 1 have the whole file.
      try FileRange.write([], to: path)
      try FileRange.copy(copy, to: path, [(0..<FileRange.byteCount(of: copy), 0)])
      return []
    }
    try self.init(path, .append, over: communicator)
    for (name, dataset) in record.datasets.sorted(by: { $0.key < $1.key }) {
      let found = try exists(name) ? try contentChecksum(of: name) : nil
      try agreed {
        guard let found, found.shape == dataset.shape, found.sum == dataset.checksum else {
          throw Failure(
            .input,
            "\(path): \(name) does not hold the \(dataset.shape.first ?? 1) rows that the checkpoint was made with")
        }
      }
      // Sums of all ranks are added, so one of them starts with what is there.
      let ledger = Ledger(dataset)
      ledgers[name] = communicator.isRoot ? ledger : ledger.emptied
      // What was between the parts are the places of all numbers.
      if parts != nil { ledgers[name]!.placesFound = try placeCount(of: name) }
    }
    numberPlaces = places
  }

  // MARK: Where it stands

  /// The bytes of a file of this length that are not numbers of a dataset that was made here, on the root.
  private func partsOutsideOfNumbers(_ length: Int) -> [Range<Int>] {
    var parts: [Range<Int>] = []
    var end = 0
    numberPlaces.sort { $0.lowerBound < $1.lowerBound }
    for numbers in numberPlaces where numbers.lowerBound < length {
      if numbers.lowerBound > end { parts.append(end..<numbers.lowerBound) }
      end = max(end, numbers.upperBound)
    }
    if end < length { parts.append(end..<length) }
    return parts
  }

  /// In how many stretches of the file the numbers of a dataset stand: its chunks, or one if they have a place at all.
  private func placeCount(of name: String) throws -> Int {
    try agreed { try withDataset(name) { try placeCount($0, name).count } }
  }

  private func placeCount(_ dataset: hid_t, _ name: String) throws -> (count: Int, isChunked: Bool) {
    let properties = try check(H5Dget_create_plist(dataset), "H5Dget_create_plist", name)
    defer { H5Pclose(properties) }
    // What has no place yet has the largest address.
    guard H5Pget_layout(properties) == H5D_CHUNKED else { return (H5Dget_offset(dataset) == .max ? 0 : 1, false) }
    let space = try check(H5Dget_space(dataset), "H5Dget_space", name)
    defer { H5Sclose(space) }
    var count: hsize_t = 0
    try check(H5Dget_num_chunks(dataset, space, &count), "H5Dget_num_chunks", name)
    return (Int(count), true)
  }

  /// Looks up where the numbers of a dataset stand, those that were not looked up before.
  private func findNumbers(of name: String) throws {
    let isRoot = communicator?.isRoot ?? true
    try agreed {
      try withDataset(name) { dataset in
        let known = ledgers[name]!.placesFound
        let (count, isChunked) = try placeCount(dataset, name)
        guard count > known else { return }
        ledgers[name]!.placesFound = count
        func add(_ address: haddr_t, _ size: hsize_t) {
          if isRoot, size > 0 { numberPlaces.append(Int(address)..<(Int(address) + Int(size))) }
        }
        guard isChunked else { return add(H5Dget_offset(dataset), H5Dget_storage_size(dataset)) }
        let space = try check(H5Dget_space(dataset), "H5Dget_space", name)
        defer { H5Sclose(space) }
        var first = [hsize_t](repeating: 0, count: ledgers[name]!.shape.count)
        // In the order of their rows, to which new ones are added at the end; each call counts from the first, so that
        // asking for all of them each time would take quadratic time.
        for index in known..<count {
          var (address, size): (haddr_t, hsize_t) = (0, 0)
          var filters: UInt32 = 0
          try check(
            H5Dget_chunk_info(dataset, space, hsize_t(index), &first, &filters, &address, &size), "H5Dget_chunk_info",
            name)
          add(address, size)
          Heartbeat.beat()
        }
      }
    }
  }
}
