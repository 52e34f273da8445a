/// `[output]` of commands whose files are not a matter of choice.
public struct OverwriteSection: Sendable, Equatable {
  /// Whether a run folder that exists may be replaced.
  public var overwrite: Bool

  package init(_ table: Table) { overwrite = table.boolean("overwrite", default: false) }
}
