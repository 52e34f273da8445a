import Configuration
import Interactions
import MessagePassing
import Particles
import SparseSolvers
import Statics

extension Model {
  /// Does the work with the solver that [expand] asks for. Collective.
  static func withSolver<Result>(
    _ section: ExpandSection, _ system: ParticleSystem, _ bonds: BondNetwork, _ null: NullSpace,
    _ work: (any LinearSolver) throws -> Result
  ) throws -> Result {
    let choice = try solver(section.solver, particles: system.totalCount, dimension: system.dimension)
    guard choice != .cg else {
      return try work(
        HessianConjugateGradient(system, null: null, maximumIterations: section.maximumIterations))
    }
    #if ATHERMAL_PETSC
      return try SparseLibrary.using {
        try work(
          SparseSolver(
            choice == .direct ? .direct : .multigrid, system, bonds, null: null,
            maximumIterations: section.maximumIterations))
      }
    #else
      fatalError("the choice of the solver knows which there are")
    #endif
  }

  /// `auto` becomes the fastest of the three where they were measured (Docs/Performance.md): a rule of size and dimension
  /// alone, never of a clock.
  private static func solver(
    _ asked: ExpandSection.Solver, particles: Int, dimension: Int
  ) throws -> ExpandSection.Solver {
    if asked == .auto {
      guard SparseLibrary.isAvailable else { return .cg }
      return particles <= largestForDirect(dimension) ? .direct : particles <= largestForCG(dimension) ? .cg : .multigrid
    }
    guard asked == .cg || SparseLibrary.isAvailable else {
      throw Failure.everywhere(
        .input, "expand.solver = \"\(asked.rawValue)\" needs PETSc, which this build is without; take \"cg\"")
    }
    return asked
  }

  private static func largestForDirect(_ dimension: Int) -> Int { dimension == 2 ? 100_000 : 2_000 }
  private static func largestForCG(_ dimension: Int) -> Int { dimension == 2 ? 100_000 : 50_000 }
}
