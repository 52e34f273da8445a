import CHDF5
import CShims
import Foundation
import MessagePassing

/// An HDF5 file that all ranks have open together, addressed by paths such as "/particles/trajectory/id".
///
/// All calls are collective, and a failure of any rank is thrown on all of them with the name of the HDF5 call and the
/// file. The numbers in a dataset are read and written by hyperslabs: each rank moves its own part. There are no filters,
/// since HDF5 1.10 can crash on compressed chunks in parallel; without a communicator the file belongs to one process.
public final class HDF5File {
  public enum Access: Sendable {
    /// Starts an empty file, replacing what is there.
    case create
    case read
  }

  public let path: String
  let access: Access
  let communicator: Communicator?
  private var handle: hid_t = -1

  /// - Throws: `.input` where a file to be read is missing or damaged, `.inputOutput` where one cannot be created.
  public init(_ path: String, _ access: Access, over communicator: Communicator?) throws {
    self.path = path
    self.access = access
    self.communicator = communicator
    // The operating system explains a missing file or right better than HDF5 can.
    try agreed { if communicator?.isRoot ?? true { try probe() } }
    try reserve(0)
    try agreed {
      CShims_h5_silence_error_stack()
      let properties = try check(H5Pcreate(CShims_h5p_file_access()), "H5Pcreate")
      defer { H5Pclose(properties) }
      // Lock where the file system can, go on where it cannot (NFS, Lustre).
      try check(H5Pset_file_locking(properties, true, true), "H5Pset_file_locking")
      if let communicator {
        try check(H5Pset_fapl_mpio(properties, communicator.handle, CShims_info_null()), "H5Pset_fapl_mpio")
        try check(H5Pset_all_coll_metadata_ops(properties, true), "H5Pset_all_coll_metadata_ops")
        try check(H5Pset_coll_metadata_write(properties, true), "H5Pset_coll_metadata_write")
      }
      switch access {
      case .create: handle = try check(H5Fcreate(path, CShims_h5f_truncate(), 0, properties), "H5Fcreate")
      case .read: handle = try check(H5Fopen(path, CShims_h5f_read_only(), properties), "H5Fopen")
      }
    }
  }

  deinit { if handle >= 0 { H5Fclose(handle) } }

  private func probe() throws {
    let descriptor = access == .read ? open(path, O_RDONLY) : open(path, O_WRONLY | O_CREAT, 0o666)
    guard descriptor >= 0 else {
      let verb = access == .read ? "read" : "written"
      throw failure("cannot be \(verb): \(String(cString: strerror(errno)))")
    }
    Foundation.close(descriptor)
  }

  /// Reserves disk space for `bytes` more, and for the metadata that come with them.
  ///
  /// This is how a full disk or quota is noticed: Open MPI's collective writes wait for ever on the other ranks when one
  /// rank cannot write (seen with 4.1.4), so a write must not start unless it will fit. The margin stays reserved, so that
  /// the file can still be closed when the next reservation fails.
  func reserve(_ bytes: Int) throws {
    guard access == .create else { return }
    let margin = 1 << 20
    let partOfChunk = min(bytes, Self.longestChunk)
    try agreed {
      guard communicator?.isRoot ?? true else { return }
      func complaint(_ code: Int32) -> Failure { failure("cannot be written: \(String(cString: strerror(code)))") }
      let descriptor = open(path, O_WRONLY)
      guard descriptor >= 0 else { throw complaint(errno) }
      defer { Foundation.close(descriptor) }
      var status = stat()
      guard fstat(descriptor, &status) == 0 else { throw complaint(errno) }
      let needed = bytes + partOfChunk + margin
      if CShims_reserve(descriptor, status.st_size, off_t(needed)) == 0 { return }
      if errno == ENOSPC || errno == EDQUOT || errno == EFBIG { throw complaint(errno) }
      // A file system without reservations can at least say how much is free.
      var system = statvfs()
      if fstatvfs(descriptor, &system) == 0, UInt(system.f_bavail) * UInt(system.f_frsize) < UInt(needed) {
        throw complaint(ENOSPC)
      }
    }
  }

