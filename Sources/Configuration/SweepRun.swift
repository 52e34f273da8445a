/// One point of the grid of a sweep.
package struct SweepRun: Sendable {
  package struct Setting: Sendable {
    /// With its tables.
    package let key: String
    /// As TOML.
    package let value: String
  }

  /// Counted from 1.
  package let number: Int
  /// Of its folder: the settings, as far as they can be read in a name. It does not depend on the other runs.
  package let name: String
  package let settings: [Setting]
  package let configuration: any RunText

  /// What is set, in words.
  package var title: String { settings.map { "\($0.key) = \($0.value)" }.joined(separator: ", ") }
  /// The whole configuration: TOML with every key.
  package var resolved: String { configuration.resolved }
}
