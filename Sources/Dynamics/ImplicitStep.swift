import Geometry
import Particles
import Statics

/// One step of the method TR-BDF2 (``TrapezoidalBackward``) with its error.
///
/// Vectors of the beginning of a step are mapped with the box, so that positions relative to the shear are added up at
/// one strain: after a strain δ, a velocity v contributes as v + δA·v.
final class ImplicitStep {
  /// What a step brings.
  struct Result {
    var outcome: StageEquation.Outcome
    /// Largest estimated error of the displacement of a particle, in units of length.
    var error = 0.0
    /// Exchange of energy.
    var transfer = EnergyTransfer(work: 0, heat: 0)
    /// Rates of exchange at the end.
    var rates = EnergyTransfer(work: 0, heat: 0)
  }

  private typealias Method = TrapezoidalBackward

  private let system: ParticleSystem
  private let loading: Loading
  private let equations: EquationsOfMotion
  private let limits: ImplicitIntegrator.Limits
  let stage: StageEquation
  private let velocities: ParticleField
  private let accelerations: ParticleField
  /// Velocities and accelerations of the middle.
  private let middle: (velocities: ParticleField, accelerations: ParticleField)
  /// Velocities of the beginning, mapped to the present strain; then the displacement of the estimate of the error.
  private let start: ParticleField
  /// Weighted sum of vectors: a move of the particles, or the force of the estimate of the error.
  private let sum: ParticleField

  init(
    _ system: ParticleSystem, _ loading: Loading, _ equations: EquationsOfMotion, _ limits: ImplicitIntegrator.Limits,
    _ stage: StageEquation, velocities: ParticleField, accelerations: ParticleField
  ) {
    self.system = system
    self.loading = loading
    self.equations = equations
    self.limits = limits
    self.stage = stage
    self.velocities = velocities
    self.accelerations = accelerations
    let d = system.dimension
    middle = (system.makeField(width: d), system.makeField(width: d))
    start = system.makeField(width: d)
    sum = system.makeField(width: d)
  }

  /// Tries a step of length h at the shear rate `rate`, which ends at the strain `strain`. If it succeeds, the system
  /// is at its end; velocities and accelerations are those of the beginning until ``finish(_:)``. Collective.
  /// - Parameter rates: rates of exchange of energy at the beginning.
  func attempt(_ h: Double, rate: Double, to strain: Double, rates: EnergyTransfer) throws -> Result {
    let parameters = StageEquation.Parameters(
      time: Method.own * h, rate: rate, tolerance: limits.stageAccuracy * limits.tolerance,
      longestMove: limits.move * system.spacing)
    let half = Method.middle * h * rate
    var outcome = try solveMiddle(parameters, strain: system.strain + half)
    guard outcome == .solved else { return Result(outcome: outcome) }
    let between = try presentExchange(parameters)
    outcome = try solveEnd(h, parameters, strain: strain, shear: (h * rate, h * rate - half))
    guard outcome == .solved else { return Result(outcome: outcome) }
    let end = try presentExchange(parameters)
    guard let error = try estimateError(h, parameters) else { return Result(outcome: .indefinite) }
    func integral(_ part: KeyPath<EnergyTransfer, Double>) -> Double {
      let weights = Method.quadrature
      return h
        * (weights.start * rates[keyPath: part] + weights.middle * between[keyPath: part]
          + weights.end * end[keyPath: part])
    }
    return Result(
      outcome: .solved, error: error, transfer: EnergyTransfer(work: integral(\.work), heat: integral(\.heat)),
      rates: end)
  }

  /// Makes velocities and accelerations those of the end of the step, and notes the way that led there. The time τ of
  /// the step is γh.
  func finish(_ h: Double, rate: Double, path: StepPath) {
    let time = Method.own * h
    map(velocities, by: h * rate, into: path.middle)
    path.middle.combine(time, path.middle.values, time, middle.velocities.values)
    path.whole.combine(Method.outer * h / time, path.middle.values, 1, stage.way.values)
    velocities.copy(stage.way.values)
    velocities.scale(by: 1 / time)
    if !equations.isOverdamped {
      accelerations.combine(1 / time, velocities.values, -1 / time, stage.inertial.values)
    }
  }

