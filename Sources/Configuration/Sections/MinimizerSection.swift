/// `[minimizer]`: the method by which mechanical equilibrium is reached.
public struct MinimizerSection: Sendable, Equatable {
  public enum Method: String, Word {
    case newton, cg, fire, lbfgs
    case gradientFlow = "gradient-flow"
  }

  /// The preconditioner of the linear solves (all methods except `cg` and `fire`).
  public enum Preconditioner: String, Word {
    case multigrid
    case blockJacobi = "block-jacobi"
  }

  /// The criterion by which the forces count as zero.
  public enum ForceTolerance: Sendable, Equatable {
    /// The smallest forces that the rounding of positions allows.
    case floor
    /// The largest component of any force, in reduced units.
    case largestComponent(Double)
  }

  public var method: Method
  public var preconditioner: Preconditioner
  public var forceTolerance: ForceTolerance
  /// Number of force evaluations after which a minimisation counts as failed.
  public var maximumEvaluations: Int

  init(_ table: Table) {
    method = table.choice("method", default: .newton)
    preconditioner = table.choice("preconditioner", default: .multigrid)
    forceTolerance =
      table.value(
        "force_tolerance", default: .floor, expected: "\"floor\" or a number greater than 0",
        hint: "write force_tolerance = \"floor\" or force_tolerance = 1e-10", toml: \.toml,
        convert: ForceTolerance.init) ?? .floor
    maximumEvaluations = table.integer("maximum_evaluations", .count(from: 1), default: 1_000_000)
  }
}

extension MinimizerSection.ForceTolerance {
  fileprivate init?(_ value: TomlValue) {
    if case .string("floor") = value.content {
      self = .floor
    } else if let number = value.finiteNumber, number > 0 {
      self = .largestComponent(number)
    } else {
      return nil
    }
  }

  fileprivate var toml: String {
    switch self {
    case .floor: "\"floor\""
    case .largestComponent(let largest): "\(largest)"
    }
  }
}
