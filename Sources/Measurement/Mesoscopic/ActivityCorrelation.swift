import Checkpoints
import MessagePassing
import Particles

/// Two-time correlation of D²min over the particles that are active at the first time (Puosi, Olivier and Martens 2015,
/// Sec. 3.3):
///
///     C_p(t) = ⟨D²(t₀) D²(t₀ + t)⟩ / ⟨D²(t₀)²⟩
///
/// where ⟨…⟩ is over all origins t₀ whose window has ended and all particles with D²(t₀) above the threshold; both
/// means are over the same of them. Samples come at equal intervals. The last ones of each particle are a field, which
/// follows it. All sums are exact.
public final class ActivityCorrelation {
  /// Names in checkpoints.
  private enum Key {
    static let age = "/age"
    static let ring = "/ring"
    static let sums = "/sums"
  }

  /// Number of lags, 0 … depth − 1 samples.
  public let depth: Int
  /// D² above which a particle is active.
  public let threshold: Double

  private let system: ParticleSystem
  /// The last `depth` samples of each particle, in a ring, and the number of its last sample that was active, from 1
  /// on: most particles are quiet, and have nothing to add.
  private let ring: ParticleField
  /// Σ D²(t₀) D²(t₀ + t), Σ D²(t₀)² and the number of terms, for each lag.
  private let sums: RunningSums
  private var pairs: [Int]
  private var age = 0

  public init(_ system: ParticleSystem, depth: Int, threshold: Double) {
    precondition(depth >= 1, "a correlation has at least one lag")
    self.system = system
    self.depth = depth
    self.threshold = threshold
    ring = system.makeField(width: depth + 1)
    sums = RunningSums(count: 3 * depth, over: system.communicator)
    pairs = [Int](repeating: 0, count: depth)
  }

  /// Adds the next sample: D² of each owned particle, in storage order. Particles whose D² is not a number are left out
  /// of all pairs with this sample. Collective.
  public func add(_ values: UnsafePointer<Double>) throws {
    let slot = age % depth
    let lags = min(age, depth - 1)
    let ring = ring.values
    for i in 0..<system.ownedCount {
      let history = ring + i * (depth + 1)
      let now = values[i]
      history[slot] = now
      if now > threshold { history[depth] = Double(age + 1) }
      let quiet = age + 1 - Int(history[depth])
      if now.isNaN || quiet > lags { continue }
      for lag in quiet...lags {
        let then = history[slot >= lag ? slot - lag : slot - lag + depth]
        guard then > threshold else { continue }
        sums.add(then * now, to: lag)
        sums.add(then * then, to: depth + lag)
        pairs[lag] += 1
      }
    }
    for lag in 0...lags {
      sums.add(Double(pairs[lag]), to: 2 * depth + lag)
      pairs[lag] = 0
    }
    age += 1
    try sums.endSample()
  }

  /// Returns C_p so far. Collective.
  /// - Parameter interval: time between samples.
  public func curve(interval: Double) throws -> ActivityCurve {
    ActivityCurve(depth: depth, interval: interval, sums: try sums.segments())
  }

  // MARK: Checkpoints

  /// Saves the state. Collective.
  public func save(to checkpoint: Checkpoint, as name: String) throws {
    try checkpoint.put(age, as: name + Key.age)
    try system.save(ring, to: checkpoint, as: name + Key.ring)
    try sums.save(to: checkpoint, as: name + Key.sums)
  }

  /// Continues what was saved, for the system that was saved with it, on any number of ranks. Collective.
  public init(_ system: ParticleSystem, threshold: Double, resuming checkpoint: Checkpoint, as name: String) throws {
    self.system = system
    self.threshold = threshold
    ring = try system.makeField(resuming: checkpoint, as: name + Key.ring)
    depth = ring.width - 1
    sums = try RunningSums(count: 3 * depth, resuming: checkpoint, as: name + Key.sums)
    pairs = [Int](repeating: 0, count: depth)
    age = try checkpoint.value(Int.self, of: name + Key.age)
  }
}
