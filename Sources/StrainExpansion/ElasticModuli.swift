import Geometry
import Interactions
import Particles
import Statics

/// Linear elasticity of a glass at rest, with its affine and nonaffine parts and the effect of the prestress.
public struct ElasticModuli {
  /// B_ijkl = dσ_ij/dA_kl at the present state: the response of the stress to a small deformation gradient 1 + A. Rows
  /// (i, j), columns (k, l), both row-major.
  public let stressStiffness: [[Double]]
  /// Part of B that affine motion alone gives.
  public let affineStressStiffness: [[Double]]
  /// C_ijkl, the second derivative of the energy density with respect to the Green strain. It differs from B by the
  /// prestress: C_ijkl = B_ijkl + σ_ij δ_kl − δ_ik σ_lj − δ_jk σ_il.
  public let greenStiffness: [[Double]]
  private let dimension: Int
  /// Cost and accuracy of each solve.
  public let solutions: [LinearSolution]

  /// Computes the moduli with one solve for each pair of axes. Antisymmetric motion needs none: it is a rotation, after
  /// which nothing relaxes. Collective.
  public init(
    _ system: ParticleSystem, _ bonds: BondNetwork, solver: any LinearSolver, tolerance: Double
  ) throws {
    let d = system.dimension
    let axes = ["x", "y", "z"]
    dimension = d
    var solutions: [LinearSolution] = []
    var full = [[Double]](repeating: [Double](repeating: 0, count: d * d), count: d * d)
    var affine = full
    let derivatives = EnergyDerivatives(system, bonds)
    let force = system.makeField(width: d)
    let velocity = system.makeField(width: d)
    for k in 0..<d {
      for l in k..<d {
        var a = Tensor()
        a[k, l] = 1
        force.fill(with: 0)
        derivatives.addHessian(StrainedDisplacement(gradient: a), times: -1, to: force)
        solutions.append(
          try solver.solve(
            force, into: velocity, tolerance: tolerance, name: "elastic response to \(axes[k])\(axes[l])"))
        try system.gather(velocity)
        // The nonaffine velocity is the same for kl and lk, since the two differ by a rotation.
        for (m, n) in k == l ? [(k, k)] : [(k, l), (l, k)] {
          var g = Tensor()
          g[m, n] = 1
          let relaxed = try Self.stressRate(system, bonds, StrainedDisplacement(gradient: g, field: velocity))
          let rigid = try Self.stressRate(system, bonds, StrainedDisplacement(gradient: g))
          for i in 0..<d {
            for j in 0..<d {
              full[i * d + j][m * d + n] = relaxed[i, j]
              affine[i * d + j][m * d + n] = rigid[i, j]
            }
          }
        }
      }
    }
    let stress = try system.totals().stress
    func delta(_ a: Int, _ b: Int) -> Double { a == b ? 1 : 0 }
    greenStiffness = (0..<d * d).map { row in
      let (i, j) = (row / d, row % d)
      return (0..<d * d).map { column in
        let (k, l) = (column / d, column % d)
        return full[row][column] + stress[i, j] * delta(k, l) - delta(i, k) * stress[l, j] - delta(j, k) * stress[i, l]
      }
    }
    stressStiffness = full
    affineStressStiffness = affine
    self.solutions = solutions
  }

  /// Returns dσ/dγ with the current volume, for the derivative d₁ of the positions.
  private static func stressRate(_ system: ParticleSystem, _ bonds: BondNetwork, _ d1: StrainedDisplacement) throws
    -> Tensor
  {
    let d = system.dimension
    let sums = try BondSums(system, bonds) { i, end in
      let x = bonds.bond(end)
      return BondExpansion(
        x, bonds.stiffness(end), d1.change(x, from: i, to: Int(bonds.partner[end]), dimension: d), .zero, .zero)
    }
    return StrainExpansion.stress(ofVirial: sums.virial, volume: system.cell.volume, rate: d1.gradient.trace)[1]
  }

  private func entry(_ tensor: [[Double]], _ i: Int, _ j: Int, _ k: Int, _ l: Int) -> Double {
    tensor[i * dimension + j][k * dimension + l]
  }

  /// Returns the shear modulus μ = dσ_ab/dγ under simple shear with flow a and gradient b.
  public func shearModulus(flow a: Int, gradient b: Int) -> (total: Double, affine: Double) {
    (entry(stressStiffness, a, b, a, b), entry(affineStressStiffness, a, b, a, b))
  }

  /// Bulk modulus K = −(1/dimension) dP/dη for edges that grow like exp(η), at the present pressure.
  public var bulkModulus: (total: Double, affine: Double) {
    func bulk(_ tensor: [[Double]]) -> Double {
      let d = dimension
      return (0..<d).map { i in (0..<d).map { k in entry(tensor, i, i, k, k) }.reduce(0, +) }.reduce(0, +)
        / Double(d * d)
    }
    return (bulk(stressStiffness), bulk(affineStressStiffness))
  }
}
