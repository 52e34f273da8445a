import Particles

/// Outcome and cost of a minimisation.
public struct MinimizationResult: Codable, Sendable {
  public enum Reason: String, Codable, Sendable {
    /// The largest force component is within the tolerance.
    case converged
    /// No further step lowers the forces, although the tolerance is not reached.
    case stagnated
    /// The limit of evaluations is used up.
    case evaluationLimit = "evaluation limit"
    /// Forces vanish, but the configuration is a saddle, and all attempts to leave it led to further saddles.
    case saddlePoint = "saddle point"
  }

  public var reason: Reason
  /// Largest force component at the end, in ε/λ.
  public var forceMax: Double
  /// Largest force component that counted as converged, in ε/λ.
  public var tolerance: Double
  public var iterations = 0
  /// Number of force evaluations.
  public var evaluations = 0
  /// Number of products with the Hessian, each of which costs about as much as a force evaluation.
  public var hessianProducts = 0
  /// Number of particles whose forces, or rows of Hessian products, were computed while an
  /// event was followed in a region.
  public var regionalRows = 0
  /// Number of directions of negative curvature met. If it is not zero, the path to the
  /// minimum was not a plain descent.
  public var negativeCurvatures = 0
  /// Number of steps that were shortened to the largest allowed displacement.
  public var cappedSteps = 0
  /// Number of trial steps that were not accepted.
  public var rejectedSteps = 0
  /// Number of products with the Hessian in solves since the last direction of negative curvature. If it is large, the
  /// configuration has already been found stable.
  var stableProducts = 0

  public init(reason: Reason, forceMax: Double, tolerance: Double) {
    self.reason = reason
    self.forceMax = forceMax
    self.tolerance = tolerance
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    reason = try container.decode(Reason.self, forKey: .reason)
    forceMax = try container.decode(Double.self, forKey: .forceMax)
    tolerance = try container.decode(Double.self, forKey: .tolerance)
    iterations = try container.decode(Int.self, forKey: .iterations)
    evaluations = try container.decode(Int.self, forKey: .evaluations)
    hessianProducts = try container.decode(Int.self, forKey: .hessianProducts)
    negativeCurvatures = try container.decode(Int.self, forKey: .negativeCurvatures)
    cappedSteps = try container.decode(Int.self, forKey: .cappedSteps)
    rejectedSteps = try container.decode(Int.self, forKey: .rejectedSteps)
    // Checkpoints of versions without regions lack this key.
    regionalRows = try container.decodeIfPresent(Int.self, forKey: .regionalRows) ?? 0
    // Checkpoints of versions that did not search for saddles lack this key.
    stableProducts = try container.decodeIfPresent(Int.self, forKey: .stableProducts) ?? 0
  }

  /// Advice for a minimisation that did not converge, in terms of config keys.
  public var remedy: String {
    switch reason {
    case .evaluationLimit: "raise minimizer.maximum_evaluations"
    case .stagnated: "raise minimizer.force_tolerance, or take another minimizer.method"
    case .converged, .saddlePoint: "move the particles off the saddle, or take smaller strain steps"
    }
  }

  /// Returns the number of evaluations and products; those of regions count by their share of the system.
  func work(of system: ParticleSystem) -> Int { evaluations + hessianProducts + regionalRows / system.totalCount }

  /// Counts a solve. Products in a region are counted elsewhere.
  /// - Parameter isShifted: whether a shift was added to the Hessian, which may have hidden negative curvature.
  mutating func count(_ solution: NewtonSolver.Solution, isConfined: Bool = false, isShifted: Bool = false) {
    if !isConfined { hessianProducts += solution.products }
    if !isConfined && !isShifted { stableProducts += solution.products }
    if solution.negativeCurvature {
      negativeCurvatures += 1
      stableProducts = 0
    }
  }

  /// Adds the outcome and cost of a later stage; evaluations and products are left to the caller.
  mutating func takeOver(_ stage: MinimizationResult) {
    stableProducts = stage.negativeCurvatures > 0 ? stage.stableProducts : stableProducts + stage.stableProducts
    reason = stage.reason
    forceMax = stage.forceMax
    tolerance = stage.tolerance
    iterations += stage.iterations
    negativeCurvatures += stage.negativeCurvatures
    cappedSteps += stage.cappedSteps
    rejectedSteps += stage.rejectedSteps
  }
}
