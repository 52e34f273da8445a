import Checkpoints
import Interactions
import Measurement
import MessagePassing
import Particles

/// A stay at one temperature: a burn-in in which the step is tuned, a run that is measured, and the question whether
/// that was equilibrium.
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

  /// Equilibrates at a temperature, from whatever the configuration is: the hot start of a cooling schedule.
  /// Collective.
  /// - Parameters:
  ///   - safePoint: where the stay can be put aside: after each sweep, which are the steps that the user counts.
  ///   - saved: a checkpoint that was made there, whose liquid `monteCarlo` continues; nil for a fresh start.
  ///   - stays: what is done with the record, still as a part of the stay.
  public func run(
    _ monteCarlo: SwapMonteCarlo, temperature: Double, safePoint: SafePoint = .none, resuming saved: Checkpoint? = nil,
    observe: (Sample) throws -> Void, concluding conclude: (Record, SafePoint) throws -> Void
  ) throws {
    let stay = try Stay(monteCarlo, saved, skin: skin)
    let safePoint = safePoint.within(stay.save)
    while stay.progress.stage != .done {
      try run(stay, monteCarlo, temperature, safePoint, observe)
      stay.progress.sweep = 0
    }
    try conclude(stay.record(temperature, verdict: try verdict(stay, stay.progress.cold)), safePoint)
  }

  /// The record of a stay that nobody puts aside. Collective.
  public func run(
    _ monteCarlo: SwapMonteCarlo, temperature: Double, observe: (Sample) throws -> Void
  ) throws -> Record {
    var record: Record?
    try run(monteCarlo, temperature: temperature, observe: observe) { found, _ in record = found }
    return record!
  }

  // MARK: Stages

  /// Goes through what is left of a stage, and turns to the next.
  private func run(
    _ stay: Stay, _ monteCarlo: SwapMonteCarlo, _ temperature: Double, _ safePoint: SafePoint,
    _ observe: (Sample) throws -> Void
  ) throws {
    func goThrough(_ count: Int, _ look: (_ sweep: Int) throws -> Void) throws {
      while stay.progress.sweep < count {
        try monteCarlo.sweep()
        stay.progress.sweep += 1
        try look(stay.progress.sweep)
        try safePoint.reached(isStep: true)
      }
    }
    switch stay.progress.stage {
    case .burnIn:
      monteCarlo.rule.temperature = temperature
      try goThrough(max(1, burnIn)) { try tune(monteCarlo, .burnIn, $0, observe) }
      stay.progress.step = monteCarlo.rule.step
      stay.overlap = try SelfOverlap(monteCarlo.particles, sweep: 0, skin: skin)
      stay.progress.stage = .run
    case .run:
      try goThrough(sweeps) { sweep in
        if sweep % interval == 0 { try observe(try measure(stay, monteCarlo, sweep)) }
      }
      stay.liquid = monteCarlo.particles.snapshot()
      // What has failed already needs no second start.
      stay.progress.stage = try verdict(stay, nil).isEquilibrated ? .coldBurnIn : .done
    case .coldBurnIn:
      monteCarlo.rule.temperature = Self.coldness * temperature
      try goThrough(max(1, burnIn)) { try tune(monteCarlo, .cold, $0, observe) }
      monteCarlo.rule.step = stay.progress.step
      monteCarlo.rule.temperature = temperature
      stay.progress.stage = .rewarming
    case .rewarming:
      try goThrough(burnIn) { _ in }
      stay.progress.cold = TimeSeries()
      stay.progress.stage = .coldRun
    case .coldRun:
      try goThrough(max(1, sweeps / 2)) { sweep in
        guard sweep % interval == 0 else { return }
        _ = try monteCarlo.takeTally()
        stay.progress.cold!.append(monteCarlo.energy / Double(monteCarlo.particles.totalCount))
        try observe(sample(monteCarlo, .cold, sweep))
      }
      stay.progress.stage = .done
    case .done: break
    }
  }

  /// Between measurements.
  private var interval: Int { max(1, sweeps / Self.measurements) }

  /// Brings the step to the acceptance now and then; after the burn-in it is left alone.
  private func tune(
    _ monteCarlo: SwapMonteCarlo, _ phase: Phase, _ sweep: Int, _ observe: (Sample) throws -> Void
  ) throws {
    guard sweep % max(1, burnIn / 50) == 0 || sweep == burnIn else { return }
    let tally = try monteCarlo.takeTally()
    if tunesStep { monteCarlo.tuneStep(tally, to: Self.acceptance) }
    try observe(sample(monteCarlo, phase, sweep))
  }

  /// A measurement of the run. Whenever the self-overlap has fallen to 1/e, it starts again from the present
  /// configuration, so that their number counts the relaxation times.
  private func measure(_ stay: Stay, _ monteCarlo: SwapMonteCarlo, _ sweep: Int) throws -> Sample {
    let particles = monteCarlo.particles
    stay.progress.tally.add(try monteCarlo.takeTally())
    let (q, squared) = try stay.overlap!.measure(particles)
    let mixture = try demixing(particles)
    stay.progress.lastOverlap = q
    if stay.progress.isFirstOrigin { stay.progress.squaredDisplacement = squared }
    stay.progress.energies.append(monteCarlo.energy / Double(particles.totalCount))
    stay.progress.demixings.append(mixture)
    let before = stay.progress.before
    if q <= Self.inverseE {
      // Between two measurements, linearly.
      let part = (before.overlap - Self.inverseE) / max(before.overlap - q, .leastNormalMagnitude)
      stay.progress.relaxationTimes.append(
        Double(before.sweep - stay.overlap!.start) + part * Double(sweep - before.sweep))
      stay.overlap = try SelfOverlap(particles, sweep: sweep, skin: skin)
      stay.progress.isFirstOrigin = false
      stay.progress.before = .init(sweep: sweep, overlap: 1)
    } else {
      stay.progress.before = .init(sweep: sweep, overlap: q)
    }
    return sample(monteCarlo, .run, sweep, overlap: q, squaredDisplacement: squared, demixing: mixture)
  }

  private static let inverseE = 0.36787944117144233

  /// Of the run alone, or held against a cold start. Collective.
  private func verdict(_ stay: Stay, _ cold: TimeSeries?) throws -> EquilibriumVerdict {
    let progress = stay.progress
    let times = progress.relaxationTimes
    var overlapTime = times.isEmpty ? .infinity : times.reduce(0, +) / Double(times.count)
    // A slow stretch at the end counts, though it has not ended.
    if progress.lastOverlap > Self.inverseE {
      overlapTime = max(overlapTime, times.isEmpty ? .infinity : Double(sweeps - stay.overlap!.start))
    }
    let liquid = stay.liquid!
    return EquilibriumVerdict(
      sweeps: sweeps, hot: progress.energies, cold: cold, overlapTime: overlapTime, lastOverlap: progress.lastOverlap,
      squaredDisplacement: progress.squaredDisplacement,
      energyTime: progress.energies.correlationTime * Double(interval),
      orientation: try BondOrientation(liquid, over: stay.communicator),
      structure: try StructureFactor(liquid, over: stay.communicator), demixing: progress.demixings.halves.1.mean)
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
