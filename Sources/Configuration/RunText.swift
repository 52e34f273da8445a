/// What a run folder keeps of a configuration, whatever the command.
package protocol RunText: Sendable {
  /// The text of the file, verbatim.
  var inputText: String { get }
  /// Every key that is used, with its value, and what is known of the content of input files.
  var keys: ResolvedKeys { get set }
  /// Where its keys were given.
  var places: KeyPlaces { get }
  /// Whether a run folder that exists may be replaced.
  var mayOverwrite: Bool { get }
  var checkpoint: CheckpointSection { get }
  /// The folders of other runs that it reads, and the key that names them.
  var inputFolders: (key: String, paths: [String]) { get }
}

extension RunText {
  /// TOML with every key that is used: given, overridden, or filled in and then marked `# default`. Gives the same
  /// configuration when it is parsed.
  package var resolved: String { keys.text }

  /// The paths of the files that the run reads, by their keys.
  package var inputFiles: [String: String] { keys.files }

  /// In which keys the configuration asks for another computation than an earlier one, a message for each.
  /// - Parameter earlier: the resolved text of that one.
  package func differences(from earlier: String) -> [String] { keys.differences(from: earlier, places) }
}
