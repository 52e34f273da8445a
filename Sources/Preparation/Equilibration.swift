import Checkpoints
import Interactions
import Measurement
import MessagePassing
import Particles
import Statistics

/// A stay at one temperature: a burn-in that tunes the step, a run that is measured, and the decision
/// whether it was in equilibrium.
public struct Equilibration: Sendable {
  /// Number of sweeps of the burn-in.
  public var burnIn: Int
  /// Number of sweeps of the run.
  public var sweeps: Int
  /// Skin of the neighbour lists of the systems that are made for measurements, in units of length.
  public var skin: Double
  /// Whether a burn-in tunes the step. A fixed step gives times that can be compared between temperatures.
  public var tunesStep: Bool

  /// Acceptance of displacements to which the burn-in tunes the step.
  static let acceptance = 0.35
  /// Number of measurements of a run.
  static let measurements = 200
  /// Temperature from which the cold start comes, as a fraction of the temperature of the stay.
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

  /// A measurement during a stay.
  public struct Sample: Sendable {
    public let phase: Phase
    public let temperature: Double
    /// Number of sweeps since the phase began.
    public let sweep: Int
    public let energyPerParticle: Double
    /// Self-overlap; NaN outside of the run.
    public let selfOverlap: Double
    /// Mean square displacement since the origin of the self-overlap, in λ²; NaN outside of the run.
    public let squaredDisplacement: Double
    /// Structure factor of the sizes at long waves; NaN outside of the run.
    public let demixing: Double
  }

  /// Result of a stay.
  public struct Record: Sendable {
    public let temperature: Double
    public let step: Double
    /// Trial moves of the run, with the step and everything else fixed.
    public let tally: MoveTally
    public let verdict: EquilibriumVerdict
    /// Configuration at the end of the run, before the cold start.
    public let liquid: Snapshot
  }

  /// Equilibrates at a temperature, from any configuration: the hot start of a cooling schedule. Collective.
  /// - Parameters:
  ///   - safePoint: where the stay can be suspended: after each sweep; sweeps are the steps that the user counts.
  ///   - saved: a checkpoint made there, from which the liquid of `monteCarlo` was restored; nil for a fresh start.
  ///   - observe: called with each measurement.
  ///   - conclude: called with the record, still as part of the stay.
  public func run(
    _ monteCarlo: SwapMonteCarlo, temperature: Double, safePoint: SafePoint = .none, resuming saved: Checkpoint? = nil,
    observe: (Sample) throws -> Void, concluding conclude: (Record, SafePoint) throws -> Void
  ) throws {
    let state = try EquilibrationState(monteCarlo, saved, skin: skin)
    let safePoint = safePoint.within(state.save)
    while state.progress.stage != .done {
      try run(state, monteCarlo, temperature, safePoint, observe)
      state.progress.sweep = 0
    }
    try conclude(state.record(temperature, verdict: try verdict(state, state.progress.cold)), safePoint)
  }

  /// Runs a stay without checkpoints and returns its record. Collective.
  public func run(
    _ monteCarlo: SwapMonteCarlo, temperature: Double, observe: (Sample) throws -> Void
  ) throws -> Record {
    var record: Record?
    try run(monteCarlo, temperature: temperature, observe: observe) { found, _ in record = found }
    return record!
  }

  // MARK: Stages

  /// Completes the present stage and sets the next one.
  private func run(
    _ state: EquilibrationState, _ monteCarlo: SwapMonteCarlo, _ temperature: Double, _ safePoint: SafePoint,
    _ observe: (Sample) throws -> Void
  ) throws {
    func runSweeps(_ count: Int, _ afterSweep: (_ sweep: Int) throws -> Void) throws {
      while state.progress.sweep < count {
        try monteCarlo.sweep()
        state.progress.sweep += 1
        try afterSweep(state.progress.sweep)
        try safePoint.reached(isStep: true)
      }
    }
    switch state.progress.stage {
    case .burnIn:
      monteCarlo.rule.temperature = temperature
      try runSweeps(max(1, burnIn)) { try tune(monteCarlo, .burnIn, $0, observe) }
      state.progress.step = monteCarlo.rule.step
      state.overlap = try SelfOverlap(monteCarlo.particles, sweep: 0, skin: skin)
      state.progress.stage = .run
    case .run:
      try runSweeps(sweeps) { sweep in
        if sweep % interval == 0 { try observe(try measure(state, monteCarlo, sweep)) }
      }
      state.liquid = monteCarlo.particles.snapshot()
      // A stay that is not in equilibrium needs no second start.
      state.progress.stage = try verdict(state, nil).isEquilibrated ? .coldBurnIn : .done
    case .coldBurnIn:
      monteCarlo.rule.temperature = Self.coldness * temperature
      try runSweeps(max(1, burnIn)) { try tune(monteCarlo, .cold, $0, observe) }
      monteCarlo.rule.step = state.progress.step
      monteCarlo.rule.temperature = temperature
      state.progress.stage = .rewarming
    case .rewarming:
      try runSweeps(burnIn) { _ in }
      state.progress.cold = TimeSeries()
      state.progress.stage = .coldRun
    case .coldRun:
      try runSweeps(max(1, sweeps / 2)) { sweep in
        guard sweep % interval == 0 else { return }
        _ = try monteCarlo.takeTally()
        state.progress.cold!.append(monteCarlo.energy / Double(monteCarlo.particles.totalCount))
        try observe(sample(monteCarlo, .cold, sweep))
      }
      state.progress.stage = .done
    case .done: break
    }
  }

