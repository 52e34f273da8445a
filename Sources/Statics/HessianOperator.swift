import Interactions
import Particles

/// The Hessian as a matrix-free operator for linear solvers, from the bonds without those of
/// rattlers, which no force holds.
public final class HessianOperator {
  private let system: ParticleSystem
  private let bonds: BondNetwork
  /// Without rattlers the listed pairs are exactly these bonds, and the engine's own loops apply.
  private let hasRattlers: Bool

  /// Creates the operator.
  /// - Parameter bonds: the bonds without those of rattlers (``BondNetwork/without(_:)``).
  public init(_ system: ParticleSystem, _ bonds: BondNetwork, null: NullSpace) {
    self.system = system
    self.bonds = bonds
    hasRattlers = null.rattlerCount > 0
  }

  /// Computes result = H·v; ghosts are gathered here. Collective.
  public func multiply(_ field: ParticleField, into result: ParticleField) throws {
    guard hasRattlers else { return try system.multiplyHessian(field, into: result) }
    try system.gather(field)
    let d = bonds.dimension
    let (v, product) = (field.values, result.values)
    for i in 0..<system.ownedCount {
      for k in 0..<d { product[i * d + k] = 0 }
      for end in bonds.ends(of: i) {
        let x = bonds.bond(end)
        let j = Int(bonds.partner[end])
        var along = 0.0
        for k in 0..<d { along += x[k] * (v[i * d + k] - v[j * d + k]) }
        let (first, second) = (bonds.derivatives[4 * end], bonds.derivatives[4 * end + 1])
        for k in 0..<d { product[i * d + k] += second * along * x[k] + first * (v[i * d + k] - v[j * d + k]) }
      }
    }
  }
}
