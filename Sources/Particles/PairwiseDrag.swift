import Geometry
import Interactions

/// Friction between pairs of particles that are within their cutoff r_c, (Γ·v)_i = Σ_j w(r_ij) (v_i − v_j) with
/// w = (1 − r/r_c)², which resists relative motion alone: it conserves momentum and does not feel a uniform velocity.
///
/// Γ is symmetric and positive semidefinite. All products have the same bits on any number of ranks. Call ``update()``
/// after each evaluation of forces and before what needs the new positions.
public final class PairwiseDrag {
  /// Largest relative error of ``decay(_:by:)``, in the norm √(v·v).
  public static let tolerance = 1e-13

  private let system: ParticleSystem
  /// Weight of each entry of the system's list.
  private let weights = AlignedBuffer<Double>()
  private let sums = AlignedBuffer<Double>()
  /// Term of a series and its product with Γ. They do not travel with the particles, since they live within a call.
  private let term: ParticleField
  private let product: ParticleField
  /// Identifiers of owned particles and ghosts, and the listing for which they hold; nil before the first noise.
  private var identifiers: (field: ParticleField, listing: Int)?

  /// Upper bound of the largest eigenvalue of Γ, 2 max_i Σ_j w_ij (Gershgorin).
  public private(set) var bound = 0.0

  /// Prepares the drag of a system whose forces have been evaluated. Collective.
  public init(_ system: ParticleSystem) throws {
    self.system = system
    term = ParticleField(width: system.dimension, capacity: 0, of: system.working)
    product = ParticleField(width: system.dimension, capacity: 0, of: system.working)
    try update()
  }

  /// Computes the weights and the bound at the positions of the last evaluation. Collective.
  public func update() throws {
    precondition(!system.isConfined, "the drag is that of the whole system")
    let list = system.list
    weights.reserve(list.slotCount * Lanes.count)
    sums.reserve(system.ownedCount + 1)
    system.interaction.drag.weights(system.arrays, list, weights.pointer, sums.pointer)
    var largest = 0.0
    for i in 0..<system.ownedCount { largest = max(largest, sums[i]) }
    bound = 2 * (try system.communicator.reduce(largest, .maximum))
  }

  /// Computes result = Γ·v, exactly zero where all v are equal. `field` needs no ghost values: they are gathered here.
  /// Collective.
  public func multiply(_ field: ParticleField, into result: ParticleField) throws {
    result.buffer.reserve((system.ownedCount + 1) * system.dimension)
    try system.gather(field)
    system.interaction.drag.product(system.list, weights.pointer, field.values, result.values)
  }

  /// Replaces v by exp(−h Γ)·v, the exact decay under the drag over a time: h is friction constant times time. A
  /// uniform v keeps its bits. Collective.
  ///
  /// Taylor series in pieces of h‖Γ‖ ≤ 1. For eigenvalues x ≥ 0 of hΓ its terms alternate, so that the error is below
  /// the first term left out, (h‖Γ‖)^(n+1)/(n+1)! with ``bound`` for ‖Γ‖: n = 6 terms for h‖Γ‖ = 0.05, 10 for 0.2.
  public func decay(_ field: ParticleField, by h: Double) throws {
    let pieces = max(1, (h * bound).rounded(.up))
    let piece = h / pieces
    let size = piece * bound
    for _ in 0..<Int(pieces) {
      term.buffer.reserve((system.ownedCount + 1) * system.dimension)
      term.copy(field.values)
      var order = 1.0
      var error = size
      while error > Self.tolerance / pieces {
        try multiply(term, into: product)
        term.combine(-piece / order, product.values, 0, product.values)
        field.add(1, term.values)
        order += 1
        error *= size / order
      }
    }
  }

  /// Adds amplitude · Σ_j √w_ij ξ_ij to each particle, with ξ_ij = −ξ_ji standard normal vectors of the pair and the
  /// step: noise of covariance amplitude² Γ, as fluctuation and dissipation demand. Collective.
  ///
  /// With the equation dv/dt = −ζ Γ·v + noise, at temperature T and mass m, the amplitude for a time h is √(2 ζ T h/m).
  /// Between two decays over h/2 the stationary variance is then T/m to second order in h ζ Γ.
  public func addNoise(to field: ParticleField, amplitude: Double, step: Int, seed: UInt64) throws {
    if identifiers?.listing != system.listing {
      identifiers = (try system.ghostedIdentifiers(), system.listing)
    }
    let noise = PairNoise(
      amplitude: amplitude, step: step, random: RandomStream(seed: seed, purpose: .pairNoise),
      identifiers: identifiers!.field.values, ownedCount: system.ownedCount)
    system.interaction.drag.noise(system.list, weights.pointer, noise, field.values)
  }
}
