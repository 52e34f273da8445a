/// `[expand]`: the strain expansion of a configuration at rest.
public struct ExpandSection: Sendable, Equatable {
  public enum Solver: String, Word {
    /// Conjugate gradients with geometric multigrid, with the same bits on any number of ranks.
    case multigrid
    /// The same with the inverses of the diagonal blocks instead.
    case cg
    /// Conjugate gradients with algebraic multigrid (PETSc).
    case algebraicMultigrid = "amg"
    /// A sparse factorisation (MUMPS), for small systems, in two dimensions above all.
    case direct
    /// The fastest of them for the size and the dimension.
    case auto
  }

  public var solver: Solver
  /// Relative residual of each linear solve.
  public var tolerance: Double
  public var maximumIterations: Int
  /// How many of the softest modes are computed, and to what relative accuracy of ω².
  public var modes: Int
  public var modeTolerance: Double
  /// The largest force component that counts as rest, in units of the mean bond force.
  public var equilibrium: Double
  /// Whether the configuration is brought to rest first, as `[minimizer]` says.
  public var minimize: Bool
  /// Whether all elastic constants are computed, or the expansion along `[loading]` alone.
  public var elasticTensor: Bool

  init(_ table: Table, isGenerated: Bool) {
    solver = table.choice("solver", default: .multigrid)
    tolerance = table.number(
      "tolerance", Bound(words: "at least 1e-15, the rounding of numbers, and less than 1") { $0 >= 1e-15 && $0 < 1 },
      default: 1e-12)
    maximumIterations = table.integer("maximum_iterations", .count(from: 1), default: 100_000)
    modes = table.integer("modes", .count(from: 0), default: 0)
    modeTolerance = table.number("mode_tolerance", .properFraction, default: 1e-9)
    equilibrium = table.number("equilibrium", .positive, default: 1e-8)
    // Random positions are never at rest; a file is taken as it is.
    minimize = table.boolean("minimize", default: isGenerated)
    elasticTensor = table.boolean("elastic_tensor", default: true)
  }
}
