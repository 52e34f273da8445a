import CMPI
import CShims

/// A group of ranks that compute together, and the typed messages between them.
///
/// All calls are collective unless they say otherwise. Every MPI error code becomes a ``Failure`` that names the call.
public final class Communicator {
  public let handle: MPI_Comm
  /// Number of this process in the group, from 0.
  public let rank: Int
  /// Number of processes in the group.
  public let size: Int
  /// Whether this is rank 0, which alone prints and reads small files.
  public var isRoot: Bool { rank == 0 }

  init(handle: MPI_Comm) throws {
    var rank: Int32 = 0
    var size: Int32 = 0
    try check(MPI_Comm_set_errhandler(handle, CShims_errors_return()), "MPI_Comm_set_errhandler")
    try check(MPI_Comm_rank(handle, &rank), "MPI_Comm_rank")
    try check(MPI_Comm_size(handle, &size), "MPI_Comm_size")
    self.handle = handle
    self.rank = Int(rank)
    self.size = Int(size)
  }

  /// Returns a communicator of the same ranks whose messages cannot be confused with those of this one.
  ///
  /// It is made once and then shared: MPI has room for some 65 000 communicators, and a long run
  /// makes more systems than that.
  public func channel() throws -> Communicator {
    if let made { return made }
    var copy: MPI_Comm? = CShims_comm_null()
    try check(MPI_Comm_dup(handle, &copy), "MPI_Comm_dup")
    let channel = try Communicator(handle: copy!)
    made = channel
    return channel
  }

  private var made: Communicator?

  /// Returns the communicator of all ranks that pass the same group number, in the same order. Collective.
  public func split(group: Int) throws -> Communicator {
    var part: MPI_Comm? = CShims_comm_null()
    try check(MPI_Comm_split(handle, Int32(group), Int32(rank), &part), "MPI_Comm_split")
    return try Communicator(handle: part!)
  }

  public func barrier() throws {
    if size > 1 { try check(MPI_Barrier(handle), "MPI_Barrier") }
    Heartbeat.beat()
  }

  // MARK: Broadcast

  public func broadcast<Element: MessageElement>(
    _ buffer: UnsafeMutableBufferPointer<Element>, from root: Int = 0
  ) throws {
    guard size > 1 else { return }
    var start = 0
    while start < buffer.count {
      let count = min(buffer.count - start, Int(Int32.max))
      try check(
        MPI_Bcast(buffer.baseAddress! + start, messageCount(count), Element.datatype, Int32(root), handle),
        "MPI_Bcast")
      start += count
    }
    Heartbeat.beat()
  }

  public func broadcast<Element: MessageElement>(_ value: Element, from root: Int = 0) throws -> Element {
    var copy = value
    try withUnsafeMutablePointer(to: &copy) {
      try broadcast(UnsafeMutableBufferPointer(start: $0, count: 1), from: root)
    }
    return copy
  }

  /// Copies the array of `root` to every rank; the other ranks may pass an empty one.
  public func broadcast<Element: MessageElement>(_ values: [Element], from root: Int = 0) throws -> [Element] {
    let count = try broadcast(values.count, from: root)
    guard count > 0 else { return [] }
    var copy: [Element]
    if rank == root {
      copy = values
    } else {
      copy = [Element](unsafeUninitializedCapacity: count) { buffer, initialised in
        UnsafeMutableRawBufferPointer(buffer).initializeMemory(as: UInt8.self, repeating: 0)
        initialised = count
      }
    }
    try copy.withUnsafeMutableBufferPointer { try broadcast($0, from: root) }
    return copy
  }

  public func broadcast(_ text: String, from root: Int = 0) throws -> String {
    String(decoding: try broadcast(Array(text.utf8), from: root), as: UTF8.self)
  }

  // MARK: Reductions

  public enum Reduction {
    case sum, minimum, maximum
    var operation: MPI_Op {
      switch self {
      case .sum: CShims_sum()
      case .minimum: CShims_minimum()
      case .maximum: CShims_maximum()
      }
    }
  }

  /// Combines the buffers of all ranks element by element, in place.
  ///
  /// Integer sums, minima and maxima do not depend on the number of ranks. Sums of `Double`
  /// do; use ``ExactSums`` for them.
  public func reduce<Element: MessageElement>(
    _ buffer: UnsafeMutableBufferPointer<Element>, _ reduction: Reduction
  ) throws {
    Heartbeat.beat()
    guard size > 1, buffer.count > 0 else { return }
    try check(
      MPI_Allreduce(
        CShims_in_place(), buffer.baseAddress!, messageCount(buffer.count), Element.datatype, reduction.operation,
        handle), "MPI_Allreduce")
    Heartbeat.beat()
  }

