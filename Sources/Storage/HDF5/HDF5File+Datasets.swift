import CHDF5
import CShims

/// Datasets of numbers.
extension HDF5File {
  /// Creates a dataset of the given shape. A growing one can be extended along its first
  /// dimension, and is stored in chunks.
  public func createDataset<Element: HDF5Element>(
    _ name: String, of type: Element.Type, shape: [Int], growing: Bool = false
  ) throws {
    try agreed {
      let space = try createSpace(shape, growing: growing)
      defer { H5Sclose(space) }
      let properties = try creationProperties()
      defer { H5Pclose(properties) }
      // Every element is written right after it is allocated, so filling would only double the traffic.
      try check(H5Pset_fill_time(properties, H5D_FILL_TIME_NEVER), "H5Pset_fill_time")
      if growing {
        let chunk = Self.chunk(for: shape, elementSize: MemoryLayout<Element>.stride).map { hsize_t($0) }
        try check(H5Pset_chunk(properties, Int32(chunk.count), chunk), "H5Pset_chunk", name)
      }
      try withLinkProperties { links in
        H5Dclose(
          try check(H5Dcreate2(handle, name, Element.storageType, space, links, properties, 0), "H5Dcreate", name))
      }
    }
    ledgers[name] = Ledger(shape: shape, isGrowing: growing)
  }

  /// Returns creation properties of a dataset without time stamps: files of the same content are
  /// identical, whenever they were made.
  func creationProperties() throws -> hid_t {
    let properties = try check(H5Pcreate(CShims_h5p_dataset_create()), "H5Pcreate")
    try check(H5Pset_obj_track_times(properties, false), "H5Pset_obj_track_times")
    return properties
  }

  /// Largest size of a chunk, in bytes.
  static let longestChunk = 4 << 20

  /// Returns the shape of a chunk: many rows if rows are short, one row or a part of one if they are long.
  static func chunk(for shape: [Int], elementSize: Int) -> [Int] {
    let short = 8 << 10
    let rest = shape.dropFirst()
    let rowBytes = max(1, rest.reduce(elementSize, *))
    if rowBytes <= short { return [short / rowBytes] + rest.map { max(1, $0) } }
    var chunk = [1] + rest
    let innerBytes = rest.dropFirst().reduce(elementSize, *)
    chunk[1] = max(1, min(chunk[1], longestChunk / max(1, innerBytes)))
    return chunk
  }

  /// Changes the length of a growing dataset.
  public func extend(_ name: String, to rows: Int) throws {
    try agreed {
      try withDataset(name) { dataset in
        var shape = try shape(of: dataset, name)
        shape[0] = rows
        try check(H5Dset_extent(dataset, shape.map { hsize_t($0) }), "H5Dset_extent", name)
      }
    }
    ledgers[name]?.shape[0] = rows
  }

  public func shape(of name: String) throws -> [Int] {
    try agreed { try withDataset(name) { try shape(of: $0, name) } }
  }

  /// Writes the block of shape `count` that begins at `start`, in row-major order. A rank that has
  /// nothing to write passes a count of zero.
  public func write<Element: HDF5Element>(_ values: [Element], to name: String, start: [Int], count: [Int]) throws {
    let block = try block(of: name, start: start, count: count, as: Element.self)
    precondition(values.count == block.total, "the values must fill the block")
    ledgers[name]?.add(values, start: start, count: count)
    let bytes = values.count * MemoryLayout<Element>.stride
    try reserve(try communicator?.reduce(bytes, .sum) ?? bytes)
    try transfer(name, block, elementSize: MemoryLayout<Element>.stride) {
      dataset, memory, file, properties, offset in
      try values.withUnsafeBufferPointer { buffer in
        // HDF5 needs an address even if nothing is selected.
        var nothing = Element.zero
        if let base = buffer.baseAddress, offset < buffer.count {
          try check(H5Dwrite(dataset, Element.storageType, memory, file, properties, base + offset), "H5Dwrite", name)
        } else {
          try check(H5Dwrite(dataset, Element.storageType, memory, file, properties, &nothing), "H5Dwrite", name)
        }
      }
    }
  }

