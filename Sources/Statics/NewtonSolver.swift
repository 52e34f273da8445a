import Checkpoints
import Geometry
import Interactions
import MessagePassing
import Particles

/// Solver of (H + shift) s = F by preconditioned conjugate gradients, ended early at the radius of trust or at a
/// direction of negative curvature (Steihaug).
public final class NewtonSolver {
  public struct Solution {
    public internal(set) var products = 0
    public internal(set) var negativeCurvature = false
    /// Curvature p·H·p/p·p of the last direction p that was tested for negative curvature.
    var lowestCurvature = 0.0
    /// Largest displacement of a particle, in units of length.
    public internal(set) var largestMove = 0.0
    /// Predicted decrease of the energy, F·s − ½ s·H·s.
    var predictedDecrease = 0.0
  }

  /// Treatment of a direction of negative curvature.
  public enum NegativeDirection {
    /// Follow it downhill to the radius of trust.
    case followed
    /// End the iterations, and leave the direction in ``direction``, unless its curvature is within rounding of zero.
    case left
  }

  private let residual: ParticleField
  private let preconditioned: ParticleField
  /// Last direction of the iterations.
  let direction: ParticleField
  private let product: ParticleField
  private let hessian: PairBlocks
  private let preconditioner: any Preconditioner
  /// Preconditioner during an event. A few hundred particles move then, and steps end at the radius of trust
  /// before long waves matter. The local preconditioner is as fast there, and its steps stay closer to the
  /// overdamped path (Docs/Validation.md).
  private let eventPreconditioner: any Preconditioner
  /// Drag f·Γ between pairs of particles that is added to H + shift; nil for none.
  public var drag: (matrix: PairwiseDrag, factor: Double)?
  private let dragProduct: ParticleField
  /// Value of ``ParticleSystem/workingSet`` at the last solve.
  private var workingSet = 0

  /// Sets up a solver. Collective.
  public convenience init(_ system: ParticleSystem, _ kind: PreconditionerKind) throws {
    self.init(system, try kind.make(for: system))
  }

  init(_ system: ParticleSystem, _ preconditioner: any Preconditioner) {
    let d = system.dimension
    self.preconditioner = preconditioner
    eventPreconditioner = (preconditioner as? BlockJacobi) ?? BlockJacobi(system)
    hessian = PairBlocks(dimension: d)
    residual = system.makeField(width: d)
    preconditioned = system.makeField(width: d)
    direction = system.makeField(width: d)
    product = system.makeField(width: d)
    dragProduct = system.makeField(width: d)
  }

  /// Solves at the present positions, whose forces must have been computed, for a right-hand side without a mean. The
  /// common translation, which no bond opposes, is taken out of the solution. Collective.
  /// - Parameters:
  ///   - rightHandSide: the right-hand side; nil for the forces.
  ///   - inEvent: whether the last step met negative curvature or was capped, or the local preconditioner is the
  ///     better one for another reason.
  ///   - save: adds the state to be saved if the run has to stop inside the solve, which is restarted on resumption.
  public func solve(
    _ system: ParticleSystem, rightHandSide: ParticleField? = nil, into step: ParticleField, shift: Double = 0,
    inEvent: Bool = false, negative: NegativeDirection = .followed, relativeTolerance: Double, radius: Double,
    maximumIterations: Int, safePoint: SafePoint = .none,
    _ save: (Checkpoint) throws -> Void = { _ in }
  ) throws -> Solution {
    let before = system.statistics
    return try safePoint.performing(
      {
        try iterate(
          system, rightHandSide?.values ?? system.forces, into: step, shift, inEvent, negative,
          relativeTolerance: relativeTolerance, radius: radius, maximumIterations: maximumIterations, safePoint: $0)
      }, undo: { system.resetStatistics(to: before) }, save)  // a solve moves nothing
  }