  public func reduce<Element: MessageElement>(_ values: inout [Element], _ reduction: Reduction) throws {
    try values.withUnsafeMutableBufferPointer { try reduce($0, reduction) }
  }

  public func reduce<Element: MessageElement>(_ value: Element, _ reduction: Reduction) throws -> Element {
    var copy = value
    try withUnsafeMutablePointer(to: &copy) { try reduce(UnsafeMutableBufferPointer(start: $0, count: 1), reduction) }
    return copy
  }

  /// Gathers one value per rank on every rank, in rank order.
  public func gather<Element: MessageElement>(_ value: Element) throws -> [Element] {
    var mine = value
    var all = [Element](repeating: value, count: size)
    if size > 1 {
      try check(
        all.withUnsafeMutableBufferPointer {
          MPI_Allgather(&mine, 1, Element.datatype, $0.baseAddress!, 1, Element.datatype, handle)
        }, "MPI_Allgather")
    }
    Heartbeat.beat()
    return all
  }

  /// Joins the arrays of all ranks, in rank order, on every rank. For short lists only: arrays that grow with the
  /// number of particles must stay distributed.
  public func gather<Element: MessageElement>(_ values: [Element]) throws -> [Element] {
    guard size > 1 else { return values }
    let counts = try gather(Int32(values.count))
    var offsets = [Int32](repeating: 0, count: size)
    for r in 1..<size { offsets[r] = offsets[r - 1] + counts[r - 1] }
    let total = Int(offsets[size - 1] + counts[size - 1])
    let all = try [Element](unsafeUninitializedCapacity: total) { buffer, initialised in
      try check(
        values.withUnsafeBufferPointer {
          MPI_Allgatherv(
            $0.baseAddress, Int32(values.count), Element.datatype, buffer.baseAddress, counts, offsets,
            Element.datatype, handle)
        }, "MPI_Allgatherv")
      initialised = total
    }
    Heartbeat.beat()
    return all
  }

  /// Gathers one block of equal size per rank into `all`, in rank order. Allocates nothing.
  public func gather<Element: MessageElement>(
    _ block: UnsafeBufferPointer<Element>, into all: UnsafeMutableBufferPointer<Element>
  ) throws {
    precondition(all.count == block.count * size)
    let count = messageCount(block.count)
    try check(
      MPI_Allgather(block.baseAddress, count, Element.datatype, all.baseAddress, count, Element.datatype, handle),
      "MPI_Allgather")
    Heartbeat.beat()
  }

  /// Returns the sum of `value` over all lower ranks; 0 on rank 0.
  public func exclusiveSum(_ value: Int) throws -> Int {
    let all = try gather(value)
    return all[..<rank].reduce(0, +)
  }

  // MARK: Point to point (not collective)

  public func send<Element: MessageElement>(_ values: [Element], to destination: Int, tag: Int32 = 0) throws {
    try check(
      values.withUnsafeBufferPointer {
        MPI_Send($0.baseAddress, messageCount($0.count), Element.datatype, Int32(destination), tag, handle)
      }, "MPI_Send")
  }

  public func receive<Element: MessageElement>(
    _ type: Element.Type, count: Int, from source: Int, tag: Int32 = 0
  ) throws -> [Element] {
    let values = try [Element](unsafeUninitializedCapacity: count) { buffer, initialised in
      try check(
        MPI_Recv(
          buffer.baseAddress, messageCount(count), Element.datatype, Int32(source), tag, handle,
          CShims_status_ignore()), "MPI_Recv")
      initialised = count
    }
    Heartbeat.beat()
    return values
  }

  // MARK: Errors that all ranks see

  /// Runs fallible work on every rank; if it throws on any, all ranks throw the failure of the lowest such rank.
  ///
  /// The work must not contain collective calls: a rank that throws would leave the others waiting.
  public func coordinated<Result>(_ work: () throws -> Result) throws -> Result {
    var result: Result?
    var own: Failure?
    do { result = try work() } catch {
      own = error as? Failure ?? Failure(.inputOutput, "\(error)")
    }
    try agree(on: own)
    return result!
  }

  /// Throws the failure of the lowest rank that has one, on all ranks; returns on all ranks if none has.
  public func agree(on failure: Failure?) throws {
    let first = try reduce(failure == nil ? size : rank, .minimum)
    guard first < size else { return }
    let kind = try broadcast(failure?.kind.rawValue ?? 0, from: first)
    let message = try broadcast(failure?.message ?? "", from: first)
    var agreed = Failure(Failure.Kind(rawValue: kind) ?? .messagePassing, message)
    agreed.agreedRank = first
    throw agreed
  }
}
