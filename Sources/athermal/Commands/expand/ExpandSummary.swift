import Configuration
import Foundation
import Geometry
import MessagePassing
import Particles
import QuasistaticShear
import SparseSolvers
import Statics
import StrainExpansion

/// Scalars and tensors of an expansion, in addition to those of every run that ends with a configuration.
struct ExpandSummary: Encodable {
  /// Figures of one linear solve.
  struct Solve: Encodable {
    var iterations: Int
    var residual: Double
    var seconds: Double

    init(_ solution: LinearSolution) {
      iterations = solution.iterations
      residual = solution.residual
      seconds = solution.seconds
    }
  }

  /// The expansion in summary.json.
  /// More than 20 properties: one for each key.
  private struct Coefficients: Encodable {
    /// Generator A.
    var generator: [[Double]]
    var rattlers: Int
    /// Derivatives U_γ, U_γγ, U_γγγ of the energy of the whole configuration.
    var energyDerivatives: [Double]
    /// Derivatives dσ/dγ, d²σ/dγ², d³σ/dγ³ at the present volume, and those of Vσ divided by the volume at γ = 0.
    var stressDerivatives: [[[Double]]]
    var stressDerivativesFixedVolume: [[[Double]]]
    var pressureDerivatives: [Double]
    /// Relative differences of energy and stress derivatives, and the error of the third order
    /// that residual forces may cause.
    var identityErrors: [Double]
    var residualForceError: Double
    var shearModulus: Double?
    var shearModulusAffine: Double?
    var shearModulusNonaffine: Double?
    var bulkModulus: Double?
    var bulkModulusAffine: Double?
    var bulkModulusNonaffine: Double?
    /// Elastic tensor dσ_ij/dA_kl, and second derivative of the energy density with respect to the Green
    /// strain; rows ij, columns kl.
    var elasticTensorStress: [[Double]]?
    var elasticTensorGreen: [[Double]]?
    /// Eigenvalues ω² of the softest modes.
    var eigenvalues: [Double]?
    var solverMethod: String
    var solverSetUpSeconds: Double
    var solverTolerance: Double
    var solver: [String: Solve]
    var elasticSolver: [Solve]?
  }

  private let base: Summary
  private let coefficients: Coefficients
  let text: String

  init(
    _ base: Summary, _ expansion: StrainExpansion, _ moduli: ElasticModuli?, _ modes: SoftModes?,
    _ loading: Loading.Mode,
    rattlers: Int,
    _ solver: any LinearSolver, _ section: ExpandSection
  ) {
    self.base = base
    let d = base.dimension
    let shear = moduli?.shearModulus(flow: loading.plane.0, gradient: loading.plane.1)
    let bulk = moduli?.bulkModulus
    // If the other elastic constants were not computed, that of the loading is still known.
    let own: Double? = if case .simpleShear(let a, let b) = loading { expansion.stress[1][a, b] } else { nil }
    let solves = expansion.fields.solutions.map(Solve.init)
    coefficients = Coefficients(
      generator: expansion.generator.block(d), rattlers: rattlers, energyDerivatives: expansion.energy,
      stressDerivatives: expansion.stress.dropFirst().map { $0.block(d) },
      stressDerivativesFixedVolume: expansion.stressAtFixedVolume.dropFirst().map { $0.block(d) },
      pressureDerivatives: Array(expansion.pressure(dimension: d).dropFirst()),
      identityErrors: expansion.identityErrors, residualForceError: expansion.residualForceError,
      shearModulus: shear?.total ?? own, shearModulusAffine: shear?.affine,
      shearModulusNonaffine: shear.map { $0.total - $0.affine },
      bulkModulus: bulk?.total, bulkModulusAffine: bulk?.affine,
      bulkModulusNonaffine: bulk.map { $0.total - $0.affine },
      elasticTensorStress: moduli?.stressStiffness, elasticTensorGreen: moduli?.greenStiffness,
      eigenvalues: modes?.modes.map(\.eigenvalue), solverMethod: solver.name, solverSetUpSeconds: solver.setUpSeconds,
      solverTolerance: section.tolerance,
      solver: ["velocity": solves[0], "acceleration": solves[1], "jerk": solves[2]],
      elasticSolver: moduli?.solutions.map(Solve.init))
    func short(_ x: Double) -> String { String(format: "%.8g", x) }
    var lines = [
      "\(base.particles) particles, largest force component \(base.forceMax.shown)"
        + (rattlers > 0 ? ", \(rattlers) rattlers that take no part" : "")
    ]
    if let shear, let bulk {
      lines.append(
        "in ε/λ^\(d): shear modulus \(short(shear.total)) = \(short(shear.affine)) affine − "
          + "\(short(shear.affine - shear.total)) nonaffine; bulk modulus \(short(bulk.total))")
    }
    let energy = expansion.energy
    lines.append(
      "energy derivatives, in ε: U_γ \(short(energy[0]))   U_γγ \(short(energy[1]))   U_γγγ \(short(energy[2]))")
    let errors = expansion.identityErrors.map { String(format: "%.1e", $0) }.joined(separator: ", ")
    lines.append(
      "identities hold to \(errors) (relative differences of both sides); residual forces allow "
        + String(format: "%.1e", expansion.residualForceError))
    lines.append("solver \(solver.name), set up in \(String(format: "%.2f", solver.setUpSeconds)) s")
    for (name, solve) in zip(["velocity", "acceleration", "jerk"], solves) {
      lines.append(
        "\(name): \(solve.iterations) iterations, relative residual "
          + String(format: "%.1e, %.2f s", solve.residual, solve.seconds))
    }
    if let modes {
      lines.append(
        "softest modes, ω²: " + modes.modes.prefix(6).map { short($0.eigenvalue) }.joined(separator: ", ")
          + (modes.modes.count > 6 ? ", …" : ""))
    }
    text = lines.joined(separator: "\n")
  }

  func encode(to encoder: any Encoder) throws {
    try base.encode(to: encoder)
    try coefficients.encode(to: encoder)
  }
}