  private func iterate(
    _ system: ParticleSystem, _ force: UnsafeMutablePointer<Double>, into step: ParticleField, _ shift: Double,
    _ inEvent: Bool, _ negative: NegativeDirection, relativeTolerance: Double, radius: Double, maximumIterations: Int,
    safePoint: SafePoint
  ) throws -> Solution {
    let d = system.dimension
    system.assemble(.hessian, into: hessian)
    let preconditioner = inEvent || system.isConfined ? eventPreconditioner : preconditioner
    try preconditioner.refresh(shift: shift)
    clear(step, in: system)
    residual.copy(force)
    try preconditioner.apply(residual.values, into: preconditioned.values)
    direction.copy(preconditioned.values)
    var solution = Solution()
    let start = try system.dots(
      [(residual.values, preconditioned.values), (residual.values, residual.values)], width: d)
    var rz = start[0]
    let target = relativeTolerance * relativeTolerance * start[1]

    while solution.products < maximumIterations {
      try safePoint.reached()
      try multiply(system, direction, shift)
      solution.products += 1
      let curvature = try system.dot(direction.values, product.values)
      let alpha = rz / curvature
      if negative == .left, curvature <= 0 || alpha > Self.suspiciousLength {
        solution.lowestCurvature = try curvature / system.dot(direction.values, direction.values)
        // Do not divide by the rounding error that is left of a motion without resistance.
        if try isRounding(system, solution.lowestCurvature) { break }
      }
      if curvature <= 0 {
        solution.negativeCurvature = true
        if negative == .followed { try followToRadius(system, step, force, radius: radius) }
        break
      }
      step.add(alpha, direction.values)
      residual.add(-alpha, product.values)
      try preconditioner.apply(residual.values, into: preconditioned.values)
      let sums = try system.dots(
        [(residual.values, preconditioned.values), (residual.values, residual.values)], width: system.dimension)
      // When z·r is no longer positive, a preconditioner in single precision has reached its limit.
      if sums[1] <= target || !(sums[0] > 0) { break }
      // Beyond the radius the step is shortened anyway, so a test every few iterations is enough.
      if solution.products % 16 == 0, try system.largestLength(step.values) > 2 * radius { break }
      let beta = sums[0] / rz
      rz = sums[0]
      direction.combine(1, preconditioned.values, beta, direction.values)
    }
    try complete(&solution, system, force, step, shift, radius: radius)
    return solution
  }

  /// Shortens the step to the radius and predicts what it brings. Collective.
  private func complete(
    _ solution: inout Solution, _ system: ParticleSystem, _ force: UnsafeMutablePointer<Double>, _ step: ParticleField,
    _ shift: Double, radius: Double
  ) throws {
    if !system.isConfined { try removeMean(system, step) }
    let longest = try system.largestLength(step.values)
    if longest > radius { step.scale(by: radius / longest) }
    solution.largestMove = min(longest, radius)
    try multiply(system, step, shift)
    solution.products += 1
    let parts = try system.dots([(force, step.values), (step.values, product.values)], width: system.dimension)
    solution.predictedDecrease = parts[0] - 0.5 * parts[1]
  }

  /// Step length along a direction, in units of the preconditioner's estimate, above which
  /// its curvature may be rounding.
  private static let suspiciousLength = 1e5
  /// Rounding error of a curvature, in units of the largest entry of a block: the blocks are in single precision.
  private static let roundingOfBlocks = 1e-7

  private func isRounding(_ system: ParticleSystem, _ curvature: Double) throws -> Bool {
    let largest = try system.communicator.reduce(Double(hessian.largestEntry), .maximum)
    return abs(curvature) <= Self.roundingOfBlocks * largest
  }

  /// Computes product = (H + shift + drag) · field. Collective.
  private func multiply(_ system: ParticleSystem, _ field: ParticleField, _ shift: Double) throws {
    try system.multiply(hessian, field, into: product)
    if shift > 0 { product.add(shift, field.values) }
    if let drag {
      try drag.matrix.multiply(field, into: dragProduct)
      product.add(drag.factor, dragProduct.values)
    }
  }

  /// Adds the present direction to the step, downhill, until some particle has moved by the radius. Collective.
  private func followToRadius(
    _ system: ParticleSystem, _ step: ParticleField, _ force: UnsafeMutablePointer<Double>, radius: Double
  ) throws {
    let downhill = try system.dot(direction.values, force) >= 0 ? 1.0 : -1.0
    let direct = try system.largestLength(direction.values)
    let travelled = try system.largestLength(step.values)
    guard direct > 0, radius.isFinite else { return }
    // The sum of the two lengths bounds the length of the sum; the step is shortened to the radius later.
    step.add(downhill * max(radius - travelled, 0.5 * radius) / direct, direction.values)
  }

  /// Sets `step` to zero. If the set of particles that are worked on has changed, the components
  /// of all others are cleared too.
  private func clear(_ step: ParticleField, in system: ParticleSystem) {
    step.fill(with: 0)
    guard system.workingSet != workingSet else { return }
    workingSet = system.workingSet
    for field in [step, direction] { field.values.update(repeating: 0, count: system.ownedCount * field.width) }
  }

  /// Removes the common translation, which no force opposes. Collective.
  private func removeMean(_ system: ParticleSystem, _ field: ParticleField) throws {
    let d = system.dimension
    let mean = try system.sum(ofField: field.values, width: d).map { $0 / Double(system.totalCount) }
    for i in 0..<system.ownedCount { for k in 0..<d { field.values[i * d + k] -= mean[k] } }
  }
}
