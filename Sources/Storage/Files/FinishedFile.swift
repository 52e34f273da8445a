import Foundation
import MessagePassing

/// Finishes files: a file is written under another name, synchronised to the disk and renamed, so that a file of its
/// name is complete even after a crash of the machine.
public enum FinishedFile {
  /// The name of a file until it is complete.
  public static func unfinished(_ path: String) -> String { path + ".unfinished" }

  /// Gives a complete file its name; replaces an earlier file of this name. One process calls it.
  /// - Throws: `.inputOutput` if the file cannot be synchronised or renamed.
  public static func finish(_ path: String) throws {
    try FileRange.synchronise(unfinished(path))
    guard rename(unfinished(path), path) == 0 else { throw FileRange.failure(path) }
  }
}
