/// `[expand]`: the strain expansion of a configuration at rest.
public struct ExpandSection: Sendable, Equatable {
  public enum Solver: String, Word {
    /// Conjugate gradients with geometric multigrid; the same bits on any number of ranks.
    case multigrid
    /// Conjugate gradients with the inverses of the diagonal blocks; the same bits on any number of ranks.
    case cg
    /// Conjugate gradients with algebraic multigrid (PETSc).
    case algebraicMultigrid = "amg"
    /// A sparse factorisation (MUMPS), for small systems, mainly in two dimensions.
    case direct
    /// The fastest solver for the size and dimension of the system.
    case auto
  }

  public var solver: Solver
  /// Relative residual of each linear solve.
  public var tolerance: Double
  public var maximumIterations: Int
  /// Number of the softest modes to compute; ``modeTolerance`` is the relative accuracy of their ω².
  public var modes: Int
  public var modeTolerance: Double
  /// Largest force component that counts as rest, in units of the mean bond force.
  public var equilibrium: Double
  /// Whether the configuration is minimised first, as `[minimizer]` says.
  public var minimize: Bool
  /// Whether all elastic constants are computed, or only the expansion along `[loading]`.
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
    // Random positions are never at rest. A file is used as it is by default.
    minimize = table.boolean("minimize", default: isGenerated)
    elasticTensor = table.boolean("elastic_tensor", default: true)
  }
}
