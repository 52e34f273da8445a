import Geometry
import Interactions
import Particles
import QuasistaticShear
import SparseSolvers
import Statics
import StrainExpansion
import TestSupport
import Testing

/// The suites of this module share one MPI process, and so run one at a time.
@Suite(.serialized, .oneAtATime) struct StrainExpansionTests {}

/// A configuration at rest with all that an expansion needs.
struct Glass {
  let system: ParticleSystem
  let bonds: BondNetwork
  let null: NullSpace
  let solver: HessianConjugateGradient

  /// Takes the system as it is, with forces.
  init(_ system: ParticleSystem) throws {
    self.system = system
    try system.evaluate(.forcesEnergyAndStress)
    let touching = system.makeBondNetwork()
    null = try NullSpace(system, touching)
    bonds = touching.without(null)
    solver = try HessianConjugateGradient(
      system, bonds, null: null, preconditioner: .multigrid, maximumIterations: 20_000)
  }

  /// Brought to rest from a disordered grid in a box with unequal and tilted edges.
  static func minimised(_ model: PairModel, _ counts: [Int], spacing: Double, seed: UInt64) throws -> ParticleSystem {
    var edges = counts.indices.map { a in counts.indices.map { $0 == a ? spacing * Double(counts[a]) : 0 } }
    edges[1][0] = 0.2 * spacing * Double(counts[0])
    let system = try Samples.system(
      Samples.grid(counts, edges: edges, disorder: 0.3, largestSize: 1.4, seed: seed), model)
    let result = try Minimization(method: .cg, tolerance: .floor, maximumEvaluations: 200_000).run(system)
    try #require(result.reason == .converged, "seed \(seed): \(result.reason.rawValue)")
    return system
  }

  static let polydisperse = PairModel.polydisperseIPL(exponent: 10, smoothing: 3, cutoff: 1.4, nonadditivity: 0.1)

  func expansion(_ mode: Loading.Mode, tolerance: Double = 1e-12) throws -> StrainExpansion {
    try StrainExpansion(
      system, bonds, generator: mode.generator(dimension: system.dimension), solver: solver, tolerance: tolerance)
  }

  #if ATHERMAL_PETSC
    func softestEigenvalues(_ count: Int) throws -> [Double] {
      try SparseLibrary.using {
        try SoftModes.compute(system, bonds, null: null, count: count, tolerance: 1e-8).modes.map(\.eigenvalue)
      }
    }
  #endif
}
