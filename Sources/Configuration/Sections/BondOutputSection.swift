/// `[output]` of `expand` and `measure`.
public struct BondOutputSection: Sendable, Equatable {
  /// Whether a table of all bonds is written, with their coefficients (`expand`) or with their vectors,
  /// forces and stiffnesses (`measure`).
  public var bonds: Bool
  /// Whether an existing run folder may be replaced.
  public var overwrite: Bool

  init(_ table: Table) {
    bonds = table.boolean("bonds", default: true)
    overwrite = table.boolean("overwrite", default: false)
  }
}
