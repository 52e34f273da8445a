/// `[output]`: what is written besides the scalars.
public struct OutputSection: Sendable, Equatable {
  /// The fields per particle that a frame of the trajectory may hold besides the positions.
  public static let possibleFields = ["d2min", "stress", "force", "energy", "displacement", "plastic-count"]

  /// Strain steps between two frames.
  public var every: Int
  public var trajectory: Bool
  /// Some of ``possibleFields``, each once.
  public var fields: [String]
  /// Whether the profiles across the cell are written.
  public var profiles: Bool
  /// Whether the coefficients of every bond are written (`expand`), or their vectors, forces and stiffnesses
  /// (`measure`).
  public var bonds: Bool
  /// Whether a run folder that exists may be written over.
  public var overwrite: Bool

  init(_ table: Table) {
    every = table.integer("every", .count(from: 1), default: 10)
    trajectory = table.boolean("trajectory", default: true)
    fields = table.words("fields", of: Self.possibleFields, default: [])
    profiles = table.boolean("profiles", default: true)
    bonds = table.boolean("bonds", default: true)
    overwrite = table.boolean("overwrite", default: false)
  }
}
