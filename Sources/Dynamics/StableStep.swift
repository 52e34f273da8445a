import Geometry
import MessagePassing
import Particles

/// The largest stable step of the explicit methods at the present positions: 2/ω with inertia, and 2 ζm/λ without,
/// where λ = mω² is the largest eigenvalue of the Hessian.
public struct StableStep {
  /// Largest eigenvalue of the Hessian, in ε/λ².
  public let stiffness: Double

  private static let iterations = 40

  /// Estimates the stiffness from below, to about a hundredth, by power iteration from displacements that follow from
  /// the identifiers. Forces must have been evaluated. Collective.
  public init(_ system: ParticleSystem) throws {
    let d = system.dimension
    let direction = system.makeField(width: d)
    let product = system.makeField(width: d)
    let random = RandomStream(seed: 0, purpose: .probe)
    for i in 0..<system.ownedCount {
      for k in 0..<d {
        direction.values[i * d + k] = random.uniformPair(item: Int(system.id(i)), step: k).0 - 0.5
      }
    }
    var largest = 0.0
    try system.withoutCounting {
      for _ in 0..<Self.iterations {
        let length = try system.dot(direction.values, direction.values).squareRoot()
        guard length > 0, length.isFinite else { break }
        direction.scale(by: 1 / length)
        try system.multiplyHessian(direction, into: product)
        largest = max(largest, try system.dot(product.values, product.values).squareRoot())
        direction.copy(product.values)
      }
    }
    stiffness = largest
  }

  /// Returns the largest stable step of Verlet's method; infinite if nothing is stiff.
  public func verlet(mass: Double) -> Double { stiffness == 0 ? .infinity : 2 * (mass / stiffness).squareRoot() }

  /// Returns the largest stable step of the explicit overdamped method; infinite if nothing is stiff.
  public func overdamped(friction: Double) -> Double { stiffness == 0 ? .infinity : 2 * friction / stiffness }
}
