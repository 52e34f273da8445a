import Checkpoints
import Geometry
import MessagePassing
import Particles

/// Takes a start far from equilibrium to forces that a minimiser can work with.
///
/// Each particle moves along its own force by half the force over its own stiffness, at most a tenth of the mean
/// spacing, as long as any would move by a hundredth of it. One strong overlap so does not hold back all others, as it
/// does under the common step length of a minimiser. A configuration that is near equilibrium, or one affine step away,
/// is left as it is.
public struct OverlapRelaxation {
  private let cap = 0.1
  private let threshold = 0.01
  private let damping = 0.5
  private let maximumIterations = 1000

  public init() {}

  /// Collective. The forces are those of the last position.
  /// - Parameters:
  ///   - safePoint: where the relaxation can be put aside.
  ///   - saved: a checkpoint that was made there.
  public func relax(_ system: ParticleSystem, safePoint: SafePoint = .none, resuming saved: Checkpoint? = nil) throws {
    let d = system.dimension
    let blocks = system.makeField(width: d * d)
    let step = system.makeField(width: d)
    let done = try saved?.value(Int.self, of: "relaxation") ?? 0
    for iteration in done..<maximumIterations {
      try safePoint.reached(isStep: true) { try $0.put(iteration, as: "relaxation") }
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
