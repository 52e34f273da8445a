import Checkpoints
import Geometry
import MessagePassing
import Particles

/// Relaxation of a start far from equilibrium to forces that a minimiser can handle.
///
/// Each particle moves along its own force by half the force over its own stiffness, at most a tenth of the mean
/// spacing, as long as any particle would move by more than a hundredth of it. So one strong overlap does not slow down
/// all other particles, as it does with the common step length of a minimiser. A configuration near equilibrium, or one
/// affine step away from it, is left unchanged.
public struct OverlapRelaxation {
  private let cap = 0.1
  private let threshold = 0.01
  private let damping = 0.5
  private let maximumIterations = 1000

  /// Name in checkpoints.
  private static let key = "relaxation"

  public init() {}

  /// Relaxes the overlaps. The forces at the end are those of the last position. Collective.
  /// - Parameters:
  ///   - safePoint: where the relaxation can be suspended.
  ///   - saved: a checkpoint made there; nil for a fresh start.
  public func relax(_ system: ParticleSystem, safePoint: SafePoint = .none, resuming saved: Checkpoint? = nil) throws {
    let d = system.dimension
    let blocks = system.makeField(width: d * d)
    let step = system.makeField(width: d)
    let done = try saved?.value(Int.self, of: Self.key) ?? 0
    for iteration in done..<maximumIterations {
      try safePoint.reached(isStep: true) { try $0.put(iteration, as: Self.key) }
      try system.evaluate()
      system.hessianDiagonal(into: blocks)
      let largest = cap * system.spacing
      for i in 0..<system.ownedCount {
        var trace = 0.0
        for k in 0..<d { trace += blocks.values[i * d * d + k * d + k] }
        let stiffness = max(abs(trace) / Double(d), .leastNormalMagnitude)
        var squared = 0.0
        for k in 0..<d { squared += system.forces[i * d + k] * system.forces[i * d + k] }
        let force = squared.squareRoot()
        let scale = force > 0 ? min(largest / force, damping / stiffness) : 0
        for k in 0..<d { step.values[i * d + k] = scale * system.forces[i * d + k] }
      }
      let longest = try system.largestLength(step.values)
      guard longest.isFinite else {
        throw Failure.everywhere(
          .physics, "forces are not finite at the start: particles overlap beyond what doubles can hold")
      }
      if longest <= threshold * system.spacing { return }
      system.move(along: step.values, by: 1)
    }
  }
}
