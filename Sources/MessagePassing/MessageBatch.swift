import CMPI
import CShims

/// A batch of non-blocking messages that are started one by one and finished together. Its storage is reused, so that a
/// repeated exchange allocates nothing.
///
/// The memory behind the pointers must stay in place and untouched until ``finish()``.
public final class MessageBatch {
  private let communicator: Communicator
  private var requests: UnsafeMutablePointer<MPI_Request?>
  private var capacity: Int
  private var count = 0
  private static let largest = Int(Int32.max)

  public init(_ communicator: Communicator) {
    self.communicator = communicator
    capacity = 16
    requests = .allocate(capacity: capacity)
    requests.initialize(repeating: CShims_request_null(), count: capacity)
  }

  deinit { requests.deallocate() }

  /// Starts receiving `total` values from `source`.
  public func receive(_ buffer: UnsafeMutablePointer<Int64>, count total: Int, from source: Int) throws {
    var offset = 0
    while offset < total {
      let piece = min(total - offset, Self.largest)
      try check(
        MPI_Irecv(
          buffer + offset, Int32(piece), Int64.datatype, Int32(source), 1, communicator.handle, nextRequest()),
        "MPI_Irecv")
      offset += piece
    }
  }

  /// Starts sending `total` values to `destination`.
  public func send(_ buffer: UnsafePointer<Int64>, count total: Int, to destination: Int) throws {
    var offset = 0
    while offset < total {
      let piece = min(total - offset, Self.largest)
      try check(
        MPI_Isend(
          buffer + offset, Int32(piece), Int64.datatype, Int32(destination), 1, communicator.handle, nextRequest()),
        "MPI_Isend")
      offset += piece
    }
  }

  /// Waits until all started messages are received and sent.
  public func finish() throws {
    guard count > 0 else { return }
    try check(MPI_Waitall(messageCount(count), requests, CShims_statuses_ignore()), "MPI_Waitall")
    count = 0
    Heartbeat.beat()
  }

  private func nextRequest() -> UnsafeMutablePointer<MPI_Request?> {
    if count == capacity {
      let larger = UnsafeMutablePointer<MPI_Request?>.allocate(capacity: 2 * capacity)
      larger.initialize(repeating: CShims_request_null(), count: 2 * capacity)
      larger.update(from: requests, count: count)
      requests.deallocate()
      requests = larger
      capacity *= 2
    }
    count += 1
    return requests + (count - 1)
  }
}
