import Interactions
import Measurement
import MessagePassing
import Particles

/// A stay at one temperature: a burn-in in which the step is tuned, a run that is measured, and the question whether that was
/// equilibrium.
public struct Equilibration: Sendable {
  public var burnIn: Int
  public var sweeps: Int
  /// Of the lists of the systems that are made for measurements.
  public var skin: Double
  /// Whether a burn-in tunes the step, or leaves it as it is, for times that can be compared between temperatures.
  public var tunesStep: Bool

  /// The share of displacements that the burn-in tunes the step to.
  static let acceptance = 0.35
  /// How often a run is measured.
  static let measurements = 200
  /// The cold start comes from this part of the temperature.
  static let coldness = 0.8

  public init(burnIn: Int, sweeps: Int, skin: Double, tunesStep: Bool = true) {
    self.burnIn = burnIn
    self.sweeps = sweeps
    self.skin = skin
    self.tunesStep = tunesStep
  }

  public enum Phase: String, Sendable {
    case burnIn = "burn-in"
    case run
    case cold = "cold start"
  }

  /// A measurement on the way.
  public struct Sample: Sendable {
    public let phase: Phase
    public let temperature: Double
    /// Sweeps since the phase began.
    public let sweep: Int
    public let energyPerParticle: Double
    /// NaN outside of the run.
    public let selfOverlap: Double
    public let squaredDisplacement: Double
    public let demixing: Double
  }

  /// What a stay leaves.
  public struct Record: Sendable {
    public let temperature: Double
    public let step: Double
    /// Of the run, with the step and all else fixed.
    public let tally: MoveTally
    public let verdict: EquilibriumVerdict
    /// The configuration at the end of the run, before the cold start.
    public let liquid: Snapshot
  }

  /// Equilibrates at a temperature, from whatever the configuration is: the hot start of a cooling schedule. Collective.
  public func run(
    _ monteCarlo: SwapMonteCarlo, temperature: Double, observe: (Sample) throws -> Void
  ) throws -> Record {
    try burnIn(monteCarlo, temperature, .burnIn, observe)
    let step = monteCarlo.rule.step
    let measured = try measure(monteCarlo, observe)
    let liquid = monteCarlo.particles.snapshot()
    let orientation = try BondOrientation(liquid, over: monteCarlo.particles.communicator)
    let structure = try StructureFactor(liquid, over: monteCarlo.particles.communicator)
    func verdict(_ cold: TimeSeries?) -> EquilibriumVerdict {
      EquilibriumVerdict(
        sweeps: sweeps, hot: measured.energies, cold: cold, overlapTime: measured.overlapTime,
        lastOverlap: measured.lastOverlap, squaredDisplacement: measured.squaredDisplacement,
        energyTime: measured.energies.correlationTime * Double(measured.interval), orientation: orientation,
        structure: structure, demixing: measured.demixing)
    }
    var result = verdict(nil)
    // What has failed already needs no second start.
    if result.isEquilibrated { result = verdict(try coldStart(monteCarlo, temperature, observe)) }
    return Record(temperature: temperature, step: step, tally: measured.tally, verdict: result, liquid: liquid)
  }

  // MARK: Parts

  /// Tunes the step to the acceptance, and then leaves it alone.
  private func burnIn(
    _ monteCarlo: SwapMonteCarlo, _ temperature: Double, _ phase: Phase, _ observe: (Sample) throws -> Void
  ) throws {
    monteCarlo.rule.temperature = temperature
    let interval = max(1, burnIn / 50)
    for sweep in 1...max(1, burnIn) {
      try monteCarlo.sweep()
      guard sweep % interval == 0 || sweep == burnIn else { continue }
      let tally = try monteCarlo.takeTally()
      if tunesStep { monteCarlo.tuneStep(tally, to: Self.acceptance) }
      try observe(sample(monteCarlo, phase, sweep))
    }
  }

