import Foundation
import MessagePassing

/// The one way in which a file gets its name: it is written under another one, brought to the disk, and renamed, so that
/// a file of its name is complete even after a crash of the machine.
public enum FinishedFile {
  /// The name of a file until it is complete.
  public static func unfinished(_ path: String) -> String { path + ".unfinished" }

  /// Gives a complete file its name, and replaces one that was there before. Called by one process.
  /// - Throws: `.inputOutput` where the file cannot be brought to the disk or renamed.
  public static func finish(_ path: String) throws {
    try FileRange.synchronise(unfinished(path))
    guard rename(unfinished(path), path) == 0 else { throw FileRange.failure(path) }
  }
}