  /// Reads the block of shape `count` that begins at `start`, in row-major order.
  /// - Throws: a failure if the dataset has no such block, contains no numbers of that kind, or
  ///   claims more than the file can contain.
  public func read<Element: HDF5Element>(
    _ type: Element.Type, from name: String, start: [Int], count: [Int]
  ) throws -> [Element] {
    try verifyRead(name, start: start, count: count)
    let block = try block(of: name, start: start, count: count, as: type)
    var values = [Element](repeating: .zero, count: max(1, block.total))
    try transfer(name, block, elementSize: MemoryLayout<Element>.stride) {
      dataset, memory, file, properties, offset in
      try values.withUnsafeMutableBufferPointer { buffer in
        let place = buffer.baseAddress! + min(offset, buffer.count - 1)
        try check(H5Dread(dataset, Element.storageType, memory, file, properties, place), "H5Dread", name)
      }
    }
    values.removeLast(values.count - block.total)
    return values
  }

  /// Reads a whole dataset of few numbers on every rank.
  public func readAll<Element: HDF5Element>(_ type: Element.Type, from name: String) throws -> [Element] {
    let shape = try shape(of: name)
    return try read(type, from: name, start: shape.map { _ in 0 }, count: shape)
  }

  /// Reads a whole dataset of few numbers, which must exist with this shape, on every rank.
  public func readAll<Element: HDF5Element>(_ type: Element.Type, from name: String, shape: [Int]) throws -> [Element] {
    let found = try isDataset(name) ? self.shape(of: name) : nil
    try agreed {
      guard let found else { throw failure("has no dataset \(name)") }
      guard found == shape else { throw failure("\(name) has the shape \(found), not \(shape)") }
    }
    return try readAll(type, from: name)
  }

  // MARK: Sizes

  /// Returns the number of elements of a block; nil if there are more than can be addressed.
  static func count(of shape: [Int]) -> Int? {
    var total = 1
    for extent in shape {
      let (product, overflows) = total.multipliedReportingOverflow(by: extent)
      guard extent >= 0, !overflows else { return nil }
      total = product
    }
    // No number has more than sixteen bytes.
    return total <= Int.max / 16 ? total : nil
  }

  /// Returns the number of elements of a dataset, according to its header. It allocates no memory for them;
  /// ``block(of:start:count:as:)`` checks the claim before that happens.
  /// - Throws: a failure if there are more than can be addressed.
  public func numberCount(of name: String) throws -> Int {
    let shape = try shape(of: name)
    return try agreed {
      guard let count = Self.count(of: shape) else {
        throw failure("\(name) claims the shape \(shape), which cannot be")
      }
      return count
    }
  }

  /// Checks that the file can contain the dataset as its header claims, before memory is allocated for it. Collective.
  public func expectContent(of name: String) throws {
    let count = try numberCount(of: name)
    try agreed { try withDataset(name) { try checkContent(of: $0, name, numbers: count, isInteger: false) } }
  }

  /// An existing part of a dataset.
  struct Block {
    let start: [Int]
    let count: [Int]
    let total: Int
    /// Whether the dataset has no elements at all; HDF5 then allocates no space for it.
    let isOfNothing: Bool
  }

  private func block<Element: HDF5Element>(
    of name: String, start: [Int], count: [Int], as type: Element.Type
  ) throws -> Block {
    try agreed {
      try withDataset(name) { dataset in
        let shape = try shape(of: dataset, name)
        guard start.count == shape.count, count.count == shape.count else {
          throw failure("\(name) has the shape \(shape), with \(shape.count) extents where \(count.count) are expected")
        }
        for k in shape.indices {
          guard start[k] >= 0, count[k] >= 0, count[k] <= shape[k], start[k] <= shape[k] - count[k] else {
            throw failure("\(name) has the shape \(shape), and no numbers \(start) … of the shape \(count)")
          }
        }
        guard let total = Self.count(of: count) else {
          throw failure("\(name) claims the shape \(shape), which cannot be")
        }
        if access.isReading {
          try checkContent(of: dataset, name, numbers: total, isInteger: Element.self != Double.self)
        }
        return Block(start: start, count: count, total: total, isOfNothing: shape.contains(0))
      }
    }
  }

  /// Checks that a dataset has so many numbers of this kind in this file. Not collective.
  /// - Throws: a failure if it does not.
  private func checkContent(of dataset: hid_t, _ name: String, numbers: Int, isInteger: Bool) throws {
    let type = try check(H5Dget_type(dataset), "H5Dget_type", name)
    defer { H5Tclose(type) }
    switch H5Tget_class(type) {
    case H5T_INTEGER, H5T_ENUM: break
    case H5T_FLOAT where !isInteger: break
    case H5T_FLOAT: throw failure("\(name) holds \(Self.name(of: type)), where whole numbers are expected")
    default: throw failure("\(name) holds no numbers")
    }
    try checkPlace(of: dataset, name, bytes: numbers.multipliedReportingOverflow(by: H5Tget_size(type)))
  }