  private struct Measured {
    var energies = TimeSeries()
    var interval = 1
    var overlapTime = Double.infinity
    var lastOverlap = 1.0
    var squaredDisplacement = 0.0
    var demixing = 0.0
    var tally = MoveTally()
  }

  /// The run. Whenever the self-overlap has fallen to 1/e, it starts again from the present configuration, so that their
  /// number counts the relaxation times.
  private func measure(_ monteCarlo: SwapMonteCarlo, _ observe: (Sample) throws -> Void) throws -> Measured {
    let particles = monteCarlo.particles
    var measured = Measured()
    measured.interval = max(1, sweeps / Self.measurements)
    var demixings = TimeSeries()
    var times: [Double] = []
    let whole = try SelfOverlap(particles, sweep: 0, skin: skin)
    var overlap = whole
    var before = (sweep: 0, overlap: 1.0)
    for sweep in 1...sweeps {
      try monteCarlo.sweep()
      guard sweep % measured.interval == 0 else { continue }
      measured.tally.add(try monteCarlo.takeTally())
      let (q, squared) = try overlap.measure(particles)
      let mixture = try demixing(particles)
      measured.lastOverlap = q
      if overlap === whole { measured.squaredDisplacement = squared }
      measured.energies.append(monteCarlo.energy / Double(particles.totalCount))
      demixings.append(mixture)
      try observe(
        sample(monteCarlo, .run, sweep, overlap: q, squaredDisplacement: squared, demixing: mixture))
      if q <= Self.inverseE {
        // Between two measurements, linearly.
        let part = (before.overlap - Self.inverseE) / max(before.overlap - q, .leastNormalMagnitude)
        times.append(Double(before.sweep - overlap.start) + part * Double(sweep - before.sweep))
        overlap = try SelfOverlap(particles, sweep: sweep, skin: skin)
        before = (sweep, 1)
      } else {
        before = (sweep, q)
      }
    }
    if !times.isEmpty { measured.overlapTime = times.reduce(0, +) / Double(times.count) }
    // A slow stretch at the end counts, though it has not ended.
    if measured.lastOverlap > Self.inverseE {
      measured.overlapTime = max(measured.overlapTime, times.isEmpty ? .infinity : Double(sweeps - overlap.start))
    }
    measured.demixing = demixings.halves.1.mean
    return measured
  }

  private static let inverseE = 0.36787944117144233

  /// The energy after a stay at a lower temperature and a burn-in back at this one.
  private func coldStart(
    _ monteCarlo: SwapMonteCarlo, _ temperature: Double, _ observe: (Sample) throws -> Void
  ) throws -> TimeSeries {
    let step = monteCarlo.rule.step
    try burnIn(monteCarlo, Self.coldness * temperature, .cold, observe)
    monteCarlo.rule.step = step
    monteCarlo.rule.temperature = temperature
    for _ in 0..<burnIn { try monteCarlo.sweep() }
    var energies = TimeSeries()
    let interval = max(1, sweeps / Self.measurements)
    for sweep in 1...max(1, sweeps / 2) {
      try monteCarlo.sweep()
      guard sweep % interval == 0 else { continue }
      _ = try monteCarlo.takeTally()
      energies.append(monteCarlo.energy / Double(monteCarlo.particles.totalCount))
      try observe(sample(monteCarlo, .cold, sweep))
    }
    return energies
  }

  private func sample(
    _ monteCarlo: SwapMonteCarlo, _ phase: Phase, _ sweep: Int, overlap: Double = .nan,
    squaredDisplacement: Double = .nan, demixing: Double = .nan
  ) -> Sample {
    Sample(
      phase: phase, temperature: monteCarlo.rule.temperature, sweep: sweep,
      energyPerParticle: monteCarlo.energy / Double(monteCarlo.particles.totalCount), selfOverlap: overlap,
      squaredDisplacement: squaredDisplacement, demixing: demixing)
  }
}
