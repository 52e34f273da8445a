import Geometry
import Interactions
import Particles

/// Sum of the expansions of all bonds, exact over cells and ranks.
struct BondSums {
  /// Energy derivatives U_γ, U_γγ, U_γγγ.
  let energy: [Double]
  /// Vσ = Σ g⊗x and its first three derivatives.
  let virial: [Tensor]

  /// Sums the expansions. `expansion(i, end)` returns that of the bond with the given end at owned particle i; each
  /// bond is visited at both ends. Collective.
  init(
    _ system: ParticleSystem, _ bonds: BondNetwork, _ expansion: (_ particle: Int, _ end: Int) -> BondExpansion
  ) throws {
    let d = system.dimension
    let components = (0..<d).flatMap { a in (a..<d).map { (a, $0) } }
    let count = 3 + 4 * components.count
    let sums = try system.sums(count) { i, out in
      for k in 0..<count { out[k] = 0 }
      for end in bonds.ends(of: i) {
        let bond = expansion(i, end)
        out[0] += 0.5 * bond.energy.0
        out[1] += 0.5 * bond.energy.1
        out[2] += 0.5 * bond.energy.2
        var place = out + 3
        for (a, b) in components {
          let s = bond.stress(a, b)
          place[0] += 0.5 * s.0
          place[1] += 0.5 * s.1
          place[2] += 0.5 * s.2
          place[3] += 0.5 * s.3
          place += 4
        }
      }
    }
    energy = Array(sums[0..<3])
    virial = (0..<4).map { order in
      var tensor = Tensor()
      for (place, (a, b)) in components.enumerated() {
        tensor[a, b] = sums[3 + 4 * place + order]
        tensor[b, a] = tensor[a, b]
      }
      return tensor
    }
  }
}
