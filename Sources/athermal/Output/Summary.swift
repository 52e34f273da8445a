import Configuration
import MessagePassing
import Particles
import Statics
import Storage

/// Scalars of summary.json, the same for all commands that end with a configuration.
/// More than 20 properties: one for each key.
struct Summary: Codable {
  var status = "done"
  var exitCode = 0
  var reason: String
  var units = "reduced: energies in ε, lengths in λ or σ_AA"
  var seed: UInt64?
  var particles: Int
  var dimension: Int
  var energyPerParticle: Double
  var pressure: Double
  /// Stress tensor, tension positive.
  var stress: [[Double]]
  var forceMax: Double
  var bonds: Int
  /// Mean bond force ⟨|φ'|⟩: the natural scale of forces.
  var meanBondForce: Double
  /// Number of force evaluations and Hessian products together.
  var evaluations: Int
  var wallSeconds: Double
  var ranks: Int
  var commit = Build.commit
  var build = Build.text
  var stateSha256: String
  /// Accumulated, unflipped strain.
  var strain: Double
  /// Whether no force is above the resolution of positions. Only `measure` reports it.
  var atRest: Bool?
  /// Plasticity from frame to frame. Only `measure` of a trajectory reports it.
  var frames: FramesSummary?
  /// Number of plastic events of an adaptive run; 0 with fixed steps. Only a loading reports it.
  var events: Int?
  /// Number of steps that ended short of the force tolerance. Only a loading that accepts such steps reports it.
  var unconvergedSteps: Int?
  /// Prepared states. Only `prepare` reports them.
  var states: [PreparedState]?

  /// Summarises a system whose forces, energies and stress are up to date. Collective.
  init(
    _ system: ParticleSystem, _ configuration: RunConfiguration<some ParticleCommandSections>,
    result: MinimizationResult, wallSeconds: Double,
    events: Int? = nil, unconvergedSteps: Int? = nil
  ) throws {
    let totals = try system.totals()
    let bonds = try system.bondStatistics()
    reason = result.reason.rawValue
    if case .generate(let generate) = configuration.system.source { seed = generate.seed }
    particles = system.totalCount
    dimension = system.dimension
    energyPerParticle = totals.energy / Double(system.totalCount)
    pressure = totals.pressure
    stress = totals.stress.block(system.dimension)
    forceMax = result.forceMax
    self.bonds = bonds.count
    meanBondForce = bonds.meanForce
    evaluations = system.workDone
    self.wallSeconds = wallSeconds
    ranks = system.communicator.size
    stateSha256 = try StateHash.sha256(of: system.snapshot(), over: system.communicator)
    strain = system.strain
    self.events = events
    self.unconvergedSteps = unconvergedSteps
  }
}
