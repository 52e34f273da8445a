import Configuration
import Interactions
import MessagePassing
import Particles
import SparseSolvers
import Statics

extension Model {
  /// Calls `work` with a linear solver. Collective.
  /// - Parameter needsLibrary: whether `work` itself needs PETSc or SLEPc.
  static func withSolver<Result>(
    _ asked: ExpandSection.Solver, maximumIterations: Int, needsLibrary: Bool = false, _ system: ParticleSystem,
    _ bonds: BondNetwork, _ null: NullSpace, _ work: (any LinearSolver) throws -> Result
  ) throws -> Result {
    let choice = try solver(asked, particles: system.totalCount, dimension: system.dimension)
    func conjugateGradient() throws -> HessianConjugateGradient {
      try HessianConjugateGradient(
        system, bonds, null: null, preconditioner: choice == .cg ? .blockJacobi : .multigrid,
        maximumIterations: maximumIterations)
    }
    let isOwn = choice == .cg || choice == .multigrid
    #if ATHERMAL_PETSC
      if isOwn && !needsLibrary { return try work(conjugateGradient()) }
      return try SparseLibrary.using {
        if isOwn { return try work(conjugateGradient()) }
        return try work(
          SparseSolver(
            choice == .direct ? .direct : .algebraicMultigrid, system, bonds, null: null,
            maximumIterations: maximumIterations))
      }
    #else
      return try work(conjugateGradient())
    #endif
  }

  /// Verifies, before anything is computed, that the softest modes can be computed.
  /// - Throws: an input failure if modes are requested that this build, or this system, cannot have.
  static func requireModes(_ section: ExpandSection, particles: Int, dimension: Int) throws {
    guard section.modes > 0 else { return }
    guard SparseLibrary.isAvailable else {
      throw Failure.everywhere(.input, "expand.modes needs SLEPc, which this build does not include; leave it at 0")
    }
    let most = (particles - 1) * dimension
    guard section.modes <= most else {
      throw Failure.everywhere(
        .input, "expand.modes = \(section.modes), but there are only \(most) modes; ask for fewer")
    }
  }

  /// Computes the softest modes if [expand] asks for any. Collective.
  static func softModes(
    _ section: ExpandSection, _ system: ParticleSystem, _ bonds: BondNetwork, _ null: NullSpace
  ) throws -> SoftModes? {
    guard section.modes > 0 else { return nil }
    #if ATHERMAL_PETSC
      Heartbeat.enter(phase: "soft modes")
      return try SoftModes.compute(system, bonds, null: null, count: section.modes, tolerance: section.modeTolerance)
    #else
      return nil
    #endif
  }

  /// Returns the solver, where `auto` becomes the fastest one according to measurements (Docs/Performance.md). The rule
  /// depends on size and dimension alone, never on a clock.
  private static func solver(
    _ asked: ExpandSection.Solver, particles: Int, dimension: Int
  ) throws -> ExpandSection.Solver {
    if asked == .auto {
      return SparseLibrary.isAvailable && particles <= largestForDirect(dimension) ? .direct : .multigrid
    }
    guard asked == .cg || asked == .multigrid || SparseLibrary.isAvailable else {
      throw Failure.everywhere(
        .input,
        "expand.solver = \"\(asked.rawValue)\" needs PETSc, which this build does not include; take \"multigrid\"")
    }
    return asked
  }

  private static func largestForDirect(_ dimension: Int) -> Int { dimension == 2 ? 500_000 : 4_000 }
}
