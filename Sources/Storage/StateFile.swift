import Foundation
import MessagePassing
import Particles

/// A single configuration on disk, from which the computation continues with the same bits: H5MD with one frame, and
/// the positions in quanta where the configuration has them. It carries a checksum of it all as the attribute
/// `checksum_sha256`, so that a reader notices damage.
public enum StateFile {
  /// Writes the file under another name and renames it, so that a file of this name is always complete. Collective.
  /// - Throws: `.inputOutput` where it cannot be written; then a file that was there before is still there.
  public static func write(
    _ snapshot: Snapshot, to path: String, step: Int = 0, provenance: Provenance, fields: [ParticleColumn] = [],
    observables: [Observable] = [], over communicator: Communicator
  ) throws {
    let unfinished = path + ".unfinished"
    let isFixed =
      snapshot.quantum != nil
      && snapshot.particles.fixedPositions.count == snapshot.particles.count * snapshot.dimension
    let isExact = try communicator.reduce(isFixed ? Int64(1) : 0, .minimum) == 1
    do {
      let writer = try TrajectoryWriter(
        path: unfinished, particles: snapshot, provenance: provenance, isExact: isExact, over: communicator)
      try writer.append(step: step, snapshot: snapshot, fields: fields, observables: observables)
      try writer.seal(try StateHash.checksum(of: snapshot, over: communicator))
      try writer.close()
    } catch {
      if communicator.isRoot { unlink(unfinished) }
      throw error
    }
    try communicator.coordinated {
      guard communicator.isRoot else { return }
      func failure() -> Failure { Failure(.inputOutput, "\(path): \(String(cString: strerror(errno)))") }
      let descriptor = open(unfinished, O_RDONLY)
      guard descriptor >= 0 else { throw failure() }
      defer { close(descriptor) }
      guard fsync(descriptor) == 0, rename(unfinished, path) == 0 else { throw failure() }
    }
  }

  /// Collective. Each rank gets its block of identifiers.
  public static func read(_ path: String, over communicator: Communicator) throws -> Snapshot {
    try H5MDReader.read(path, over: communicator)
  }
}
