import Geometry
import MessagePassing
import Particles
import Statics

/// The equation of one implicit stage, and its solution by Newton's method.
///
/// With the way w = x − x* = τv of the particles against the shear, τ = γh, the stage is
/// m (v − v*)/τ = F(x* + w) − ζmv [− mγ̇A·v]: a force balance F = κ (w − ŵ) with κ = m (1 + ζτ)/τ². Its solution is a
/// minimum of U + (κ/2) Σ (w − ŵ)² where H + κ is positive, and it is followed only from near it: a step that is too
/// long, or a curvature H + κ that is not positive, means that the motion leaves its valley within the stage, and the
/// stage fails. For m → 0 at fixed ζm, κ = ζm/τ.
final class StageEquation {
  enum Outcome: String, Codable {
    case solved
    /// H + κ is not positive: a motion grows by itself within the stage.
    case indefinite
    /// A particle would move too far in one iteration.
    case tooFar
    /// The forces did not decrease as they should.
    case diverged
  }

  /// What a stage solves.
  struct Parameters {
    /// Time τ = γh.
    var time: Double
    /// Shear rate γ̇.
    var rate: Double
    /// Error of the way that the solution may have, in units of length.
    var tolerance: Double
    /// Longest way of a particle in one iteration, in units of length.
    var longestMove: Double
  }

  private static let maximumIterations = 6
  private static let maximumLinearIterations = 5000
  /// Ratio of the forces before and after an iteration above which the iterations do not converge.
  private static let largestRatio = 0.5
  private static let forcing = (smallest: 1e-4, largest: 0.1)
  /// Relative residual of the solve that filters the estimate of the error.
  private static let filterForcing = 0.2
  /// Shift, in units of the largest stiffness of a bond, above which the diagonal blocks precondition as well as the
  /// grids do.
  private static let largeShift = 1e-3

  let equations: EquationsOfMotion
  let isOverdamped: Bool
  /// The way w = x − x* of each particle.
  let way: ParticleField
  /// The velocity v* of the stage without acceleration.
  let inertial: ParticleField
  private let system: ParticleSystem
  private let solver: NewtonSolver
  private let residual: ParticleField
  private let correction: ParticleField
  /// Largest stiffness of a bond, ε/λ².
  private let stiffness: Double
  private var solves = 0
  private var products = 0
  /// Longest correction of the last iterations that began a stage; it tells how accurate the next one has to be.
  var firstCorrection = 0.0

  init(
    _ system: ParticleSystem, _ equations: EquationsOfMotion, isOverdamped: Bool, _ preconditioner: PreconditionerKind,
    stiffness: Double
  ) throws {
    self.isOverdamped = isOverdamped
    self.system = system
    self.equations = equations
    self.stiffness = stiffness
    solver = try NewtonSolver(system, preconditioner, removesTranslation: false)
    way = system.makeField(width: system.dimension)
    inertial = system.makeField(width: system.dimension)
    residual = system.makeField(width: system.dimension)
    correction = system.makeField(width: system.dimension)
  }

  /// Returns the numbers of solves and of products in them since the last call.
  func takeCounts() -> (solves: Int, products: Int) {
    defer { (solves, products) = (0, 0) }
    return (solves, products)
  }

  /// Returns κ for a stage of time τ.
  func shift(_ time: Double) -> Double {
    isOverdamped
      ? equations.mass * equations.damping / time : equations.mass * (1 + equations.damping * time) / (time * time)
  }

  /// Solves the stage from the present positions, which are x* + ``way``. It ends with forces, energy and stress of the
  /// solution. Collective.
  func solve(_ parameters: Parameters) throws -> Outcome {
    let shift = shift(parameters.time)
    var (norm, move, forcing) = (0.0, 0.0, firstForcing(parameters))
    for iteration in 0...Self.maximumIterations {
      try system.evaluate(.forcesEnergyAndStress)
      let before = norm
      try computeResidual(parameters)
      norm = try system.dot(residual.values, residual.values).squareRoot()
      guard norm.isFinite else { throw Failure.everywhere(.physics, "a force is not a number in a step of the flow") }
      if norm == 0 { return .solved }
      if iteration > 0 {
        // What is left of the error after a step, if it has the shape of that step.
        let left = norm / before * move
        if left <= parameters.tolerance { return .solved }
        if norm > Self.largestRatio * before { return .diverged }
        forcing = Self.forcing(parameters.tolerance, move: left)
      }
      if iteration == Self.maximumIterations { break }
      guard let length = try solveLinear(residual, shift, forcing) else { return .indefinite }
      if length > parameters.longestMove { return .tooFar }
      if iteration == 0 { firstCorrection = length }
      move = length
      system.move(along: correction.values, by: 1)
      way.add(1, correction.values)
    }
    return .diverged
  }

  /// Solves (H + κ) e = `force` at the present positions, to the accuracy that an estimate of an error needs.
  /// - Returns: the longest vector of e; nil if H + κ is not positive.
  func filter(_ force: ParticleField, time: Double) throws -> Double? {
    try solveLinear(force, shift(time), Self.filterForcing)
  }

  private func solveLinear(_ force: ParticleField, _ shift: Double, _ forcing: Double) throws -> Double? {
    let solution = try solver.solve(
      system, rightHandSide: force, into: correction, shift: shift, inEvent: shift > Self.largeShift * stiffness,
      negative: .left, relativeTolerance: forcing, radius: .infinity, maximumIterations: Self.maximumLinearIterations)
    solves += 1
    products += solution.products
    return solution.negativeCurvature ? nil : solution.largestMove
  }

  private func firstForcing(_ parameters: Parameters) -> Double {
    Self.forcing(parameters.tolerance, move: max(firstCorrection, parameters.tolerance))
  }

  /// Returns the relative residual at which a correction of length `move` has an error of half the tolerance.
  private static func forcing(_ tolerance: Double, move: Double) -> Double {
    min(max(0.5 * tolerance / move, forcing.smallest), forcing.largest)
  }

  /// Computes r = F − ζmv − m (v − v*)/τ [− mγ̇A·v] with v = w/τ.
  ///
  /// The mean of the forces, which is rounding, is taken out: at a small κ it would move all particles together.
  private func computeResidual(_ parameters: Parameters) throws {
    let d = system.dimension
    let mean = try system.sum(ofField: system.forces, width: d).map { $0 / Double(system.totalCount) }
    let (force, w, start, r) = (system.forces, way.values, inertial.values, residual.values)
    let shift = shift(parameters.time)
    let inertia = isOverdamped ? 0 : equations.mass / parameters.time
    for i in 0..<system.ownedCount {
      for k in 0..<d { r[i * d + k] = force[i * d + k] - mean[k] - shift * w[i * d + k] + inertia * start[i * d + k] }
    }
    guard equations.isSllod, !isOverdamped else { return }
    let (flow, gradient) = equations.plane
    let shear = inertia * parameters.rate
    for i in 0..<system.ownedCount { r[i * d + flow] -= shear * w[i * d + gradient] }
  }
}