  /// The trapezoidal rule: x = x₀ + τ(v₀ + v), v = v₀ + τ(a₀ + a). The first guess of v is v₀.
  private func solveMiddle(_ parameters: StageEquation.Parameters, strain: Double) throws -> StageEquation.Outcome {
    let time = parameters.time
    map(velocities, by: strain - system.strain, into: start)
    try loading.advance(system, to: strain)
    stage.inertial.combine(1, velocities.values, time, accelerations.values)
    stage.way.copy(start.values)
    stage.way.scale(by: time)
    system.move(along: start.values, by: 2 * time)
    let outcome = try stage.solve(parameters)
    middle.velocities.copy(stage.way.values)
    middle.velocities.scale(by: 1 / time)
    middle.accelerations.combine(1 / time, middle.velocities.values, -1 / time, stage.inertial.values)
    return outcome
  }

  /// The backward differentiation formula: x = x₀ + (√2/4)h(v₀ + v₁) + τv, and v alike. The first guess of v is the
  /// straight line through v₀ and v₁.
  private func solveEnd(
    _ h: Double, _ parameters: StageEquation.Parameters, strain: Double, shear: (whole: Double, second: Double)
  ) throws -> StageEquation.Outcome {
    let time = parameters.time
    map(velocities, by: shear.whole, into: start)
    map(middle.velocities, by: shear.second, into: middle.velocities)
    try loading.advance(system, to: strain)
    sum.combine(1, accelerations.values, 1, middle.accelerations.values)
    stage.inertial.combine(1, velocities.values, Method.outer * h, sum.values)
    let slope = (1 - Method.middle) / Method.middle
    stage.way.combine((1 + slope) * time, middle.velocities.values, -slope * time, start.values)
    // From x₀ + τ(v₀ + v₁), where the middle is, to the guess.
    sum.combine(1, start.values, 1, middle.velocities.values)
    system.move(along: sum.values, by: Method.outer * h - time)
    system.move(along: stage.way.values, by: 1)
    return try stage.solve(parameters)
  }

  /// Returns the largest length of (1 − τJ)⁻¹ applied to the difference of the two formulas, with J the derivative of
  /// the equations of motion; nil if H + K is not positive. Displacements e and velocities ε of the difference give
  /// (H + K)⁻¹ (K·e + (m/τ) ε).
  private func estimateError(_ h: Double, _ parameters: StageEquation.Parameters) throws -> Double? {
    let time = parameters.time
    let weights = Method.error
    start.scale(by: h * weights.start)
    start.add(h * weights.middle, middle.velocities.values)
    start.add(h * weights.end / time, stage.way.values)
    try stage.multiplyInertia(start, time: time, into: sum)
    if !equations.isOverdamped {
      let factor = h * equations.mass / time
      sum.add(factor * weights.start, accelerations.values)
      sum.add(factor * weights.middle, middle.accelerations.values)
      // The acceleration at the end is (w/τ − v*)/τ.
      sum.add(factor * weights.end / (time * time), stage.way.values)
      sum.add(-factor * weights.end / time, stage.inertial.values)
    }
    return try stage.filter(sum, time: time)
  }

  /// Returns the power of the deformation and of the friction at the present stage. Collective.
  private func presentExchange(_ parameters: StageEquation.Parameters) throws -> EnergyTransfer {
    try stage.exchange(of: stage.way, scale: 1 / parameters.time, rate: parameters.rate)
  }

  /// Computes v + δA·v.
  private func map(_ field: ParticleField, by strain: Double, into target: ParticleField) {
    if target !== field { target.copy(field.values) }
    system.shear(target, by: strain, plane: equations.plane)
  }
}
