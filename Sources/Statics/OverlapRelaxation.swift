import Foundation
import Geometry
import MessagePassing
import Particles

/// Takes a random start to forces that a minimiser can work with.
///
/// Particles overlap where one is held far more stiffly than the others: a hundred times the geometric mean, where a glass at
/// rest has ten. As long as there are such, each particle moves along its own force by the force over its own stiffness, at
/// most a tenth of the mean spacing; one strong overlap so does not hold back all others, as it would under a common step
/// length. Without overlaps the configuration is left as it is.
public struct OverlapRelaxation {
  private let cap = 0.1
  private let damping = 0.5
  private let largestRatio = 100.0
  private let maximumIterations = 5000

  public init() {}

  /// Collective. The forces are those of the last position.
  public func relax(_ system: ParticleSystem) throws {
    let d = system.dimension
    let blocks = system.makeField(width: d * d)
    let step = system.makeField(width: d)
    for _ in 0..<maximumIterations {
      try system.evaluate()
      system.hessianDiagonal(into: blocks)
      guard try isOverlapping(system, blocks) else { return }
      let largest = cap * system.spacing
      for i in 0..<system.ownedCount {
        let stiffness = stiffness(blocks, i, d)
        var squared = 0.0
        for k in 0..<d { squared += system.forces[i * d + k] * system.forces[i * d + k] }
        let force = squared.squareRoot()
        let length = min(largest, damping * force / max(stiffness, .leastNormalMagnitude))
        let scale = force > 0 ? length / force : 0
        for k in 0..<d { step.values[i * d + k] = scale * system.forces[i * d + k] }
      }
      guard try system.largestComponent(step.values, width: d).isFinite else {
        throw Failure.everywhere(
          .physics, "forces are not finite at the start: particles overlap beyond what doubles can hold")
      }
      system.move(along: step.values, by: 1)
    }
    throw Failure.everywhere(
      .notConverged, "particles still overlap after \(maximumIterations) steps apart; is the density too high?")
  }

  private func stiffness(_ blocks: ParticleField, _ i: Int, _ d: Int) -> Double {
    var trace = 0.0
    for k in 0..<d { trace += blocks.values[i * d * d + k * d + k] }
    return abs(trace) / Double(d)
  }

  private func isOverlapping(_ system: ParticleSystem, _ blocks: ParticleField) throws -> Bool {
    let d = system.dimension
    let sums = try system.sums(2) { i, out in
      let s = stiffness(blocks, i, d)
      // Particles without neighbours have no stiffness and do not count.
      out[0] = s > 0 ? log(s) : 0
      out[1] = s > 0 ? 1 : 0
    }
    guard sums[0].isFinite, sums[1] > 0 else { return !sums[0].isFinite }
    var largest = 0.0
    for i in 0..<system.ownedCount { largest = max(largest, stiffness(blocks, i, d)) }
    largest = try system.communicator.reduce(largest, .maximum)
    return largest > largestRatio * exp(sums[0] / sums[1])
  }
}
