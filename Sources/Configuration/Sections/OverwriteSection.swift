/// `[output]` of commands that always write the same files.
public struct OverwriteSection: Sendable, Equatable {
  /// Whether an existing run folder may be replaced.
  public var overwrite: Bool

  package init(_ table: Table) { overwrite = table.boolean("overwrite", default: false) }
}
