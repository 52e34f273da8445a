/// One point of the grid of a sweep.
public struct SweepRun: Sendable {
  public struct Setting: Sendable {
    /// With its tables.
    public let key: String
    /// As TOML.
    public let value: String
  }

  /// Counted from 1.
  public let number: Int
  /// Of its folder: the settings, as far as they can be read in a name. It does not depend on the other runs.
  public let name: String
  public let settings: [Setting]
  public let configuration: any ResumableRunText

  /// What is set, in words.
  public var title: String { settings.map { "\($0.key) = \($0.value)" }.joined(separator: ", ") }
  /// The whole configuration: TOML with every key.
  public var resolved: String { configuration.resolved }
}
