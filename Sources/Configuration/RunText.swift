/// What a run folder keeps of a configuration, whatever the command.
public protocol RunText: Sendable {
  /// The text of the file, verbatim.
  var inputText: String { get }
  /// TOML with every key that is used.
  var resolved: String { get }
  /// Where its keys were given.
  var places: KeyPlaces { get }
  /// Whether a run folder that exists may be written over.
  var mayOverwrite: Bool { get }
  /// The folders of other runs that it reads, and the key that names them.
  var inputFolders: (key: String, paths: [String]) { get }
}

extension RunText {
  public var inputFolders: (key: String, paths: [String]) { ("", []) }
}

extension RunConfiguration: ResumableRunText {
  public var mayOverwrite: Bool { output.overwrite }
}

/// A configuration of a run that can be put aside and go on.
public protocol ResumableRunText: RunText {
  var checkpoint: CheckpointSection { get }
  /// With what is known of the content of its input files (``note(_:of:)``).
  var resolved: String { get set }
  /// In which keys it asks for another computation than an earlier one, a message for each.
  /// - Parameter earlier: the resolved text of that one.
  func differences(from earlier: String) -> [String]
}