  /// Gives back what was reserved beyond the end of a closed file.
  private func releaseReserve() {
    guard access == .create, communicator?.isRoot ?? true else { return }
    var status = stat()
    if stat(path, &status) == 0 { truncate(path, status.st_size) }
  }

  /// Brings everything written so far to the file, so that a killed job loses at most what came after.
  public func flush() throws {
    try reserve(0)
    _ = try agreed { try check(H5Fflush(handle, H5F_SCOPE_GLOBAL), "H5Fflush") }
  }

  /// Closes the file; errors that only show here (a full disk) are thrown.
  public func close() throws {
    try agreed {
      guard handle >= 0 else { return }
      let closing = handle
      handle = -1
      try check(H5Fclose(closing), "H5Fclose")
      releaseReserve()
    }
  }

  /// The size of the whole file.
  func byteCount() throws -> Int {
    try agreed {
      var size: hsize_t = 0
      try check(H5Fget_filesize(handle, &size), "H5Fget_filesize")
      return Int(clamping: size)
    }
  }

  // MARK: Groups and links

  public func createGroup(_ group: String) throws {
    try agreed {
      try withLinkProperties { links in
        H5Gclose(try check(H5Gcreate2(handle, group, links, 0, 0), "H5Gcreate", group))
      }
    }
  }

  /// Gives an object a second name.
  public func link(_ name: String, to existing: String) throws {
    try agreed {
      try withLinkProperties { links in
        try check(H5Lcreate_hard(handle, existing, handle, name, links, 0), "H5Lcreate_hard", name)
      }
    }
  }

  public func exists(_ object: String) throws -> Bool {
    try agreed {
      var prefix = ""
      for part in object.split(separator: "/") {
        prefix += "/" + part
        if try check(H5Lexists(handle, prefix, 0), "H5Lexists", prefix) == 0 { return false }
      }
      return true
    }
  }

  public func isDataset(_ object: String) throws -> Bool {
    guard try exists(object) else { return false }
    return try agreed { try withObject(object) { H5Iget_type($0) == H5I_DATASET } }
  }

  /// The names in a group, sorted.
  public func names(in group: String) throws -> [String] {
    try agreed {
      let opened = try check(H5Gopen2(handle, group, 0), "H5Gopen", group)
      defer { H5Gclose(opened) }
      var info = H5G_info_t()
      try check(H5Gget_info(opened, &info), "H5Gget_info", group)
      return try (0..<info.nlinks).map { index in
        let length = H5Lget_name_by_idx(opened, ".", H5_INDEX_NAME, H5_ITER_INC, index, nil, 0, 0)
        guard length >= 0 else { throw failure("H5Lget_name_by_idx", in: group) }
        return Self.text(length) { H5Lget_name_by_idx(opened, ".", H5_INDEX_NAME, H5_ITER_INC, index, $0, length + 1, 0) }
      }
    }
  }

  // MARK: Datasets of numbers

  /// Makes a dataset of the given shape. A growing one may be extended along its first dimension, and is stored in chunks.
  public func createDataset<Element: HDF5Element>(
    _ name: String, of type: Element.Type, shape: [Int], growing: Bool = false
  ) throws {
    try agreed {
      let space = try createSpace(shape, growing: growing)
      defer { H5Sclose(space) }
      let properties = try check(H5Pcreate(CShims_h5p_dataset_create()), "H5Pcreate")
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
  }

  /// Of a chunk, in bytes.
  private static let longestChunk = 4 << 20

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
  }

  public func shape(of name: String) throws -> [Int] {
    try agreed { try withDataset(name) { try shape(of: $0, name) } }
  }

