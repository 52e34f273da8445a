import Geometry
import MessagePassing
import Particles

/// Takes a random start to forces that a minimiser can work with.
///
/// Each particle moves along its own force by the force over its own stiffness, at most a tenth of the mean spacing. One
/// strong overlap so does not hold back all others, as it would under a common step length. Where nothing is cut off, the
/// configuration is left as it is.
public struct OverlapRelaxation {
  private let cap = 0.1
  private let damping = 0.5
  private let maximumIterations = 2000

  public init() {}

  /// Returns the number of force evaluations. Collective.
  public func relax(_ system: ParticleSystem) throws -> Int {
    let d = system.dimension
    let blocks = system.makeField(width: d * d)
    let step = system.makeField(width: d)
    for iteration in 1...maximumIterations {
      try system.evaluate()
      system.hessianDiagonal(into: blocks)
      let largest = cap * system.spacing
      var clipped = 0
      for i in 0..<system.ownedCount {
        var trace = 0.0
        for k in 0..<d { trace += blocks.values[i * d * d + k * d + k] }
        var squared = 0.0
        for k in 0..<d { squared += system.forces[i * d + k] * system.forces[i * d + k] }
        let force = squared.squareRoot()
        let length = damping * force / max(abs(trace) / Double(d), .leastNormalMagnitude)
        // Overflow of a force leaves no direction; it is caught below as non-finite.
        let scale = length > largest ? largest / force : length / max(force, .leastNormalMagnitude)
        if length > largest { clipped += 1 }
        for k in 0..<d { step.values[i * d + k] = scale * system.forces[i * d + k] }
      }
      guard try system.largestComponent(step.values, width: d).isFinite else {
        throw Failure.everywhere(
          .physics, "forces are not finite at the start: particles overlap beyond what doubles can hold")
      }
      if try system.communicator.reduce(clipped, .sum) == 0 { return iteration }
      system.move(along: step.values, by: 1)
    }
    return maximumIterations
  }
}
