import Dispatch
import Geometry
import Interactions
import MessagePassing
import Particles

/// Linear conjugate gradients, matrix-free and with the same bits on any number of ranks. They are preconditioned by
/// the geometric multigrid, or by the inverses of the diagonal blocks; with the latter the number of iterations grows
/// like the length of the box.
public final class HessianConjugateGradient: LinearSolver {
  public let name: String
  public let setUpSeconds: Double
  private let system: ParticleSystem
  private let hessian: HessianOperator
  private var preconditioner: any Preconditioner
  private let null: NullSpace
  private let maximumIterations: Int
  private let residual: ParticleField
  private let preconditioned: ParticleField
  private let direction: ParticleField
  private let product: ParticleField

  /// Sets up the solver for a system at its present positions, at which its forces have been computed. Collective.
  /// - Parameter bonds: the bonds without those of rattlers (``BondNetwork/without(_:)``).
  public init(
    _ system: ParticleSystem, _ bonds: BondNetwork, null: NullSpace, preconditioner kind: PreconditionerKind,
    maximumIterations: Int
  ) throws {
    let started = DispatchTime.now()
    self.system = system
    self.null = null
    self.maximumIterations = maximumIterations
    name = kind == .multigrid ? "multigrid" : "cg"
    preconditioner = try kind.make(for: system)
    hessian = HessianOperator(system, bonds, null: null)
    try preconditioner.refresh(shift: 0)
    residual = system.makeField(width: system.dimension)
    preconditioned = system.makeField(width: system.dimension)
    direction = system.makeField(width: system.dimension)
    product = system.makeField(width: system.dimension)
    setUpSeconds = Double(DispatchTime.now().uptimeNanoseconds - started.uptimeNanoseconds) * 1e-9
  }

  public func solve(
    _ force: ParticleField, into solution: ParticleField, tolerance: Double, name: String
  ) throws -> LinearSolution {
    let started = DispatchTime.now()
    try null.remove(from: force)
    solution.fill(with: 0)
    residual.copy(force.values)
    let squaredForce = try system.dot(force.values, force.values)
    var squaredResidual = squaredForce
    let target = tolerance * tolerance * squaredForce
    var iterations = 0
    var restarts = 0

    // The residual of the recursion drifts away from the true one. If it has, the solve
    // continues from the solution so far.
    while squaredResidual > target && restarts < 4 {
      let present = ObjectIdentifier(preconditioner)
      try iterate(solution, until: target, &iterations, name)
      try null.remove(from: solution)
      try hessian.multiply(solution, into: product)
      residual.combine(1, force.values, -1, product.values)
      let before = squaredResidual
      squaredResidual = try system.dot(residual.values, residual.values)
      restarts += 1
      if squaredResidual > 0.25 * before && present == ObjectIdentifier(preconditioner) { break }
    }
    let result = LinearSolution(
      iterations: iterations, residual: squaredForce > 0 ? (squaredResidual / squaredForce).squareRoot() : 0,
      seconds: Double(DispatchTime.now().uptimeNanoseconds - started.uptimeNanoseconds) * 1e-9)
    try requireConverged(
      result, tolerance: tolerance,
      attainable: try attainableResidual(system, solution: solution, squaredForce: squaredForce), name: name)
    return result
  }

  /// Iterates from the present residual until its square is at most `target`.
  private func iterate(_ solution: ParticleField, until target: Double, _ iterations: inout Int, _ name: String) throws
  {
    try applyPreconditioner()
    direction.copy(preconditioned.values)
    var rz = try system.dot(residual.values, preconditioned.values)
    while iterations < maximumIterations {
      try hessian.multiply(direction, into: product)
      iterations += 1
      let curvature = try system.dot(direction.values, product.values)
      guard curvature.isFinite else {
        throw Failure.everywhere(.physics, "a displacement is not a number in the solve for the \(name)")
      }
      guard curvature > 0 else {
        let squaredLength = try system.dot(direction.values, direction.values)
        if try isRounding(curvature / squaredLength) {
          // A motion without resistance, such as the rotation of a cluster: the grids mix it in,
          // the diagonal blocks hardly do.
          if !(preconditioner is BlockJacobi) {
            preconditioner = BlockJacobi(system)
            try preconditioner.refresh(shift: 0)
          }
          return
        }
        throw Failure.everywhere(
          .notConverged,
          "the configuration is not a minimum: a direction of curvature \((curvature / squaredLength).shown) was met "
            + "in iteration \(iterations) of the solve for the \(name); minimise it, or move it off the saddle")
      }
      let alpha = rz / curvature
      solution.add(alpha, direction.values)
      residual.add(-alpha, product.values)
      // Rounding brings translations into the residual, which no iteration can remove.
      if iterations % 50 == 0 { try null.remove(from: residual) }
      try applyPreconditioner()
      let sums = try system.dots(
        [(residual.values, preconditioned.values), (residual.values, residual.values)], width: system.dimension)
      if sums[1] <= target { return }
      let beta = sums[0] / rz
      rz = sums[0]
      direction.combine(1, preconditioned.values, beta, direction.values)
    }
  }

  /// Whether a curvature is indistinguishable from zero within rounding.
  private func isRounding(_ curvature: Double) throws -> Bool {
    abs(curvature) <= Self.rounding * (try system.bondStatistics().largestStiffness)
  }

  /// Rounding error of a curvature, in units of the largest stiffness.
  private static let rounding = 1e-13

  private func applyPreconditioner() throws {
    try preconditioner.apply(residual.values, into: preconditioned.values)
    null.maskRattlers(preconditioned)
  }
}
