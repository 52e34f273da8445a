/// `[output]` of `expand` and `measure`.
public struct BondOutputSection: Sendable, Equatable {
  /// Whether the coefficients of every bond are written (`expand`), or their vectors, forces and stiffnesses
  /// (`measure`).
  public var bonds: Bool
  /// Whether a run folder that exists may be replaced.
  public var overwrite: Bool

  init(_ table: Table) {
    bonds = table.boolean("bonds", default: true)
    overwrite = table.boolean("overwrite", default: false)
  }
}
