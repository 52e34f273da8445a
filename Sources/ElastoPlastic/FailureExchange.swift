import Geometry
import MessagePassing

/// The blocks that fail in one sweep, in ascending order of their sites.
public struct FailureList {
  public var sites: [Int] = []
  /// Amplitude 2με of each failure, by which the kernel is multiplied.
  public var amplitudes: [Double] = []
  public init() {}

  mutating func removeAll() {
    sites.removeAll(keepingCapacity: true)
    amplitudes.removeAll(keepingCapacity: true)
  }
}

/// Exchange that tells all ranks which blocks fail in a sweep. It takes one message for the few failures of a common
/// sweep, two for more. If there are more failures than a limit, they are only counted, so that no rank ever holds a
/// list of the size of the lattice.
final class FailureExchange {
  private static let inline = 15
  private let communicator: Communicator
  private let outgoing: AlignedBuffer<Int64>
  private let incoming: AlignedBuffer<Int64>
  private let blockSize = 2 + 2 * FailureExchange.inline

  /// Failures of all ranks; empty if there are more than the limit.
  private(set) var all = FailureList()
  private(set) var total = 0
  private(set) var totalNew = 0

  init(_ communicator: Communicator) {
    self.communicator = communicator
    outgoing = AlignedBuffer(capacity: blockSize)
    incoming = AlignedBuffer(capacity: blockSize * communicator.size)
  }

  /// Exchanges the failures of a sweep. Collective.
  /// - Parameters:
  ///   - own: failures of this rank, in ascending order of sites. Ranks own ascending slabs, so the concatenated
  ///     lists are in order too.
  ///   - new: number of own blocks that fail for the first time.
  func share(_ own: FailureList, new: Int, limit: Int) throws {
    all.removeAll()
    guard communicator.size > 1 else {
      Heartbeat.beat()
      total = own.sites.count
      totalNew = new
      if total <= limit {
        all.sites.append(contentsOf: own.sites)
        all.amplitudes.append(contentsOf: own.amplitudes)
      }
      return
    }
    let count = own.sites.count
    outgoing[0] = Int64(count)
    outgoing[1] = Int64(new)
    for k in 0..<min(count, Self.inline) {
      outgoing[2 + 2 * k] = Int64(own.sites[k])
      outgoing[3 + 2 * k] = Int64(bitPattern: own.amplitudes[k].bitPattern)
    }
    try communicator.gather(
      UnsafeBufferPointer(start: outgoing.pointer, count: blockSize),
      into: UnsafeMutableBufferPointer(start: incoming.pointer, count: blockSize * communicator.size))
    total = 0
    totalNew = 0
    var isInline = true
    for r in 0..<communicator.size {
      let count = Int(incoming[r * blockSize])
      total += count
      totalNew += Int(incoming[r * blockSize + 1])
      isInline = isInline && count <= Self.inline
    }
    guard total <= limit else { return }
    if isInline {
      for r in 0..<communicator.size {
        let block = incoming.pointer + r * blockSize
        for k in 0..<Int(block[0]) {
          all.sites.append(Int(block[2 + 2 * k]))
          all.amplitudes.append(Double(bitPattern: UInt64(bitPattern: block[3 + 2 * k])))
        }
      }
    } else {
      all.sites = try communicator.gather(own.sites)
      all.amplitudes = try communicator.gather(own.amplitudes)
    }
  }
}
