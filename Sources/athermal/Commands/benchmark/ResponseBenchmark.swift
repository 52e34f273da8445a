import Configuration
import Foundation
import Geometry
import Interactions
import MessagePassing
import Particles
import QuasistaticShear
import SparseSolvers
import Statics
import StrainExpansion

/// Times the three nonaffine fields of a glass at rest with each linear solver.
struct ResponseBenchmark {
  /// Cost of a solver. Seconds are wall time of the slowest rank.
  struct Figures: Encodable {
    var solver: String
    var setUpSeconds: Double
    var iterations: [Int]
    var iterationsInAll: Int
    var residuals: [Double]
    var seconds: [Double]
    /// Total time of set-up and the three solves.
    var secondsInAll: Double
    /// Peak resident memory of a rank so far. The solvers run in the order of increasing need.
    var peakMegabytesPerRank: Double
    var shearModulus: Double
  }

  let tolerance: Double
  let solvers: [ExpandSection.Solver]

  /// Minimises the system unless it is at rest, then measures. Collective.
  func run(_ system: ParticleSystem) throws -> [Figures] {
    let communicator = system.communicator
    try system.evaluate(.forcesEnergyAndStress)
    let scale = try system.bondStatistics().meanForce
    if try system.largestComponent(system.forces, width: system.dimension) > 1e-8 * scale {
      let result = try Minimization(
        method: .cg, tolerance: .largestComponent(1e-9 * scale), maximumEvaluations: 100_000_000
      ).run(system)
      guard result.reason == .converged else {
        throw Failure.everywhere(.notConverged, "the minimisation ended by \(result.reason.rawValue)")
      }
    }
    let touching = system.makeBondNetwork()
    let null = try NullSpace(system, touching)
    let bonds = touching.without(null)
    let shear = Loading.Mode.simpleShear(flow: 0, gradient: 1).generator(dimension: system.dimension)
    return try solvers.map { name in
      try Model.withSolver(name, maximumIterations: 100_000, system, bonds, null) { solver in
        let expansion = try StrainExpansion(system, bonds, generator: shear, solver: solver, tolerance: tolerance)
        let solutions = expansion.fields.solutions
        let all = solver.setUpSeconds + solutions.map(\.seconds).reduce(0, +)
        return Figures(
          solver: solver.name, setUpSeconds: solver.setUpSeconds, iterations: solutions.map(\.iterations),
          iterationsInAll: solutions.map(\.iterations).reduce(0, +), residuals: solutions.map(\.residual),
          seconds: solutions.map(\.seconds), secondsInAll: try communicator.reduce(all, .maximum),
          peakMegabytesPerRank: try communicator.reduce(Double(Timing.peakBytes) / 1e6, .maximum),
          shearModulus: expansion.stress[1][0, 1])
      }
    }
  }
}
