/// What a run folder keeps of a configuration, whatever the command.
public protocol RunText: Sendable {
  /// The text of the file, verbatim.
  var inputText: String { get }
  /// TOML with every key that is used.
  var resolved: String { get }
  /// Whether a run folder that exists may be written over.
  var mayOverwrite: Bool { get }
}

extension RunConfiguration: RunText {
  public var mayOverwrite: Bool { output.overwrite }
}