  /// Writes the block of shape `count` that begins at `start`, in row-major order; a rank with nothing passes a count of
  /// zero.
  public func write<Element: HDF5Element>(_ values: [Element], to name: String, start: [Int], count: [Int]) throws {
    precondition(values.count == count.reduce(1, *), "the values must fill the block")
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

  private func transferProperties() throws -> hid_t {
    let properties = try check(H5Pcreate(CShims_h5p_dataset_transfer()), "H5Pcreate")
    if communicator != nil { try check(H5Pset_dxpl_mpio(properties, H5FD_MPIO_COLLECTIVE), "H5Pset_dxpl_mpio") }
    return properties
  }

  // MARK: Texts

  /// Stores a text as a dataset of one fixed-length UTF-8 string.
  public func writeText(_ text: String, to name: String) throws {
    let bytes = Array(text.utf8)
    try reserve(bytes.count)
    try agreed {
      let type = try stringType(length: bytes.count, isUnicode: true)
      defer { H5Tclose(type) }
      let space = try check(H5Screate(H5S_SCALAR), "H5Screate")
      defer { H5Sclose(space) }
      try withLinkProperties { links in
        let dataset = try check(H5Dcreate2(handle, name, type, space, links, 0, 0), "H5Dcreate", name)
        defer { H5Dclose(dataset) }
        // All ranks hold the same text; the root writes it.
        if !(communicator?.isRoot ?? true) { try check(H5Sselect_none(space), "H5Sselect_none") }
        let properties = try transferProperties()
        defer { H5Pclose(properties) }
        try check(H5Dwrite(dataset, type, space, space, properties, bytes + [0]), "H5Dwrite", name)
      }
    }
  }

  /// The text of a dataset that ``writeText(_:to:)`` made, on every rank.
  public func readText(_ name: String) throws -> String {
    try agreed {
      try withDataset(name) { dataset in
        let type = try check(H5Dget_type(dataset), "H5Dget_type", name)
        defer { H5Tclose(type) }
        guard H5Tget_class(type) == H5T_STRING, H5Tis_variable_str(type) == 0 else {
          throw failure("\(name) is not a text")
        }
        var bytes = [UInt8](repeating: 0, count: H5Tget_size(type) + 1)
        try check(H5Dread(dataset, type, CShims_h5s_all(), CShims_h5s_all(), 0, &bytes), "H5Dread", name)
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
    }
  }

  // MARK: Attributes

  /// Stores numbers with an object: one as a scalar, several as a list.
  public func setAttribute<Element: HDF5Element>(_ name: String, of object: String, to values: [Element]) throws {
    try setAttribute(name, of: object, type: Element.storageType, count: values.count, isScalar: false) { attribute in
      try check(H5Awrite(attribute, Element.storageType, values), "H5Awrite", name)
    }
  }

  public func setAttribute<Element: HDF5Element>(_ name: String, of object: String, to value: Element) throws {
    try setAttribute(name, of: object, type: Element.storageType, count: 1, isScalar: true) { attribute in
      var copy = value
      try check(H5Awrite(attribute, Element.storageType, &copy), "H5Awrite", name)
    }
  }

  /// Stores a fixed-length string with an object, as H5MD asks for.
  public func setAttribute(_ name: String, of object: String, to text: String) throws {
    try setStringAttribute(name, of: object, to: [text], isScalar: true)
  }

  public func setAttribute(_ name: String, of object: String, to texts: [String]) throws {
    try setStringAttribute(name, of: object, to: texts, isScalar: false)
  }

  private func setStringAttribute(_ name: String, of object: String, to texts: [String], isScalar: Bool) throws {
    let length = max(1, texts.map(\.utf8.count).max() ?? 1)
    let bytes = texts.flatMap { Array($0.utf8) + [UInt8](repeating: 0, count: length - $0.utf8.count) }
    let type = try stringType(length: length, isUnicode: !texts.allSatisfy { $0.utf8.allSatisfy { $0 < 128 } })
    defer { H5Tclose(type) }
    try setAttribute(name, of: object, type: type, count: texts.count, isScalar: isScalar) { attribute in
      try check(H5Awrite(attribute, type, bytes), "H5Awrite", name)
    }
  }

  private func setAttribute(
    _ name: String, of object: String, type: hid_t, count: Int, isScalar: Bool, write: (hid_t) throws -> Void
  ) throws {
    try agreed {
      let space =
        isScalar
        ? try check(H5Screate(H5S_SCALAR), "H5Screate") : try createSpace([count], growing: false)
      defer { H5Sclose(space) }
      try withObject(object) { opened in
        let attribute = try check(H5Acreate2(opened, name, type, space, 0, 0), "H5Acreate", object + "@" + name)
        defer { H5Aclose(attribute) }
        try write(attribute)
      }
    }
  }

  /// The numbers of an attribute, or nil where there is no such attribute or it holds no numbers.
  public func attribute<Element: HDF5Element>(
    _ name: String, of object: String, as type: Element.Type
  ) throws -> [Element]? {
    try withAttribute(name, of: object) { attribute, storedType, count in
      guard [H5T_INTEGER, H5T_FLOAT].contains(H5Tget_class(storedType)) else { return nil }
      var values = [Element](repeating: .zero, count: max(1, count))
      try check(H5Aread(attribute, Element.storageType, &values), "H5Aread", object + "@" + name)
      return Array(values.prefix(count))
    }
  }

  /// The strings of an attribute, or nil where there is no such attribute or it holds no strings.
  public func textAttribute(_ name: String, of object: String) throws -> [String]? {
    try withAttribute(name, of: object) { attribute, storedType, count in
      guard H5Tget_class(storedType) == H5T_STRING else { return nil }
      if H5Tis_variable_str(storedType) > 0 {
        var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: max(1, count))
        try check(H5Aread(attribute, storedType, &pointers), "H5Aread", object + "@" + name)
        defer { for pointer in pointers { H5free_memory(pointer) } }
        return pointers.prefix(count).map { $0.map { String(cString: $0) } ?? "" }
      }
      let length = H5Tget_size(storedType)
      var bytes = [UInt8](repeating: 0, count: max(1, count * length))
      try check(H5Aread(attribute, storedType, &bytes), "H5Aread", object + "@" + name)
      return (0..<count).map { k in
        String(decoding: bytes[(k * length)..<((k + 1) * length)].prefix { $0 != 0 }, as: UTF8.self)
      }
    }
  }

  public func attributeNames(of object: String) throws -> [String] {
    try agreed {
      try withObject(object) { opened in
        let count = try check(H5Aget_num_attrs(opened), "H5Aget_num_attrs", object)
        return (0..<hsize_t(count)).map { index in
          let length = max(0, H5Aget_name_by_idx(opened, ".", H5_INDEX_NAME, H5_ITER_INC, index, nil, 0, 0))
          return Self.text(length) {
            H5Aget_name_by_idx(opened, ".", H5_INDEX_NAME, H5_ITER_INC, index, $0, length + 1, 0)
          }
        }
      }
    }
  }

  private func withAttribute<Result>(
    _ name: String, of object: String, _ work: (_ attribute: hid_t, _ type: hid_t, _ count: Int) throws -> Result?
  ) throws -> Result? {
    try agreed {
      try withObject(object) { opened in
        guard try check(H5Aexists(opened, name), "H5Aexists", object + "@" + name) > 0 else { return nil }
        let attribute = try check(H5Aopen(opened, name, 0), "H5Aopen", object + "@" + name)
        defer { H5Aclose(attribute) }
        let type = try check(H5Aget_type(attribute), "H5Aget_type")
        defer { H5Tclose(type) }
        let space = try check(H5Aget_space(attribute), "H5Aget_space")
        defer { H5Sclose(space) }
        return try work(attribute, type, Int(H5Sget_simple_extent_npoints(space)))
      }
    }
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

  // MARK: Handles and errors

  /// A name of known length that a call writes with a zero behind it.
  private static func text(_ length: Int, _ fill: (UnsafeMutablePointer<CChar>) -> Int) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: length + 1) { bytes in
      bytes.initialize(repeating: 0)
      _ = fill(bytes.baseAddress!)
      return String(cString: bytes.baseAddress!)
    }
  }

