import MessagePassing

/// The fingerprint of an elasto-plastic state, which does not depend on the number of ranks. It is the SHA-256 of the
/// stresses and the thresholds (float64) and the yield counts (int32), little endian and each row by row.
public enum LatticeHash {
  /// Returns the digest in hexadecimal, the same on all ranks. Each rank holds `count` sites, in the order of the
  /// ranks. Collective: the hash travels from rank to rank, once for each field.
  public static func sha256(
    stress: UnsafePointer<Double>, thresholds: UnsafePointer<Double>, yieldCounts: UnsafePointer<Int32>, count: Int,
    over communicator: Communicator
  ) throws -> String {
    var hash = SHA256()
    let fields = [
      UnsafeRawBufferPointer(start: stress, count: count * 8),
      UnsafeRawBufferPointer(start: thresholds, count: count * 8),
      UnsafeRawBufferPointer(start: yieldCounts, count: count * 4),
    ]
    for (turn, field) in fields.enumerated() {
      if communicator.rank > 0 {
        hash = SHA256(state: try communicator.receive(UInt8.self, count: SHA256.stateSize, from: communicator.rank - 1))
      } else if turn > 0, communicator.size > 1 {
        hash = SHA256(state: try communicator.receive(UInt8.self, count: SHA256.stateSize, from: communicator.size - 1))
      }
      // The order in memory is the defined one: the program is built for little-endian machines.
      hash.update(field)
      let isLast = turn == fields.count - 1 && communicator.rank == communicator.size - 1
      if communicator.size > 1, !isLast {
        try communicator.send(hash.state, to: (communicator.rank + 1) % communicator.size)
      }
    }
    return try communicator.broadcast(hash.finished(), from: communicator.size - 1)
  }
}