  /// Checks that the file can contain so many bytes, because a header may claim any size. Compressed data are smaller
  /// than their content, but hardly by more than a factor of a thousand. Not collective.
  func checkPlace(of dataset: hid_t, _ name: String, bytes: (partialValue: Int, overflow: Bool)) throws {
    guard access.isReading else { return }
    let properties = try check(H5Dget_create_plist(dataset), "H5Dget_create_plist", name)
    defer { H5Pclose(properties) }
    guard H5Pget_layout(properties) != H5D_VIRTUAL, H5Pget_external_count(properties) <= 0 else {
      throw failure("\(name) has its content in other files, which are not read; put it into this one (h5repack)")
    }
    var limit = max(1 << 20, plausibleBytes)
    if bytes.overflow || bytes.partialValue > limit, H5Pget_nfilters(properties) > 0 {
      limit = max(limit, min(plausibleBytes, Int(clamping: H5Dget_storage_size(dataset))) * 1100)
    }
    guard !bytes.overflow, bytes.partialValue <= limit else {
      throw failure("\(name) claims more than can be in a file of this size")
    }
  }

  /// Transfers a block in pieces of rows that are small enough for MPI, in the same number of pieces on every rank.
  private func transfer(
    _ name: String, _ block: Block, elementSize: Int,
    move: (_ dataset: hid_t, _ memory: hid_t, _ file: hid_t, _ properties: hid_t, _ offset: Int) throws -> Void
  ) throws {
    guard !block.isOfNothing else { return }
    let (total, count) = (block.total, block.count)
    // Cut the first dimension that has more than one row.
    let cut = count.firstIndex { $0 > 1 } ?? 0
    let rows = count.isEmpty ? 1 : count[cut]
    let rowSize = rows > 0 ? total / rows : 0
    let pieceLimit = 256 << 20
    let rowsPerPiece = max(1, pieceLimit / max(1, rowSize * elementSize))
    let own = total == 0 ? 1 : (rows + rowsPerPiece - 1) / rowsPerPiece
    let pieces = try communicator?.reduce(own, .maximum) ?? own
    for piece in 0..<pieces {
      try agreed {
        try withDataset(name) { dataset in
          let file = try check(H5Dget_space(dataset), "H5Dget_space", name)
          defer { H5Sclose(file) }
          let first = piece * rowsPerPiece
          let last = min(rows, first + rowsPerPiece)
          let selected = total > 0 && last > first
          var pieceStart = block.start
          var pieceCount = count
          if !count.isEmpty, selected {
            pieceStart[cut] += first
            pieceCount[cut] = last - first
          }
          let memory = try check(
            H5Screate_simple(1, [hsize_t(selected ? (last - first) * rowSize : 1)], nil), "H5Screate_simple")
          defer { H5Sclose(memory) }
          if !selected {
            try check(H5Sselect_none(file), "H5Sselect_none")
            try check(H5Sselect_none(memory), "H5Sselect_none")
          } else if !count.isEmpty {
            try check(
              H5Sselect_hyperslab(
                file, H5S_SELECT_SET, pieceStart.map { hsize_t($0) }, nil, pieceCount.map { hsize_t($0) }, nil),
              "H5Sselect_hyperslab", name)
          }
          let properties = try transferProperties()
          defer { H5Pclose(properties) }
          try move(dataset, memory, file, properties, selected ? first * rowSize : total)
        }
      }
    }
  }

  func transferProperties() throws -> hid_t {
    let properties = try check(H5Pcreate(CShims_h5p_dataset_transfer()), "H5Pcreate")
    if communicator != nil { try check(H5Pset_dxpl_mpio(properties, H5FD_MPIO_COLLECTIVE), "H5Pset_dxpl_mpio") }
    return properties
  }

  /// Returns the type of the elements of a dataset in words: "float64", "int32", "string(12)".
  public func typeName(of name: String) throws -> String {
    try agreed {
      try withDataset(name) { dataset in
        let type = try check(H5Dget_type(dataset), "H5Dget_type", name)
        defer { H5Tclose(type) }
        return Self.name(of: type)
      }
    }
  }

  private static func name(of type: hid_t) -> String {
    let size = H5Tget_size(type)
    switch H5Tget_class(type) {
    case H5T_INTEGER: return (H5Tget_sign(type) == H5T_SGN_NONE ? "uint" : "int") + "\(8 * size)"
    case H5T_FLOAT: return "float\(8 * size)"
    case H5T_ENUM: return "enumeration(\(size))"
    case H5T_STRING: return H5Tis_variable_str(type) > 0 ? "string" : "string(\(size))"
    default: return "\(size)-byte type"
    }
  }
}
