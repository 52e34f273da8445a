import CHDF5
import CShims

/// Datasets of numbers.
extension HDF5File {
  /// Makes a dataset of the given shape. A growing one may be extended along its first dimension, and is stored in chunks.
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

  /// Of a dataset, without times: files of the same content are the same, whenever they were made.
  func creationProperties() throws -> hid_t {
    let properties = try check(H5Pcreate(CShims_h5p_dataset_create()), "H5Pcreate")
    try check(H5Pset_obj_track_times(properties, false), "H5Pset_obj_track_times")
    return properties
  }

  /// Of a chunk, in bytes.
  static let longestChunk = 4 << 20

  /// Many rows per chunk where rows are short, one row or a part of one where they are long.
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

  /// Writes the block of shape `count` that begins at `start`, in row-major order; a rank with nothing passes a count of
  /// zero.
  public func write<Element: HDF5Element>(_ values: [Element], to name: String, start: [Int], count: [Int]) throws {
    precondition(values.count == count.reduce(1, *), "the values must fill the block")
    ledgers[name]?.add(values, start: start, count: count)
    let bytes = values.count * MemoryLayout<Element>.stride
    try reserve(try communicator?.reduce(bytes, .sum) ?? bytes)
    try transfer(name, start: start, count: count, elementSize: MemoryLayout<Element>.stride) {
      dataset, memory, file, properties, offset in
      try values.withUnsafeBufferPointer { buffer in
        // HDF5 wants an address even where nothing is selected.
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
  public func read<Element: HDF5Element>(
    _ type: Element.Type, from name: String, start: [Int], count: [Int]
  ) throws -> [Element] {
    let total = count.reduce(1, *)
    var values = [Element](repeating: .zero, count: max(1, total))
    try transfer(name, start: start, count: count, elementSize: MemoryLayout<Element>.stride) {
      dataset, memory, file, properties, offset in
      try values.withUnsafeMutableBufferPointer { buffer in
        let place = buffer.baseAddress! + min(offset, buffer.count - 1)
        try check(H5Dread(dataset, Element.storageType, memory, file, properties, place), "H5Dread", name)
      }
    }
    values.removeLast(values.count - total)
    return values
  }

  /// A whole dataset of few numbers, on every rank.
  public func readAll<Element: HDF5Element>(_ type: Element.Type, from name: String) throws -> [Element] {
    let shape = try shape(of: name)
    return try read(type, from: name, start: shape.map { _ in 0 }, count: shape)
  }

  /// Moves a block in pieces of rows that are small enough for MPI, the same number of pieces on every rank.
  private func transfer(
    _ name: String, start: [Int], count: [Int], elementSize: Int,
    move: (_ dataset: hid_t, _ memory: hid_t, _ file: hid_t, _ properties: hid_t, _ offset: Int) throws -> Void
  ) throws {
    let total = count.reduce(1, *)
    // The longest dimension that varies is cut: the first one with more than one row.
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
          var pieceStart = start
          var pieceCount = count
          if !count.isEmpty, selected {
            pieceStart[cut] += first
            pieceCount[cut] = last - first
          }
          let memory = try check(
            H5Screate_simple(1, [hsize_t(selected ? pieceCount.reduce(1, *) : 1)], nil), "H5Screate_simple")
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

  /// What a dataset stores, in words: "float64", "int32", "string(12)".
  public func typeName(of name: String) throws -> String {
    try agreed {
      try withDataset(name) { dataset in
        let type = try check(H5Dget_type(dataset), "H5Dget_type", name)
        defer { H5Tclose(type) }
        let size = H5Tget_size(type)
        switch H5Tget_class(type) {
        case H5T_INTEGER: return (H5Tget_sign(type) == H5T_SGN_NONE ? "uint" : "int") + "\(8 * size)"
        case H5T_FLOAT: return "float\(8 * size)"
        case H5T_STRING: return H5Tis_variable_str(type) > 0 ? "string" : "string(\(size))"
        default: return "\(size)-byte type"
        }
      }
    }
  }
}
