/// `[checkpoint]`: how often a long run makes a checkpoint.
public struct CheckpointSection: Sendable, Equatable {
  /// Time between two checkpoints, in minutes.
  public var everyMinutes: Double
  /// Steps of the command between two checkpoints; 0 if steps do not count.
  public var everySteps: Int
  /// Number of checkpoints that stay on the disk.
  public var keep: Int

  /// The section of commands that cannot be suspended.
  static let never = CheckpointSection(everyMinutes: .infinity, everySteps: 0, keep: 1)

  private init(everyMinutes: Double, everySteps: Int, keep: Int) {
    self.everyMinutes = everyMinutes
    self.everySteps = everySteps
    self.keep = keep
  }

  package init(_ table: Table) {
    everyMinutes = table.number(
      "every_minutes",
      Bound(words: "at least 0.01, since a checkpoint takes a while too, and at most 1e6") { $0 >= 0.01 && $0 <= 1e6 },
      default: 15)
    everySteps = table.integer("every_steps", .count(from: 0), default: 0)
    keep = table.integer("keep", .count(from: 1, most: 10_000), default: 2)
  }
}
