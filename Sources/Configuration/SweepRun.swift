/// One point of the grid of a sweep.
package struct SweepRun: Sendable {
  package struct Setting: Sendable {
    /// The key with its tables, `table.key`.
    package let key: String
    /// The value as TOML.
    package let value: String
  }

  /// Number of the run, from 1.
  package let number: Int
  /// Name of the folder: the settings, as far as a name can show them. It does not depend on the other runs.
  package let name: String
  package let settings: [Setting]
  package let configuration: any RunText

  /// The settings in words.
  package var title: String { settings.map { "\($0.key) = \($0.value)" }.joined(separator: ", ") }
  /// The whole configuration: TOML with every key.
  package var resolved: String { configuration.resolved }
}
