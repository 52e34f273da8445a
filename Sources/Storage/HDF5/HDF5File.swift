import CHDF5
import CShims
import Foundation
import MessagePassing

/// An HDF5 file that all ranks have open together, addressed by paths such as "/particles/trajectory/id".
///
/// All calls are collective. A failure of any rank is thrown on all of them, with the name of the HDF5 call
/// and the file. The numbers of a dataset are read and written by hyperslabs: each rank transfers its own
/// part. There are no filters, because HDF5 1.10 can crash on compressed chunks in parallel. Without a
/// communicator the file belongs to one process.
public final class HDF5File {
  public enum Access: Sendable {
    /// Creates an empty file, which replaces any earlier one.
    case create
    /// Continues a file that was restored to its state at a checkpoint.
    case append
    /// Reads the file as input, and verifies it against its record if it has one.
    case read
    /// Reads the file as it is, without verification.
    case examine

    var isReading: Bool { self == .read || self == .examine }
  }

  public let path: String
  let access: Access
  let communicator: Communicator?
  private(set) var handle: hid_t = -1
  /// Ledgers of the datasets of numbers that were created or resumed here, by name.
  var ledgers: [String: Ledger] = [:]
  /// Byte ranges of the file with numbers of these datasets, as far as they are known. Only the root fills it.
  var numberPlaces: [Range<Int>] = []
  /// The record in the file; nil unless the file is read as input and has one.
  var ownRecord: HDF5Record?
  /// Names of the datasets, and of single rows as `name[row]`, that have been verified against the record.
  var held: Set<String> = []
  /// Upper bound for the content of the file, in bytes. It limits the memory that its headers can claim.
  private(set) var plausibleBytes = 0

  /// Opens or creates a file.
  /// - Throws: `.input` if a file to be read is missing or damaged, `.inputOutput` if one cannot be created.
  public init(_ path: String, _ access: Access, over communicator: Communicator?) throws {
    self.path = path
    self.access = access
    self.communicator = communicator
    // The operating system explains a missing file or missing rights better than HDF5.
    try agreed { if communicator?.isRoot ?? true { try probe() } }
    if access.isReading { plausibleBytes = try agreed { try FileRange.plausibleBytes(of: path) } }
    try reserve(0)
    try agreed {
      CShims_h5_silence_error_stack()
      CShims_h5_forget_external_links()
      let properties = try check(H5Pcreate(CShims_h5p_file_access()), "H5Pcreate")
      defer { H5Pclose(properties) }
      // Lock the file if the file system can, and continue without a lock if it cannot (NFS, Lustre).
      try check(H5Pset_file_locking(properties, true, true), "H5Pset_file_locking")
      if let communicator {
        try check(H5Pset_fapl_mpio(properties, communicator.handle, CShims_info_null()), "H5Pset_fapl_mpio")
        try check(H5Pset_all_coll_metadata_ops(properties, true), "H5Pset_all_coll_metadata_ops")
        try check(H5Pset_coll_metadata_write(properties, true), "H5Pset_coll_metadata_write")
      }
      switch access {
      case .create: handle = try check(H5Fcreate(path, CShims_h5f_truncate(), 0, properties), "H5Fcreate")
      case .append: handle = try check(H5Fopen(path, CShims_h5f_read_write(), properties), "H5Fopen")
      case .read, .examine: handle = try check(H5Fopen(path, CShims_h5f_read_only(), properties), "H5Fopen")
      }
    }
    guard access == .read else { return }
    do { ownRecord = try checkedRecord() } catch {
      try? close()
      throw error
    }
  }

  /// Closes the file if it belongs to one process. Otherwise closing is collective, and a rank that
  /// unwinds alone after a failure of its own must not wait for the others. If all ranks end together, the
  /// library closes files that are still open.
  deinit { if handle >= 0, (communicator?.size ?? 1) == 1 { H5Fclose(handle) } }

  private func probe() throws {
    if access.isReading { try FileRange.expectRegular(path) }
    let descriptor =
      switch access {
      case .create: open(path, O_WRONLY | O_CREAT, 0o666)
      case .append: open(path, O_RDWR)
      case .read, .examine: open(path, O_RDONLY)
      }
    guard descriptor >= 0 else {
      let verb = access.isReading ? "read" : "written"
      throw failure("cannot be \(verb): \(String(cString: strerror(errno)))")
    }
    Foundation.close(descriptor)
  }

