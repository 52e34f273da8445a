/// `[neighbours]`: the neighbour lists.
public struct NeighbourSection: Sendable, Equatable {
  /// How far the lists reach beyond the cutoff, in reduced units of length. Results do not depend on it.
  public var skin: Double

  init(_ table: Table) {
    skin = table.number("skin", .positive, default: 0.3)
  }
}
