/// `[output]` of `epm`.
public struct LatticeOutputSection: Sendable, Equatable {
  /// Whether the fields are kept at each sample.
  public var frames: Bool
  /// Whether the last fields are also written for ParaView.
  public var vtk: Bool
  /// Whether an existing run folder may be replaced.
  public var overwrite: Bool

  init(_ table: Table) {
    frames = table.boolean("frames", default: false)
    vtk = table.boolean("vtk", default: false)
    overwrite = table.boolean("overwrite", default: false)
  }
}