  private func createSpace(_ shape: [Int], growing: Bool) throws -> hid_t {
    let current = shape.map { hsize_t($0) }
    var largest = current
    if growing { largest[0] = CShims_h5s_unlimited() }
    return try check(H5Screate_simple(Int32(shape.count), current, largest), "H5Screate_simple")
  }

  private func stringType(length: Int, isUnicode: Bool) throws -> hid_t {
    let type = try check(H5Tcopy(CShims_h5t_c_string()), "H5Tcopy")
    try check(H5Tset_size(type, max(1, length)), "H5Tset_size")
    try check(H5Tset_strpad(type, H5T_STR_NULLPAD), "H5Tset_strpad")
    try check(H5Tset_cset(type, isUnicode ? H5T_CSET_UTF8 : H5T_CSET_ASCII), "H5Tset_cset")
    return type
  }

  private func withLinkProperties(_ work: (hid_t) throws -> Void) throws {
    let links = try check(H5Pcreate(CShims_h5p_link_create()), "H5Pcreate")
    defer { H5Pclose(links) }
    try check(H5Pset_create_intermediate_group(links, 1), "H5Pset_create_intermediate_group")
    try work(links)
  }

  private func withDataset<Result>(_ name: String, _ work: (hid_t) throws -> Result) throws -> Result {
    let dataset = try check(H5Dopen2(handle, name, 0), "H5Dopen", name)
    defer { H5Dclose(dataset) }
    return try work(dataset)
  }

