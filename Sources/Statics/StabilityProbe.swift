import Checkpoints
import Geometry
import Particles

/// Test of whether a configuration without forces is a minimum, by a solve with the Hessian for the forces that random
/// displacements cause. On a saddle, some direction of the iterations has negative curvature, whatever the symmetry.
struct StabilityProbe {
  private static let maximumProducts = 500
  private static let tolerance = 1e-3
  /// Rounding error of curvatures, in units of the largest stiffness of a bond.
  private static let rounding = 1e-11
  /// Displacement by which a saddle is left, in mean particle spacings.
  private static let kick = 1e-3

  private let system: ParticleSystem
  private let solver: NewtonSolver

  /// Sets up the solver of the probe. Collective.
  init(_ system: ParticleSystem, _ preconditioner: PreconditionerKind) throws {
    self.system = system
    solver = NewtonSolver(system, try preconditioner.make(for: system))
  }

  /// Moves the particles downhill off a saddle. The forces of the present positions must
  /// have been computed. Collective.
  /// - Parameters:
  ///   - attempt: the number of saddles left so far, so that each is probed with other displacements.
  ///   - tolerance: the force that counts as zero.
  ///   - budget: the largest number of products with the Hessian.
  ///   - safePoint: where the run may have to stop; the probe is restarted on resumption.
  /// - Returns: false if there is no saddle.
  func leaveSaddle(
    attempt: Int, tolerance: Double, budget: Int, safePoint: SafePoint, _ result: inout MinimizationResult
  ) throws -> Bool {
    let d = system.dimension
    let displacement = system.makeField(width: d)
    let stream = RandomStream(seed: UInt64(attempt), purpose: .probe)
    for i in 0..<system.ownedCount {
      let id = Int(system.id(i))
      let (first, second) = (stream.uniformPair(item: id), stream.uniformPair(item: id, draw: 1))
      let values = [first.0, first.1, second.0]
      for k in 0..<d { displacement.values[i * d + k] = values[k] - 0.5 }
    }
    // A product with the Hessian has no components along motions without resistance, such as those of rattlers.
    let force = system.makeField(width: d)
    try system.multiplyHessian(displacement, into: force)
    let solution = try solver.solve(
      system, rightHandSide: force, into: displacement, negative: .left, relativeTolerance: Self.tolerance,
      radius: .infinity, maximumIterations: min(budget, Self.maximumProducts), safePoint: safePoint
    ) { _ in }
    result.count(solution)
    guard solution.negativeCurvature else { return false }
    // The blocks of the solve are in single precision: verify the direction with the potential itself.
    let direction = solver.direction
    let product = force
    try system.multiplyHessian(direction, into: product)
    let sums = try system.dots(
      [(direction.values, product.values), (direction.values, direction.values), (system.forces, direction.values)],
      width: d)
    let stiffness = try system.bondStatistics().largestStiffness
    guard sums[0] < -Self.rounding * stiffness * sums[1] else { return false }
    let step = Self.kick * system.spacing / (try system.largestLength(direction.values))
    // If even the step off the saddle causes no force above the tolerance, the tolerance
    // cannot tell saddles from minima.
    guard try system.largestComponent(product.values, width: d) * step > tolerance else { return false }
    system.move(along: direction.values, by: sums[2] >= 0 ? step : -step)
    return true
  }
}
