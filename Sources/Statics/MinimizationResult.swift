import Particles

/// How a minimisation ended, and what it cost.
public struct MinimizationResult: Codable, Sendable {
  public enum Reason: String, Codable, Sendable {
    /// The largest force component is within the tolerance.
    case converged
    /// No further step lowers the forces, though the tolerance is not reached.
    case stagnated
    /// The limit of evaluations is used up.
    case evaluationLimit = "evaluation limit"
    /// Forces vanish, but the energy falls in some direction, and went on doing so wherever that led.
    case saddlePoint = "saddle point"
  }

  public var reason: Reason
  /// The largest force component at the end.
  public var forceMax: Double
  /// The largest force component that counted as converged.
  public var tolerance: Double
  public var iterations = 0
  /// Force evaluations, and products with the Hessian, which cost about as much each.
  public var evaluations = 0
  public var hessianProducts = 0
  /// Particles whose forces, or rows of such products, were computed while an event was followed in a region of its
  /// own.
  public var regionalRows = 0
  /// Directions of negative curvature met, and steps that were capped or rejected: where they are not zero, the path to
  /// the minimum was not a plain descent.
  public var negativeCurvatures = 0
  public var cappedSteps = 0
  public var rejectedSteps = 0
  /// Products with the Hessian in solves since the last direction of negative curvature: where they are many, the
  /// configuration has been found stable on the way.
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
    // Checkpoints of versions that knew no regions.
    regionalRows = try container.decodeIfPresent(Int.self, forKey: .regionalRows) ?? 0
    // Those of versions that did not look for saddles.
    stableProducts = try container.decodeIfPresent(Int.self, forKey: .stableProducts) ?? 0
  }

  /// What helps where it did not converge, as config keys.
  public var remedy: String {
    switch reason {
    case .evaluationLimit: "raise minimizer.maximum_evaluations"
    case .stagnated: "raise minimizer.force_tolerance, or take another minimizer.method"
    case .converged, .saddlePoint: "move the particles off the saddle, or take smaller strain steps"
    }
  }

  /// Evaluations and products, those of regions by their share of the system.
  func work(of system: ParticleSystem) -> Int { evaluations + hessianProducts + regionalRows / system.totalCount }

  /// Counts a solve, whose products are counted elsewhere where they are those of a region.
  /// - Parameter isShifted: whether something was added to the Hessian, which may have hidden negative curvature.
  mutating func count(_ solution: NewtonSolver.Solution, isConfined: Bool = false, isShifted: Bool = false) {
    if !isConfined { hessianProducts += solution.products }
    if !isConfined && !isShifted { stableProducts += solution.products }
    if solution.negativeCurvature {
      negativeCurvatures += 1
      stableProducts = 0
    }
  }

  /// Goes on with what a further stage reached; what it took is added. Evaluations and products are left to the caller.
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
