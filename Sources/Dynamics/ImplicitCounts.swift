/// Counts of the work of an ``ImplicitIntegrator``.
public struct ImplicitCounts: Codable, Sendable, Equatable {
  /// Accepted steps.
  public var steps = 0
  /// Steps that were given up since their error was too large.
  public var inaccurate = 0
  /// Steps that were given up since a motion grew by itself within them.
  public var indefinite = 0
  /// Steps that were given up since a particle would have moved too far.
  public var tooFar = 0
  /// Steps that were given up since Newton's method did not converge.
  public var diverged = 0
  /// Linear solves, and the products of the Hessian with a vector in them.
  public var solves = 0
  public var products = 0

  public init() {}

  public var rejected: Int { inaccurate + indefinite + tooFar + diverged }

  mutating func take(_ counts: (solves: Int, products: Int)) {
    solves += counts.solves
    products += counts.products
  }

  /// Counts a step that was given up; one that was solved had too large an error.
  mutating func reject(_ outcome: StageEquation.Outcome) {
    switch outcome {
    case .solved: inaccurate += 1
    case .indefinite: indefinite += 1
    case .tooFar: tooFar += 1
    case .diverged: diverged += 1
    }
  }
}
