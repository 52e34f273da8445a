import Foundation
import Geometry
import Interactions
import MessagePassing

/// Particles placed at random in a square or cubic box: the start of a poorly annealed glass.
///
/// Each number is a function of the seed and the particle's id, and so the same on any number of ranks.
public struct RandomPlacement: Sendable {
  /// Sizes drawn from p(λ) ~ λ^exponent between two limits, in units of length.
  public struct Sizes: Equatable, Sendable {
    public var exponent: Double
    public var minimum: Double
    public var maximum: Double
    /// Whether one particle is drawn in each of N equal parts of the distribution, which removes its sampling noise.
    public var isStratified: Bool

    public init(exponent: Double, minimum: Double, maximum: Double, isStratified: Bool) {
      self.exponent = exponent
      self.minimum = minimum
      self.maximum = maximum
      self.isStratified = isStratified
    }

    /// Returns the size below which a fraction u of all sizes between a and b lies: (a^n + u (b^n −
    /// a^n))^(1/n) with n = exponent + 1.
    ///
    /// That formula loses all digits for n → 0, where the limit is a (b/a)^u, and if the powers are very different.
    /// There the size is computed from the end of the distribution at which nothing cancels: for n > 0 as a exp(ln(1 +
    /// u (e^(n ln b/a) − 1)) / n).
    public func quantile(_ u: Double) -> Double {
      let n = exponent + 1
      let span = log(maximum / minimum)
      if n == 0 { return minimum * pow(maximum / minimum, u) }
      if abs(n) >= 0.5, abs(n) * span <= 4.5 {
        return pow(pow(minimum, n) + u * (pow(maximum, n) - pow(minimum, n)), 1 / n)
      }
      return n > 0
        ? minimum * exp(log1p(u * expm1(n * span)) / n)
        : maximum * exp(log1p((1 - u) * expm1(-n * span)) / n)
    }
  }

  /// Sizes or species of the particles.
  public enum Composition: Equatable, Sendable {
    case sizes(Sizes)
    /// Two species: the fraction of the first, and the diameters by species.
    case species(fractionOfFirst: Double, diameters: [Double])
  }

  public var dimension: Int
  public var count: Int
  /// Number density: particles per area or volume.
  public var density: Double
  public var seed: UInt64
  public var composition: Composition

  public init(dimension: Int, count: Int, density: Double, seed: UInt64, composition: Composition) {
    self.dimension = dimension
    self.count = count
    self.density = density
    self.seed = seed
    self.composition = composition
  }

  /// Returns the configuration; each rank gets a block of ids.
  public func snapshot(over communicator: Communicator) -> Snapshot {
    let length = length
    let positions = RandomStream(seed: seed, purpose: .position)
    let sizes = RandomStream(seed: seed, purpose: .size)
    var table = ParticleTable()
    for k in RowShares(count, over: communicator).own {
      let id = k + 1
      table.ids.append(Int64(id))
      switch composition {
      case .sizes(let distribution):
        let u = distribution.isStratified ? (Double(k) + 0.5) / Double(count) : sizes.uniformPair(item: id).0
        table.species.append(0)
        table.diameters.append(distribution.quantile(u))
      case .species(let fraction, let diameters):
        let species = Double(k) + 0.5 < fraction * Double(count) ? 0 : 1
        table.species.append(Int32(species))
        table.diameters.append(diameters[species])
      }
      let (x, y) = positions.uniformPair(item: id)
      table.positions.append(x * length)
      table.positions.append(y * length)
      if dimension == 3 { table.positions.append(positions.uniformPair(item: id, draw: 1).0 * length) }
    }
    return snapshot(of: table)
  }

  /// Returns the box with a few particles from the smallest to the largest possible, in the proportions of all: enough
  /// to compute a ``SystemLayout``, and means over pairs, for any number of particles.
  public func outline() -> Snapshot {
    var table = ParticleTable()
    let few = max(3, min(33, count))
    table.ids = (0..<few).map { Int64($0 + 1) }
    switch composition {
    case .sizes(let sizes):
      let margin = sizes.isStratified ? 0.5 / Double(count) : 0
      // Both ends by the numbers that the sizes themselves come from.
      let (low, high) = (margin, 1 - margin)
      let between = (1..<(few - 1)).map { low + (high - low) * Double($0) / Double(few - 1) }
      table.diameters = ([low] + between + [high]).map(sizes.quantile)
    case .species(let fractionOfFirst, let diameters):
      table.species = (0..<few).map { Double($0) < fractionOfFirst * Double(few) ? 0 : 1 }
      table.diameters = table.species.map { diameters[Int($0)] }
    }
    return snapshot(of: table)
  }

  private var length: Double {
    let volume = Double(count) / density
    return dimension == 2 ? volume.squareRoot() : cbrt(volume)
  }

  private func snapshot(of table: ParticleTable) -> Snapshot {
    var edges = Tensor.identity
    for k in 0..<dimension { edges[k, k] = length }
    var snapshot = Snapshot(dimension: dimension, edges: edges, totalCount: count, particles: table)
    if case .species = composition {
      snapshot.speciesCount = 2
      snapshot.hasSpecies = true
    } else {
      snapshot.hasDiameters = true
    }
    return snapshot
  }
}
