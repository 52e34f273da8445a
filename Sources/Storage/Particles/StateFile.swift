import MessagePassing
import Particles

/// A single configuration on disk, from which a computation can continue with the same bits. It is H5MD with one frame,
/// with positions in quanta if the configuration has them. The attribute `checksum_sha256` is a checksum of the whole
/// state, by which a reader notices damage.
public enum StateFile {
  /// Writes the file under another name and renames it, so that a file with the final
  /// name is always complete. Collective.
  /// - Throws: `.inputOutput` if the file cannot be written; an earlier file is then still there.
  public static func write(
    _ snapshot: Snapshot, to path: String, step: Int = 0, provenance: Provenance, fields: [ParticleColumn] = [],
    observables: [Observable] = [], over communicator: Communicator
  ) throws {
    let isFixed =
      snapshot.quantum != nil
      && snapshot.particles.fixedPositions.count == snapshot.particles.count * snapshot.dimension
    let isExact = try communicator.reduce(isFixed ? Int64(1) : 0, .minimum) == 1
    try FinishedFile.make(path, over: communicator) { unfinished in
      let writer = try TrajectoryWriter(
        path: unfinished, particles: snapshot, provenance: provenance, isExact: isExact, over: communicator)
      try writer.append(step: step, snapshot: snapshot, fields: fields, observables: observables)
      try writer.seal(try StateHash.checksum(of: snapshot, over: communicator))
      try writer.close()
    }
  }

  /// Reads the file. Each rank gets its block of identifiers. Collective.
  public static func read(_ path: String, over communicator: Communicator) throws -> Snapshot {
    try H5MDReader.read(path, over: communicator)
  }
}
