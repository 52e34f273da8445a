import Interactions

extension BondNetwork {
  /// The bonds that hold: without those that end at a rattler. The network itself where there are no rattlers.
  public func without(_ null: NullSpace) -> BondNetwork {
    guard null.rattlerCount > 0 else { return self }
    return filtered { i, j in !null.isRattler(i) && !null.isRattler(j) }
  }
}
