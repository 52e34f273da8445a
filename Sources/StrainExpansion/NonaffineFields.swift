import Geometry
import Interactions
import MessagePassing
import Particles
import Statics

/// Nonaffine velocity and acceleration of a glass at rest under D(γ) = exp(γA), and the full derivatives
/// d₁, d₂ of the positions that follow from them (Richard, Sec. II; gauge: each field adds up to zero).
/// They suffice for φ_γ and φ_γγ.
public struct SecondOrderFields {
  /// Nonaffine velocity ẋ.
  public let velocity: ParticleField
  /// Nonaffine acceleration ẍ.
  public let acceleration: ParticleField
  /// Derivative of the positions d₁ = A x + ẋ.
  public let d1: StrainedDisplacement
  /// Second derivative of the positions d₂ = A d₁ + ẍ.
  public let d2: StrainedDisplacement
  /// Cost and accuracy of the two solves.
  public let solutions: [LinearSolution]

  /// Solves for the two fields, one after the other. Collective.
  /// - Throws: a failure of kind `notConverged` if a solve does not reach the tolerance or the
  ///   configuration is not a minimum.
  public init(
    _ system: ParticleSystem, _ bonds: BondNetwork, generator a: Tensor, solver: any LinearSolver, tolerance: Double
  ) throws {
    let derivatives = EnergyDerivatives(system, bonds)
    let force = system.makeField(width: system.dimension)

    // H·ẋ = −H·(A x)
    derivatives.addHessian(StrainedDisplacement(gradient: a), times: -1, to: force)
    velocity = system.makeField(width: system.dimension)
    let first = try solver.solve(force, into: velocity, tolerance: tolerance, name: "velocity")
    try system.gather(velocity)
    d1 = StrainedDisplacement(gradient: a, field: velocity)

    // H·ẍ = −[T:d₁d₁ + H·(A d₁)]
    let alongD1 = try a.applied(to: d1, in: system)
    force.fill(with: 0)
    derivatives.addThird(d1, d1, times: -1, to: force)
    derivatives.addHessian(alongD1, times: -1, to: force)
    acceleration = system.makeField(width: system.dimension)
    let second = try solver.solve(force, into: acceleration, tolerance: tolerance, name: "acceleration")
    d2 = try alongD1.adding(acceleration, in: system)
    solutions = [first, second]
  }
}

/// Nonaffine velocity, acceleration and jerk of a glass at rest under D(γ) = exp(γA), which complete the third order.
public struct NonaffineFields {
  /// Velocity and acceleration, from the second-order solves.
  public let secondOrder: SecondOrderFields
  /// Nonaffine velocity ẋ.
  public var velocity: ParticleField { secondOrder.velocity }
  /// Nonaffine acceleration ẍ.
  public var acceleration: ParticleField { secondOrder.acceleration }
  /// Nonaffine jerk x⃛.
  public let jerk: ParticleField
  public var d1: StrainedDisplacement { secondOrder.d1 }
  public var d2: StrainedDisplacement { secondOrder.d2 }
  /// Third derivative of the positions d₃ = A d₂ + x⃛.
  public let d3: StrainedDisplacement
  /// Cost and accuracy of the three solves.
  public let solutions: [LinearSolution]

  /// Solves for the three fields, one after the other, each with the same Hessian. Collective.
  /// - Throws: a failure of kind `notConverged` if a solve does not reach the tolerance or the
  ///   configuration is not a minimum.
  public init(
    _ system: ParticleSystem, _ bonds: BondNetwork, generator a: Tensor, solver: any LinearSolver, tolerance: Double
  ) throws {
    secondOrder = try SecondOrderFields(system, bonds, generator: a, solver: solver, tolerance: tolerance)
    let (d1, d2) = (secondOrder.d1, secondOrder.d2)

    // H·x⃛ = −[M∴d₁d₁d₁ + 3 T:d₁d₂ + H·(A d₂)]
    let derivatives = EnergyDerivatives(system, bonds)
    let force = system.makeField(width: system.dimension)
    let alongD2 = try a.applied(to: d2, in: system)
    derivatives.addFourth(d1, d1, d1, times: -1, to: force)
    derivatives.addThird(d1, d2, times: -3, to: force)
    derivatives.addHessian(alongD2, times: -1, to: force)
    jerk = system.makeField(width: system.dimension)
    let third = try solver.solve(force, into: jerk, tolerance: tolerance, name: "jerk")
    d3 = try alongD2.adding(jerk, in: system)
    solutions = secondOrder.solutions + [third]
  }
}

extension Tensor {
  /// Returns A·d for a displacement d. Collective.
  func applied(to d: StrainedDisplacement, in system: ParticleSystem) throws -> StrainedDisplacement {
    guard let u = d.field?.values else { return StrainedDisplacement(gradient: self * d.gradient) }
    let width = system.dimension
    let field = system.makeField(width: width)
    for i in 0..<system.ownedCount {
      var v = Vector.zero
      for k in 0..<width { v[k] = u[i * width + k] }
      let w = self * v
      for k in 0..<width { field.values[i * width + k] = w[k] }
    }
    try system.gather(field)
    return StrainedDisplacement(gradient: self * d.gradient, field: field)
  }
}

extension StrainedDisplacement {
  /// Returns the displacement plus a periodic field. Collective.
  func adding(_ other: ParticleField, in system: ParticleSystem) throws -> StrainedDisplacement {
    let sum = system.makeField(width: system.dimension)
    sum.copy(other.values)
    if let field { sum.add(1, field.values) }
    try system.gather(sum)
    return StrainedDisplacement(gradient: gradient, field: sum)
  }
}
