/// `[output]` of `flow`: the files that are written besides what is measured.
public struct FlowOutputSection: Sendable, Equatable {
  /// Fields per particle that a frame of the trajectory may contain besides the positions.
  public static let possibleFields = ["d2min", "velocity", "stress", "force", "energy"]

  public var trajectory: Bool
  /// Rows of the curve between two frames.
  public var every: Int
  /// Fields of each frame, a selection of ``possibleFields``, each once.
  public var fields: [String]
  /// Whether an existing run folder may be replaced.
  public var overwrite: Bool

  init(_ table: Table) {
    // A slow flow has a million rows.
    trajectory = table.boolean("trajectory", default: false)
    if trajectory {
      every = table.integer("every", .count(from: 1), default: 100)
      fields = table.words("fields", of: Self.possibleFields, default: [])
    } else {
      for (key, standard) in [("every", "100"), ("fields", "[]")] {
        table.forbid(
          key, because: "has no effect on trajectory = false", hint: "set trajectory = true, or remove it",
          default: standard)
      }
      every = 1
      fields = []
    }
    overwrite = table.boolean("overwrite", default: false)
  }
}
