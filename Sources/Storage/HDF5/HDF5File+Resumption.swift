import CHDF5
import Checkpoints
import Foundation
import MessagePassing

/// Resumption of a file whose writer was stopped or killed.
///
/// Such a file may be half-written, because HDF5 changes its tables of contents in place. But it writes numbers only
/// once, and never moves them. So a checkpoint keeps all bytes except those of the numbers. If these bytes are written
/// back and the file is cut to its former length, it is as it was, whatever its size.
extension HDF5File {
  /// Flushes the file to the disk, and saves in a checkpoint the parts of it that may change. Collective.
  func keep(in checkpoint: Checkpoint, as name: String) throws {
    try flush()
    for name in ledgers.keys.sorted() { try findNumbers(of: name) }
    let length = try agreed { communicator?.isRoot ?? true ? try FileRange.byteCount(of: path) : 0 }
    checkpoint.attach(path, parts: metadataRanges(length), length: length, as: name)
  }

  /// Opens `path` for more rows, restored to its state at the checkpoint. Collective.
  /// - Throws: an input failure if the file is missing or does not agree with the record.
  convenience init(resuming path: String, _ checkpoint: Checkpoint, as name: String, _ record: HDF5Record) throws {
    let communicator = checkpoint.communicator
    let parts = checkpoint.files[name + FileParts.ending]
    let places = try communicator.coordinated { () -> [Range<Int>] in
      guard communicator.isRoot else { return [] }
      if let parts { return try FileParts.restore(path, from: parts) }
      guard let copy = checkpoint.files[name] else {
        throw Failure(
          .input,
          "\(path): is larger than what checkpoints of version 1 saved; resume with the version of the program that "
            + "began it")
      }
      // Checkpoints of version 1 contain the whole file.
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
      // The sums of all ranks are added, so only the root starts with the earlier sums.
      let ledger = Ledger(dataset)
      ledgers[name] = communicator.isRoot ? ledger : ledger.emptied
      // The gaps between the saved parts are exactly the byte ranges of the datasets.
      if parts != nil { ledgers[name]!.placesFound = try placeCount(of: name) }
    }
    numberPlaces = places
  }

  // MARK: Places in the file

  /// Returns the byte ranges of a file of this length that contain no numbers of its recorded datasets.
  /// The result is meaningful only on the root.
  private func metadataRanges(_ length: Int) -> [Range<Int>] {
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

  /// Returns the number of stretches of the file that contain the numbers of a dataset: its chunks, or
  /// one if it is contiguous and allocated.
  private func placeCount(of name: String) throws -> Int {
    try agreed { try withDataset(name) { try placeCount($0, name).count } }
  }

  private func placeCount(_ dataset: hid_t, _ name: String) throws -> (count: Int, isChunked: Bool) {
    let properties = try check(H5Dget_create_plist(dataset), "H5Dget_create_plist", name)
    defer { H5Pclose(properties) }
    // A dataset without space in the file has the largest address.
    guard H5Pget_layout(properties) == H5D_CHUNKED else { return (H5Dget_offset(dataset) == .max ? 0 : 1, false) }
    let space = try check(H5Dget_space(dataset), "H5Dget_space", name)
    defer { H5Sclose(space) }
    var count: hsize_t = 0
    try check(H5Dget_num_chunks(dataset, space, &count), "H5Dget_num_chunks", name)
    return (Int(count), true)
  }

  /// Records the byte ranges of a dataset's numbers that are not recorded yet.
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
        // Chunks are in the order of their rows, so new ones are at the end. Each call counts from the first chunk, so
        // a query of all chunks each time would take quadratic time.
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
