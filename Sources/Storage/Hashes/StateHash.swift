import Geometry
import MessagePassing
import Particles

/// The fingerprint of a state, which depends neither on the number of ranks nor on the distribution of particles.
///
/// It is the SHA-256 of, little endian: the rows of the cell matrix and the accumulated strain (float64);
/// then by ascending id for each particle: id int64, species int32, diameter float64, image
/// int32[dimension], position float64[dimension].
public enum StateHash {
  /// Returns the digest in hexadecimal, the same on all ranks. Collective: the hash travels from rank to rank, and
  /// each adds its block of identifiers.
  public static func sha256(of snapshot: Snapshot, over communicator: Communicator) throws -> String {
    try digest(of: snapshot, withQuanta: false, over: communicator)
  }

  /// Returns a digest that also includes, after each position, the position in quanta (int64[dimension]) if the
  /// snapshot has them: a double does not show their last bits. Collective.
  static func checksum(of snapshot: Snapshot, over communicator: Communicator) throws -> String {
    try digest(of: snapshot, withQuanta: true, over: communicator)
  }

  private static func digest(
    of snapshot: Snapshot, withQuanta: Bool, over communicator: Communicator
  ) throws -> String {
    let columns = try OrderedColumns(snapshot, over: communicator)
    let dimension = snapshot.dimension
    var hash = SHA256()
    if communicator.rank > 0 {
      hash = SHA256(
        state: try communicator.receive(UInt8.self, count: SHA256.stateSize, from: communicator.rank - 1))
    } else {
      for row in snapshot.edges.block(dimension) { for value in row { hash.update(value) } }
      hash.update(snapshot.strain)
    }
    for (k, row) in columns.blocks.rows.enumerated() {
      hash.update(Int64(row + 1))
      hash.update(columns.species[k])
      hash.update(columns.diameters[k])
      for c in 0..<dimension { hash.update(columns.images[k * dimension + c]) }
      for c in 0..<dimension { hash.update(columns.positions[k * dimension + c]) }
      if withQuanta, !columns.fixedPositions.isEmpty {
        for c in 0..<dimension { hash.update(columns.fixedPositions[k * dimension + c]) }
      }
    }
    if communicator.rank + 1 < communicator.size { try communicator.send(hash.state, to: communicator.rank + 1) }
    return try communicator.broadcast(hash.finished(), from: communicator.size - 1)
  }
}
