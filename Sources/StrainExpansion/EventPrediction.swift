import Checkpoints
import Geometry
import Interactions
import MessagePassing
import Particles
import Statics

/// Prediction of where a glass at rest will yield next, by two indicators per particle: the magnitude of the nonaffine
/// velocity, and the product field Σ φ_γ φ_γγ (Richard, Sec. III and Fig. 2).
public final class EventPrediction {
  /// Name in checkpoints.
  private static let key = "/indicators"

  /// Strain of the state to which the fields belong.
  public let strain: Double
  private let system: ParticleSystem
  /// |ẋ| and the product field, two numbers per particle.
  private let indicators: ParticleField

  /// Ranks of the particle closest to an event: the share of all particles with a larger indicator. 0 is a perfect
  /// forecast, ½ the average of a random one.
  public struct RankFractions: Sendable {
    public var velocity: Double
    public var product: Double
  }

  /// Computes the indicators for a system at its present positions, at which its forces have been computed. Collective.
  public init(_ system: ParticleSystem, generator: Tensor, tolerance: Double = 1e-8) throws {
    self.system = system
    strain = system.strain
    let d = system.dimension
    let touching = system.makeBondNetwork()
    let null = try NullSpace(system, touching)
    let bonds = touching.without(null)
    let solver = try HessianConjugateGradient(
      system, bonds, null: null, preconditioner: .multigrid, maximumIterations: 1_000_000)
    // The cost of the prediction does not count as cost of the loading.
    let fields = try system.withoutCounting {
      try SecondOrderFields(system, bonds, generator: generator, solver: solver, tolerance: tolerance)
    }
    indicators = system.makeField(width: 2)
    for i in 0..<system.ownedCount {
      var square = 0.0
      for k in 0..<d { square += fields.velocity.values[i * d + k] * fields.velocity.values[i * d + k] }
      indicators.values[2 * i] = square.squareRoot()
      indicators.values[2 * i + 1] = fields.product(i, bonds)
    }
  }

  /// Saves the prediction. Collective.
  public func save(to checkpoint: Checkpoint, as name: String) throws {
    try checkpoint.put(strain, as: name)
    try system.save(indicators, to: checkpoint, as: name + Self.key)
  }

  /// Restores a saved prediction, for a system that is resumed. Collective.
  public init(_ system: ParticleSystem, resuming checkpoint: Checkpoint, as name: String) throws {
    self.system = system
    strain = try checkpoint.value(Double.self, of: name)
    indicators = try system.makeField(resuming: checkpoint, as: name + Self.key)
  }

  /// Returns the ranks of the particle that is now closest to `centre`, for increasing or decreasing strain. A positive
  /// product means an instability ahead, a negative one an instability behind. Collective.
  public func ranks(of centre: Vector, forward: Bool) throws -> RankFractions {
    let communicator = system.communicator
    let target = system.cell.fixed(centre)
    var nearest = (distance: Double.infinity, particle: -1)
    for i in 0..<system.ownedCount {
      let x = system.cell.position(system.cell.minimumImage(system.fixedPosition(i) &- target))
      if x.squaredLength < nearest.distance { nearest = (x.squaredLength, i) }
    }
    let distance = try communicator.reduce(nearest.distance, .minimum)
    let mine = nearest.distance == distance ? system.id(nearest.particle) : Int64.max
    let id = try communicator.reduce(mine, .minimum)
    let sign = forward ? 1.0 : -1.0
    var values = [-Double.infinity, -Double.infinity]
    if mine == id {
      values = [indicators.values[2 * nearest.particle], sign * indicators.values[2 * nearest.particle + 1]]
    }
    try communicator.reduce(&values, .maximum)
    var above = [0, 0]
    for i in 0..<system.ownedCount {
      if indicators.values[2 * i] > values[0] { above[0] += 1 }
      if sign * indicators.values[2 * i + 1] > values[1] { above[1] += 1 }
    }
    try communicator.reduce(&above, .sum)
    let n = Double(system.totalCount)
    return RankFractions(velocity: Double(above[0]) / n, product: Double(above[1]) / n)
  }
}
