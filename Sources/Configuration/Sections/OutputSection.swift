/// `[output]` of `shear`: the files that are written besides the scalars.
public struct OutputSection: Sendable, Equatable {
  /// Fields per particle that a frame of the trajectory may contain besides the positions.
  public static let possibleFields = ["d2min", "stress", "force", "energy", "displacement", "plastic-count"]

  /// Strain steps between two frames.
  public var every: Int
  public var trajectory: Bool
  /// Fields of each frame, a selection of ``possibleFields``, each once.
  public var fields: [String]
  /// Whether the profiles across the cell are written.
  public var profiles: Bool
  /// Whether an existing run folder may be replaced.
  public var overwrite: Bool

  init(_ table: Table) {
    trajectory = table.boolean("trajectory", default: true)
    if trajectory {
      every = table.integer("every", .count(from: 1), default: 10)
      fields = table.words("fields", of: Self.possibleFields, default: [])
    } else {
      for key in ["every", "fields"] {
        table.forbid(
          key, because: "has no effect on trajectory = false", hint: "remove it; it belongs to the trajectory")
      }
      every = 1
      fields = []
    }
    profiles = table.boolean("profiles", default: true)
    overwrite = table.boolean("overwrite", default: false)
  }
}