  /// Reserves disk space for `bytes` more, and for the metadata that come with them.
  ///
  /// This detects a full disk or quota. Open MPI's collective writes wait forever on the other ranks if one rank cannot
  /// write (seen with 4.1.4), so a write must not start unless it will fit. The margin stays reserved, so that the file
  /// can still be closed if the next reservation fails.
  func reserve(_ bytes: Int) throws {
    guard !access.isReading else { return }
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
      // A file system without reservations can at least report the free space.
      var system = statvfs()
      if fstatvfs(descriptor, &system) == 0, UInt(system.f_bavail) * UInt(system.f_frsize) < UInt(needed) {
        throw complaint(ENOSPC)
      }
    }
  }

  /// Releases the space that was reserved beyond the end of a closed file.
  private func releaseReserve() {
    guard !access.isReading, communicator?.isRoot ?? true else { return }
    var status = stat()
    if stat(path, &status) == 0 { truncate(path, status.st_size) }
  }

  /// Flushes everything written so far to the file, so that others can read it during the run.
  public func flush() throws {
    try reserve(0)
    _ = try agreed { try check(H5Fflush(handle, H5F_SCOPE_GLOBAL), "H5Fflush") }
  }

  /// Closes the file, and throws errors that are reported only now (such as a full disk).
  public func close() throws {
    try agreed {
      guard handle >= 0 else { return }
      let closing = handle
      handle = -1
      try check(H5Fclose(closing), "H5Fclose")
      releaseReserve()
    }
  }

  // MARK: Handles and errors

  /// Returns a name of known length that `fill` writes with a terminating zero.
  static func text(_ length: Int, _ fill: (UnsafeMutablePointer<CChar>) -> Int) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: length + 1) { bytes in
      bytes.initialize(repeating: 0)
      _ = fill(bytes.baseAddress!)
      return String(cString: bytes.baseAddress!)
    }
  }

  func createSpace(_ shape: [Int], growing: Bool) throws -> hid_t {
    let current = shape.map { hsize_t($0) }
    var largest = current
    if growing { largest[0] = CShims_h5s_unlimited() }
    return try check(H5Screate_simple(Int32(shape.count), current, largest), "H5Screate_simple")
  }

  func stringType(length: Int?, isUnicode: Bool) throws -> hid_t {
    let type = try check(H5Tcopy(CShims_h5t_c_string()), "H5Tcopy")
    try check(H5Tset_size(type, length.map { max(1, $0) } ?? CShims_h5t_variable()), "H5Tset_size")
    try check(H5Tset_strpad(type, length == nil ? H5T_STR_NULLTERM : H5T_STR_NULLPAD), "H5Tset_strpad")
    try check(H5Tset_cset(type, isUnicode ? H5T_CSET_UTF8 : H5T_CSET_ASCII), "H5Tset_cset")
    return type
  }

  func withLinkProperties(_ work: (hid_t) throws -> Void) throws {
    let links = try check(H5Pcreate(CShims_h5p_link_create()), "H5Pcreate")
    defer { H5Pclose(links) }
    try check(H5Pset_create_intermediate_group(links, 1), "H5Pset_create_intermediate_group")
    try work(links)
  }

  func withDataset<Result>(_ name: String, _ work: (hid_t) throws -> Result) throws -> Result {
    let dataset = try check(H5Dopen2(handle, name, 0), "H5Dopen", name)
    defer { H5Dclose(dataset) }
    return try work(dataset)
  }

  func withObject<Result>(_ name: String, _ work: (hid_t) throws -> Result) throws -> Result {
    let object = try check(H5Oopen(handle, name, 0), "H5Oopen", name)
    defer { H5Oclose(object) }
    return try work(object)
  }

  func shape(of dataset: hid_t, _ name: String) throws -> [Int] {
    let space = try check(H5Dget_space(dataset), "H5Dget_space", name)
    defer { H5Sclose(space) }
    // A null dataspace has no extents either, but it is not a single number.
    guard H5Sget_simple_extent_type(space) != H5S_NULL else { return [0] }
    let rank = try check(H5Sget_simple_extent_ndims(space), "H5Sget_simple_extent_ndims", name)
    var extent = [hsize_t](repeating: 0, count: max(1, Int(rank)))
    try check(H5Sget_simple_extent_dims(space, &extent, nil), "H5Sget_simple_extent_dims", name)
    return extent.prefix(Int(rank)).map { Int(clamping: $0) }
  }

  /// Runs `work`, and throws on all ranks if it fails on one. HDF5's collective calls return on every
  /// rank, so no rank waits here in vain.
  func agreed<Result>(_ work: () throws -> Result) throws -> Result {
    try communicator.map { try $0.coordinated(work) } ?? work()
  }

  /// Returns a failure that names the file. It is an input failure if the file is read,
  /// and one of the disk if it is written.
  func failure(_ what: String) -> Failure {
    Failure(access.isReading ? .input : .inputOutput, "\(path): \(what.withoutControlCharacters)")
  }

  func failure(_ call: StaticString, in object: String?) -> Failure {
    failure("\(call)\(object.map { " on " + $0 } ?? "") failed: \(Self.explanation())")
  }

  @discardableResult
  func check<Code: SignedInteger>(_ code: Code, _ call: StaticString, _ object: String? = nil) throws -> Code {
    if code < 0 { throw failure(call, in: object) }
    return code
  }

  /// Returns HDF5's own description of its last error: the innermost cause.
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
