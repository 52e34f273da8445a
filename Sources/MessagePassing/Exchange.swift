import CMPI
import CShims

/// An exchange in which any rank may send to any other. The counts are agreed on once; then data can be moved several
/// times, forward or backward.
public struct Exchange {
  public let communicator: Communicator
  /// Number of elements sent to each rank.
  public let sendCounts: [Int]
  /// Number of elements received from each rank.
  public let receiveCounts: [Int]
  public let sendTotal: Int
  public let receiveTotal: Int

  /// Agrees on the counts: this rank sends `sendCounts[r]` elements to rank r. Collective.
  public init(_ communicator: Communicator, sendCounts: [Int]) throws {
    precondition(sendCounts.count == communicator.size)
    var receiveCounts = sendCounts
    if communicator.size > 1 {
      var outgoing = sendCounts
      try check(
        MPI_Alltoall(&outgoing, 1, Int.datatype, &receiveCounts, 1, Int.datatype, communicator.handle), "MPI_Alltoall")
    }
    self.communicator = communicator
    self.sendCounts = sendCounts
    self.receiveCounts = receiveCounts
    sendTotal = sendCounts.reduce(0, +)
    receiveTotal = receiveCounts.reduce(0, +)
    Heartbeat.beat()
  }

  /// Sends `width` values per element. `values` is ordered by destination rank, the result by source rank. Collective.
  public func forward<Element: MessageElement>(_ values: [Element], width: Int = 1) throws -> [Element] {
    try move(values, width: width, out: sendCounts, into: receiveCounts, total: receiveTotal)
  }

  /// Returns `width` values per element to the ranks from which ``forward(_:width:)`` brought the elements. Collective.
  public func backward<Element: MessageElement>(_ values: [Element], width: Int = 1) throws -> [Element] {
    try move(values, width: width, out: receiveCounts, into: sendCounts, total: sendTotal)
  }

  private func move<Element: MessageElement>(
    _ values: [Element], width: Int, out: [Int], into: [Int], total: Int
  ) throws -> [Element] {
    if communicator.size == 1 { return values }
    let result = try [Element](unsafeUninitializedCapacity: total * width) { buffer, initialised in
      try values.withUnsafeBufferPointer { source in
        var requests: [MPI_Request?] = []
        try post(&requests, counts: into, width: width) { offset, count, peer, request in
          MPI_Irecv(
            buffer.baseAddress! + offset, count, Element.datatype, peer, 0, communicator.handle, &request)
        }
        try post(&requests, counts: out, width: width) { offset, count, peer, request in
          MPI_Isend(
            source.baseAddress! + offset, count, Element.datatype, peer, 0, communicator.handle, &request)
        }
        try check(
          MPI_Waitall(messageCount(requests.count), &requests, CShims_statuses_ignore()), "MPI_Waitall")
      }
      initialised = total * width
    }
    Heartbeat.beat()
    return result
  }

  /// Starts one message to or from each peer that has a count, in pieces that MPI's 32-bit counts can hold.
  private func post(
    _ requests: inout [MPI_Request?], counts: [Int], width: Int,
    start: (_ offset: Int, _ count: Int32, _ peer: Int32, _ request: inout MPI_Request?) -> Int32
  ) throws {
    let largest = Int(Int32.max)
    var offset = 0
    for peer in 0..<communicator.size {
      var remaining = counts[peer] * width
      while remaining > 0 {
        let count = min(remaining, largest)
        var request: MPI_Request? = CShims_request_null()
        try check(start(offset, Int32(count), Int32(peer), &request), "MPI_Isend/MPI_Irecv")
        requests.append(request)
        offset += count
        remaining -= count
      }
    }
  }
}
