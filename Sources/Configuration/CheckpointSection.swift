/// `[checkpoint]`: how often a long run is made safe against its end.
public struct CheckpointSection: Sendable, Equatable {
  /// Between two checkpoints.
  public var everyMinutes: Double
  /// Steps of the command between two checkpoints; 0 for none by steps.
  public var everySteps: Int
  /// How many checkpoints stay on the disk.
  public var keep: Int

  init(_ table: Table) {
    everyMinutes = table.number("every_minutes", .positive, default: 15)
    everySteps = table.integer("every_steps", .atLeast(0), default: 0)
    keep = table.integer("keep", .atLeast(1), default: 2)
  }
}
