import Interactions

extension BondNetwork {
  /// Returns the network without the bonds that end at a rattler; the network itself if there are no rattlers.
  public func without(_ null: NullSpace) -> BondNetwork {
    guard null.rattlerCount > 0 else { return self }
    return filtered { i, j in !null.isRattler(i) && !null.isRattler(j) }
  }
}
