import Geometry
import MessagePassing
import Particles
import Statics

/// The equation of one implicit stage, and its solution by Newton's method.
///
/// With the way w = x − x* = τv of the particles against the shear, τ = γh, the stage is m (v − v*)/τ = F(x* + w) −
/// drag(v) [− mγ̇A·v]: a force balance F = K·(w − ŵ) with K = m/τ² + ζm/τ, or with m/τ² + (ζm/τ) Γ for drag between
/// pairs. Its solution is a minimum of U + ½ (w − ŵ)·K·(w − ŵ) where H + K is positive, and it is followed only from
/// near it: a step that is too long, or a curvature H + K that is not positive, means that the motion leaves its valley
/// within the stage, and the stage fails.
final class StageEquation {
  enum Outcome: String, Codable {
    case solved
    /// H + K is not positive: a motion grows by itself within the stage.
    case indefinite
    /// A particle would move too far, by the first guess or in an iteration.
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
  /// The way w = x − x* of each particle.
  let way: ParticleField
  /// The velocity v* of the stage without acceleration.
  let inertial: ParticleField
  /// The matrix Γ of drag between pairs, at the positions of the last evaluation; nil for drag by a substrate.
  let drag: PairwiseDrag?
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
    _ system: ParticleSystem, _ equations: EquationsOfMotion, _ preconditioner: PreconditionerKind,
    stiffness: Double
  ) throws {
    self.system = system
    self.equations = equations
    self.stiffness = stiffness
    drag = equations.friction == .pairwise ? try PairwiseDrag(system) : nil
    solver = try NewtonSolver(system, preconditioner)
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

  /// Computes K·field for a stage of time τ, into `result`. The positions must be those of the last evaluation.
  /// Collective.
  func multiplyInertia(_ field: ParticleField, time: Double, into result: ParticleField) throws {
    if let drag {
      try drag.multiply(field, into: result)
      result.scale(by: equations.mass * equations.damping / time)
    } else {
      result.fill(with: 0)
    }
    result.add(shift(time), field.values)
  }

  /// Returns the part of K that is a multiple of the unit matrix.
  private func shift(_ time: Double) -> Double {
    let friction = equations.friction == .substrate ? equations.mass * equations.damping : 0
    return equations.inertia / (time * time) + friction / time
  }

  /// Solves the stage from the present positions, which are x* + ``way``. It ends with forces, energy and stress of the
  /// solution. Collective.
  func solve(_ parameters: Parameters) throws -> Outcome {
    // Far from the last state, the forces say nothing about the valley that it was in.
    if try system.largestLength(way.values) > parameters.longestMove { return .tooFar }
    solver.drag = drag.map { ($0, equations.mass * equations.damping / parameters.time) }
    var (norm, move, forcing) = (0.0, 0.0, firstForcing(parameters))
    for iteration in 0...Self.maximumIterations {
      try system.evaluate(.forcesEnergyAndStress)
      try drag?.update()
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
      guard let length = try solveLinear(residual, parameters.time, forcing) else { return .indefinite }
      if length > parameters.longestMove { return .tooFar }
      if iteration == 0 { firstCorrection = length }
      move = length
      system.move(along: correction.values, by: 1)
      way.add(1, correction.values)
    }
    return .diverged
  }

  /// Solves (H + K) e = `force` at the present positions, to the accuracy that an estimate of an error needs.
  /// - Returns: the longest vector of e; nil if H + K is not positive.
  func filter(_ force: ParticleField, time: Double) throws -> Double? {
    try solveLinear(force, time, Self.filterForcing)
  }

  /// Returns the power of the deformation, γ̇V σ_flow,gradient, and of the friction, for velocities `scale` times a
  /// field. Energy and stress must have been evaluated. Collective.
  func exchange(of velocities: ParticleField, scale: Double, rate: Double) throws -> EnergyTransfer {
    let d = system.dimension
    let (flow, gradient) = equations.plane
    if let drag { try drag.multiply(velocities, into: residual) }
    let v = velocities.values
    let force = drag == nil ? v : residual.values
    let sums = try system.sums(2) { i, out in
      out[0] = 0
      for k in 0..<d { out[0] += v[i * d + k] * force[i * d + k] }
      out[1] = v[i * d + flow] * v[i * d + gradient]
    }
    var shear = try system.totals().stress[flow, gradient] * system.cell.volume
    if equations.isSllod { shear -= equations.inertia * scale * scale * sums[1] }
    return EnergyTransfer(work: rate * shear, heat: equations.damping * equations.mass * scale * scale * sums[0])
  }

  /// Solves (H + K) s = `force`, whose mean is taken out there and answered apart: no bond opposes a common motion, and
  /// beside the rounding of H, K is nothing in a long step.
  /// - Returns: the longest vector of s; nil if H + K is not positive.
  private func solveLinear(_ force: ParticleField, _ time: Double, _ forcing: Double) throws -> Double? {
    let shift = shift(time)
    let d = system.dimension
    let mean = try system.sum(ofField: force.values, width: d).map { $0 / Double(system.totalCount) }
    for i in 0..<system.ownedCount { for k in 0..<d { force.values[i * d + k] -= mean[k] } }
    let solution = try solver.solve(
      system, rightHandSide: force, into: correction, shift: shift, inEvent: shift > Self.largeShift * stiffness,
      negative: .left, relativeTolerance: forcing, radius: .infinity, maximumIterations: Self.maximumLinearIterations)
    solves += 1
    products += solution.products
    if solution.negativeCurvature { return nil }
    if shift > 0 {
      for i in 0..<system.ownedCount { for k in 0..<d { correction.values[i * d + k] += mean[k] / shift } }
    }
    return try system.largestLength(correction.values)
  }

  private func firstForcing(_ parameters: Parameters) -> Double {
    Self.forcing(parameters.tolerance, move: max(firstCorrection, parameters.tolerance))
  }

  /// Returns the relative residual at which a correction of length `move` has an error of half the tolerance.
  private static func forcing(_ tolerance: Double, move: Double) -> Double {
    min(max(0.5 * tolerance / move, forcing.smallest), forcing.largest)
  }

  /// Computes r = F − K·w + m v*/τ [− mγ̇A·w/τ].
  ///
  /// The mean of the forces, which is rounding, is taken out: at a small K it would move all particles together.
  private func computeResidual(_ parameters: Parameters) throws {
    let d = system.dimension
    let mean = try system.sum(ofField: system.forces, width: d).map { $0 / Double(system.totalCount) }
    try multiplyInertia(way, time: parameters.time, into: residual)
    let (force, w, start, r) = (system.forces, way.values, inertial.values, residual.values)
    let inertia = equations.inertia / parameters.time
    for i in 0..<system.ownedCount {
      for k in 0..<d { r[i * d + k] = force[i * d + k] - mean[k] - r[i * d + k] + inertia * start[i * d + k] }
    }
    guard equations.isSllod else { return }
    let (flow, gradient) = equations.plane
    let shear = inertia * parameters.rate
    for i in 0..<system.ownedCount { r[i * d + flow] -= shear * w[i * d + gradient] }
  }
}
