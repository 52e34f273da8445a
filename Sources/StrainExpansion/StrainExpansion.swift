import Geometry
import Interactions
import MessagePassing
import Particles
import Statics

/// Expansion of bond energies, total energy and stress of a glass at rest along D(γ) = exp(γA), to third order in γ,
/// with the nonaffine motion included (Richard, Secs. II–III and Appendices B, C).
public struct StrainExpansion {
  /// Generator A of the deformation D(γ) = exp(γA).
  public let generator: Tensor
  /// Nonaffine fields of the glass under this deformation.
  public let fields: NonaffineFields
  /// Derivatives dU/dγ, d²U/dγ², d³U/dγ³ of the energy U of the whole configuration, without U itself.
  public let energy: [Double]
  /// Vσ and its first three derivatives: those of Σ (φ'/r) x⊗x, which does not contain the volume
  /// (Richard, eqs. 15–18, times V).
  public let virial: [Tensor]
  /// Stress and its first three derivatives, with the current volume V(γ) = V exp(γ Tr A).
  public let stress: [Tensor]
  /// Vσ and its first three derivatives, divided by the volume at γ = 0 (Richard, eqs. 15–18).
  public let stressAtFixedVolume: [Tensor]
  /// Relative error of the third order that residual forces can cause, ‖F‖ ‖x⃛‖ / |U_γγγ|.
  public let residualForceError: Double

  /// Computes the expansion for a system whose forces are up to date. Collective.
  public init(
    _ system: ParticleSystem, _ bonds: BondNetwork, generator: Tensor, solver: any LinearSolver, tolerance: Double
  ) throws {
    self.generator = generator
    fields = try NonaffineFields(system, bonds, generator: generator, solver: solver, tolerance: tolerance)
    let fields = self.fields
    let sums = try BondSums(system, bonds) { i, end in fields.expansion(of: end, at: i, bonds) }
    energy = sums.energy
    virial = sums.virial
    stress = Self.stress(ofVirial: virial, volume: system.cell.volume, rate: generator.trace)
    let volume = system.cell.volume
    stressAtFixedVolume = virial.map { (1 / volume) * $0 }
    let force = try system.dot(system.forces, system.forces).squareRoot()
    let jerk = try system.dot(fields.jerk.values, fields.jerk.values).squareRoot()
    residualForceError = force == 0 ? 0 : force * jerk / abs(energy[2])
  }

  /// Returns S(γ)/V(γ) and its first three derivatives, with V(γ) = V exp(γ t), by Leibniz' rule.
  static func stress(ofVirial s: [Tensor], volume: Double, rate t: Double) -> [Tensor] {
    let v = 1 / volume
    return [
      v * s[0], v * (s[1] - t * s[0]), v * (s[2] - (2 * t) * s[1] + (t * t) * s[0]),
      v * (s[3] - (3 * t) * s[2] + (3 * t * t) * s[1] - (t * t * t) * s[0]),
    ]
  }

  /// Returns the pressure P = −Tr σ / dimension and its first three derivatives (for A = 1:
  /// Richard, eqs. 21, 22, C1, C2).
  public func pressure(dimension: Int) -> [Double] { stress.map { -$0.trace / Double(dimension) } }

  /// Relative disagreement of the derivatives of energy and stress: U_γ = Vσ:A, U_γγ = (Vσ)_γ:A and U_γγγ = (Vσ)_γγ:A
  /// hold if no forces are left.
  public var identityErrors: [Double] {
    (0..<3).map { n in
      let conjugate = (0..<3).map { virial[n][$0].dot(generator[$0]) }.reduce(0, +)
      let size = max(abs(conjugate), abs(energy[n]))
      return size == 0 ? 0 : abs(conjugate - energy[n]) / size
    }
  }
}

extension NonaffineFields {
  /// Returns the expansion of a bond, given by its end at owned particle i.
  @inline(__always)
  func expansion(of end: Int, at i: Int, _ bonds: BondNetwork) -> BondExpansion {
    let x = bonds.bond(end)
    let j = Int(bonds.partner[end])
    let d = bonds.dimension
    return BondExpansion(
      x, bonds.stiffness(end), d1.change(x, from: i, to: j, dimension: d), d2.change(x, from: i, to: j, dimension: d),
      d3.change(x, from: i, to: j, dimension: d))
  }

  /// Returns φ_γ, φ_γγ and φ_γγγ of the bond with the given end at owned particle i.
  public func energies(of end: Int, at i: Int, _ bonds: BondNetwork) -> (Double, Double, Double) {
    expansion(of: end, at: i, bonds).energy
  }
}

extension SecondOrderFields {
  /// Returns Σ φ_γ φ_γγ over the bonds of owned particle i, each counted in full. It becomes large before an
  /// instability (Richard, Fig. 2).
  public func product(_ i: Int, _ bonds: BondNetwork) -> Double {
    var sum = 0.0
    for end in bonds.ends(of: i) {
      let x = bonds.bond(end)
      let j = Int(bonds.partner[end])
      let d = bonds.dimension
      let e = BondExpansion(
        x, bonds.stiffness(end), d1.change(x, from: i, to: j, dimension: d), d2.change(x, from: i, to: j, dimension: d),
        .zero
      ).energy
      sum += e.0 * e.1
    }
    return sum
  }
}
