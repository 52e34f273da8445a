/// `[neighbours]`: the neighbour lists.
public struct NeighbourSection: Sendable, Equatable {
  /// Distance by which the lists reach beyond the cutoff, in reduced units of length. The physics does not depend on
  /// it. The last bits do, because the quantum of positions follows from the range.
  public var skin: Double

  init(_ table: Table) {
    skin = table.number("skin", .positive, default: 0.3)
  }
}