  private func withObject<Result>(_ name: String, _ work: (hid_t) throws -> Result) throws -> Result {
    let object = try check(H5Oopen(handle, name, 0), "H5Oopen", name)
    defer { H5Oclose(object) }
    return try work(object)
  }

  private func shape(of dataset: hid_t, _ name: String) throws -> [Int] {
    let space = try check(H5Dget_space(dataset), "H5Dget_space", name)
    defer { H5Sclose(space) }
    let rank = try check(H5Sget_simple_extent_ndims(space), "H5Sget_simple_extent_ndims", name)
    var extent = [hsize_t](repeating: 0, count: max(1, Int(rank)))
    try check(H5Sget_simple_extent_dims(space, &extent, nil), "H5Sget_simple_extent_dims", name)
    return extent.prefix(Int(rank)).map { Int(clamping: $0) }
  }

  /// All ranks throw if one does. HDF5's collective calls come back on every rank, so that none waits here in vain.
  func agreed<Result>(_ work: () throws -> Result) throws -> Result {
    try communicator.map { try $0.coordinated(work) } ?? work()
  }

  /// A failure that names the file: the reader's fault is the user's input, the writer's the disk.
  func failure(_ what: String) -> Failure { Failure(access == .read ? .input : .inputOutput, "\(path): \(what)") }

  private func failure(_ call: StaticString, in object: String?) -> Failure {
    failure("\(call)\(object.map { " on " + $0 } ?? "") failed: \(Self.explanation())")
  }

  @discardableResult
  private func check<Code: SignedInteger>(_ code: Code, _ call: StaticString, _ object: String? = nil) throws -> Code {
    if code < 0 { throw failure(call, in: object) }
    return code
  }

  /// HDF5's own account of its last error, the innermost cause.
  private static func explanation() -> String {
    var text = "no reason given"
    withUnsafeMutablePointer(to: &text) { pointer in
      _ = H5Ewalk2(
        0, H5E_WALK_UPWARD,
        { level, entry, context in
          if level == 0, let words = entry?.pointee.desc {
            context!.assumingMemoryBound(to: String.self).pointee = String(cString: words)
          }
          return 0
        }, pointer)
    }
    return text
  }
}
