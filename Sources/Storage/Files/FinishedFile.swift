import Foundation
import MessagePassing

/// Finishes files: a file is written under another name, synchronised to the disk and renamed, so that a file of its
/// name is complete even after a crash of the machine. Collective if there is a communicator; the root renames.
public enum FinishedFile {
  /// The name of a file until it is complete.
  public static func unfinished(_ path: String) -> String { path + ".unfinished" }

  /// Gives a complete file its name; replaces an earlier file of this name.
  /// - Throws: `.inputOutput` if the file cannot be synchronised or renamed.
  static func finish(_ path: String, over communicator: Communicator?) throws {
    func finish() throws {
      guard communicator?.isRoot ?? true else { return }
      try FileRange.synchronise(unfinished(path))
      guard rename(unfinished(path), path) == 0 else { throw FileRange.failure(path) }
    }
    if let communicator { try communicator.coordinated(finish) } else { try finish() }
  }

  /// Lets `write` make a file under the name that it is given, and finishes it.
  /// - Throws: what `write` throws, on all ranks, or `.inputOutput`. Nothing of the file is then left, and an earlier
  ///   file is still there.
  static func make(
    _ path: String, over communicator: Communicator? = nil, _ write: (_ unfinished: String) throws -> Void
  ) throws {
    do {
      try write(unfinished(path))
      try finish(path, over: communicator)
    } catch {
      if communicator?.isRoot ?? true { unlink(unfinished(path)) }
      throw error
    }
  }

  /// Writes a small file. One process calls it.
  /// - Throws: `.inputOutput`, with the reason of the operating system.
  public static func write(_ data: Data, to path: String) throws {
    try make(path) { unfinished in
      do { try FileRange.write(Array(data), to: unfinished) } catch {
        throw FileRange.failure(path, .inputOutput, "cannot be written: ")
      }
    }
  }
}