  /// Number of sweeps between two measurements of the run.
  private var interval: Int { max(1, sweeps / Self.measurements) }

  /// Tunes the step to the acceptance at intervals; after the burn-in the step is fixed.
  private func tune(
    _ monteCarlo: SwapMonteCarlo, _ phase: Phase, _ sweep: Int, _ observe: (Sample) throws -> Void
  ) throws {
    guard sweep % max(1, burnIn / 50) == 0 || sweep == burnIn else { return }
    let tally = try monteCarlo.takeTally()
    if tunesStep { monteCarlo.tuneStep(tally, to: Self.acceptance) }
    try observe(sample(monteCarlo, phase, sweep))
  }

  /// Makes a measurement of the run. Whenever the self-overlap has fallen to 1/e, it restarts from the present
  /// configuration, so that the number of restarts counts the relaxation times.
  private func measure(_ state: EquilibrationState, _ monteCarlo: SwapMonteCarlo, _ sweep: Int) throws -> Sample {
    let particles = monteCarlo.particles
    state.progress.tally.add(try monteCarlo.takeTally())
    let (q, squared) = try state.overlap!.measure(particles)
    let mixture = try sizeStructureFactor(particles)
    state.progress.lastOverlap = q
    if state.progress.isFirstOrigin { state.progress.squaredDisplacement = squared }
    state.progress.energies.append(monteCarlo.energy / Double(particles.totalCount))
    state.progress.demixings.append(mixture)
    let before = state.progress.before
    if q <= Self.inverseE {
      // Interpolate linearly between two measurements.
      let part = (before.overlap - Self.inverseE) / max(before.overlap - q, .leastNormalMagnitude)
      state.progress.relaxationTimes.append(
        Double(before.sweep - state.overlap!.start) + part * Double(sweep - before.sweep))
      state.overlap = try SelfOverlap(particles, sweep: sweep, skin: skin)
      state.progress.isFirstOrigin = false
      state.progress.before = .init(sweep: sweep, overlap: 1)
    } else {
      state.progress.before = .init(sweep: sweep, overlap: q)
    }
    return sample(monteCarlo, .run, sweep, overlap: q, squaredDisplacement: squared, demixing: mixture)
  }

  private static let inverseE = 0.36787944117144233

  /// Computes the verdict from the run alone, or also from a comparison with a cold start. Collective.
  private func verdict(_ state: EquilibrationState, _ cold: TimeSeries?) throws -> EquilibriumVerdict {
    let progress = state.progress
    let times = progress.relaxationTimes
    var overlapTime = times.isEmpty ? .infinity : times.reduce(0, +) / Double(times.count)
    // A slow relaxation at the end counts, although it is not complete.
    if progress.lastOverlap > Self.inverseE {
      overlapTime = max(overlapTime, times.isEmpty ? .infinity : Double(sweeps - state.overlap!.start))
    }
    let liquid = state.liquid!
    return EquilibriumVerdict(
      sweeps: sweeps, hot: progress.energies, cold: cold, overlapTime: overlapTime, lastOverlap: progress.lastOverlap,
      squaredDisplacement: progress.squaredDisplacement,
      energyTime: progress.energies.correlationTime * Double(interval),
      orientation: try BondOrientation(liquid, over: state.communicator),
      structure: try StructureFactor(liquid, over: state.communicator), demixing: progress.demixings.halves.1.mean)
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
