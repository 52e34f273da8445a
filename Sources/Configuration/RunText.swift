/// The parts of a configuration that a run folder keeps, for any command.
package protocol RunText: Sendable {
  /// The text of the file, verbatim.
  var inputText: String { get }
  /// Every key that is used, with its value, and descriptions of the content of input files.
  var keys: ResolvedKeys { get set }
  /// The places where the keys were given.
  var places: KeyPlaces { get }
  /// Whether an existing run folder may be replaced.
  var mayOverwrite: Bool { get }
  var checkpoint: CheckpointSection { get }
  /// The folders of other runs that the run reads, and the key that names them.
  var inputFolders: (key: String, paths: [String]) { get }
}

extension RunText {
  /// TOML with every key that is used: given, overridden, or filled in and marked `# default`.
  /// Parsing it gives the same configuration.
  package var resolved: String { keys.text }

  /// Paths of the files that the run reads, by their keys.
  package var inputFiles: [String: String] { keys.files }

  /// Returns a message for each key that asks for another computation than an earlier configuration.
  /// - Parameter earlier: the resolved text of the earlier configuration.
  package func differences(from earlier: String) -> [String] { keys.differences(from: earlier, places) }
}
