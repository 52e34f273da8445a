import Checkpoints
import Configuration
import Dynamics
import Measurement
import MessagePassing
import Particles
import Statics
import Storage

/// One replica of a flow: its start, its melt, and its shear rates in turn.
struct FlowCourse {
  /// Names in checkpoints.
  private enum Key {
    static let turn = "flow/turn"
    static let start = "flow/start"
  }

  private struct Turn: Codable {
    /// Number of the stage, those of the melt first.
    var stage = 0
    /// Whether the stage has begun.
    var isWithin = false
    /// Number of force evaluations and Hessian products of systems that others have replaced.
    var workDone = 0

    /// The stage whose method is that of the state: between two stages, the one that is over.
    var lastBegun: Int { isWithin ? stage : max(0, stage - 1) }
  }

  let arguments: RunArguments
  let configuration: FlowConfiguration
  let folder: RunFolder
  let replica: Int
  let communicator: Communicator
  private let plan: FlowPlan

  init(
    _ arguments: RunArguments, _ configuration: FlowConfiguration, _ folder: RunFolder, replica: Int,
    over communicator: Communicator
  ) {
    self.arguments = arguments
    self.configuration = configuration
    self.folder = folder
    self.replica = replica
    self.communicator = communicator
    plan = FlowPlan(configuration.flow)
  }

  /// Returns the particles at the start, at rest if they were placed at random. Collective.
  /// - Throws: a failure of kind `notConverged` if random particles without a melt do not come to rest.
  static func start(
    _ configuration: FlowConfiguration, replica: Int, over communicator: Communicator
  ) throws -> ParticleSystem {
    let system = try Model.system(configuration, replica: replica, over: communicator)
    let equations = try Model.equations(configuration, dimension: system.dimension)
    try PlasticMeasurement.check(
      configuration, system.positionSnapshot(), system.cell, equations, ranks: communicator.size, over: communicator)
    if case .generate = configuration.system.source {
      Heartbeat.enter(phase: "bringing the particles to rest")
      let rest = try Model.minimization(configuration.minimizer).run(system)
      // A liquid forgets where it began.
      guard rest.reason == .converged || configuration.flow.melt != nil else {
        throw Failure.everywhere(
          .notConverged,
          "the particles, placed at random, do not come to rest before the flow: \(rest.reason.rawValue), with a "
            + "largest force component of \(rest.forceMax.shown) after \(rest.evaluations) evaluations; raise "
            + "minimizer.maximum_evaluations or minimizer.force_tolerance")
      }
    }
    try system.evaluate(.forcesEnergyAndStress)
    try Model.checkTimeStep(configuration, system)
    try LocalYield.check(configuration, system)
    return system
  }

  /// Runs all stages. Collective over the ranks of the replica.
  /// - Parameter first: the particles at the start, if they were made already.
  func run(from first: ParticleSystem?) throws -> FlowResult {
    let part = configuration.flow.replicas > 1 ? "replica-\(replica)" : nil
    let checkpoints = try RunCheckpoints(
      arguments, in: folder.file("checkpoints" + (part.map { "/" + $0 } ?? "")), part: part, configuration,
      over: communicator)
    var saved = checkpoints.saved
    var turn = try saved?.value(Turn.self, of: Key.turn) ?? Turn()
    var start = try saved.flatMap { try $0.holds(Key.start) ? Snapshot(resuming: $0, as: Key.start) : nil }
    var integrator =
      try saved.map { try resume($0, stage: turn.lastBegun) }
      ?? integrator(of: first ?? Self.start(configuration, replica: replica, over: communicator), stage: 0)
    let output = try folder.resuming(from: saved) {
      try FlowOutput(folder, configuration, plan, integrator.system, replica: replica, resuming: saved)
    }
    let safePoint = checkpoints.safePoint.within {
      try $0.put(turn, as: Key.turn)
      try start?.save(to: $0, as: Key.start)
      try integrator.system.save(to: $0)
      try integrator.save(to: $0)
      try output.save(integrator.system, to: $0)
    }
    let stages = plan.melt + plan.shear
    while turn.stage < stages.count {
      let rate = turn.stage - plan.melt.count
      if !turn.isWithin, rate >= 0 {
        if startsAnew {
          // The first rate too begins from the particles alone, so that its place in the list does not matter.
          let snapshot = start ?? integrator.system.snapshot()
          start = snapshot
          turn.workDone += integrator.system.workDone
          integrator = try self.integrator(of: system(from: snapshot), stage: turn.stage)
        } else if turn.stage > 0, isImplicit(turn.stage) != isImplicit(turn.stage - 1) {
          integrator = try self.integrator(
            of: integrator.system, stage: turn.stage, velocities: integrator.velocities)
        }
        output.begin(rate: rate)
        if !isImplicit(turn.stage) { try Model.checkTimeStep(configuration, integrator.system) }
      }
      let resumed = turn.isWithin ? saved : nil
      turn.isWithin = true
      try stages[turn.stage].run(integrator, output, safePoint: safePoint, resuming: resumed)
      try output.end(integrator.system)
      turn.stage += 1
      turn.isWithin = false
      saved = nil
      try safePoint.reached()
    }
    try safePoint.end()
    try output.finish()
    return try finish(integrator, output, workDone: turn.workDone)
  }

  /// Whether a stage goes in implicit steps; a melt never does.
  private func isImplicit(_ stage: Int) -> Bool {
    let rate = stage - plan.melt.count
    return rate >= 0 && configuration.flow.integrator.isImplicit(rate: plan.shear[rate].rate)
  }

  /// Whether each rate begins from the same start, at rest.
  private var startsAnew: Bool {
    if case .shear(let shear) = configuration.flow.driving { shear.from == .start } else { false }
  }

  private func system(from snapshot: Snapshot) throws -> ParticleSystem {
    try ParticleSystem(
      snapshot, interaction: Model.pairModel(configuration.potential).compiled(dimension: snapshot.dimension),
      skin: configuration.neighbours.skin, communicator: communicator)
  }

  /// Returns the method of a stage, which starts from the present positions. Collective.
  /// - Parameter velocities: peculiar velocities at the beginning; nil for rest.
  private func integrator(
    of system: ParticleSystem, stage: Int, velocities: ParticleField? = nil
  ) throws -> any TimeIntegrator {
    let equations = try Model.equations(configuration, dimension: system.dimension)
    let loading = Loading(equations.shear, of: system)
    if isImplicit(stage) {
      return try ImplicitIntegrator(
        system, equations, loading: loading, limits: limits, preconditioner: preconditioner, velocities: velocities)
    }
    return equations.isOverdamped
      ? try OverdampedIntegrator(system, equations, loading: loading, timeStep: timeStep, seed: seed(stage))
      : try VerletIntegrator(
        system, equations, loading: loading, timeStep: timeStep, seed: seed(stage), velocities: velocities)
  }

  /// Step of an explicit stage, which the config has if there is such a stage.
  private var timeStep: Double { configuration.flow.integrator.timeStep! }
  private var limits: ImplicitIntegrator.Limits { .init(tolerance: configuration.flow.integrator.tolerance) }
  private var preconditioner: PreconditionerKind { Model.minimization(configuration.minimizer).preconditioner }

  /// Restores the method of a stage, and its system. Collective.
  private func resume(_ saved: Checkpoint, stage: Int) throws -> any TimeIntegrator {
    let system = try Model.system(configuration, resuming: saved, over: communicator)
    let equations = try Model.equations(configuration, dimension: system.dimension)
    if isImplicit(stage) {
      return try ImplicitIntegrator(
        system, equations, limits: limits, preconditioner: preconditioner, resuming: saved)
    }
    return equations.isOverdamped
      ? try OverdampedIntegrator(system, equations, timeStep: timeStep, seed: seed(stage), resuming: saved)
      : try VerletIntegrator(system, equations, timeStep: timeStep, seed: seed(stage), resuming: saved)
  }

  /// Returns the seed of the noise, another one for each rate if all of them count their steps from the same start; nil
  /// for no noise.
  private func seed(_ stage: Int) -> UInt64? {
    let rate = startsAnew ? max(0, stage - plan.melt.count + 1) : 0
    return configuration.flow.seed.map { $0 &+ UInt64(replica) &+ UInt64(rate) << 32 }
  }

  /// Writes the final state and returns what the summary needs. Collective.
  private func finish(
    _ integrator: any TimeIntegrator, _ output: FlowOutput, workDone: Int
  ) throws -> FlowResult {
    let system = integrator.system
    let name = FlowOutput.file("state.h5", replica, of: configuration)
    try StateFile.write(
      system.snapshot(), to: folder.file(name), step: plan.shear.reduce(0) { $0 + $1.rows },
      provenance: Build.provenance(config: configuration.resolved), over: communicator)
    return FlowResult(
      points: output.points(), particles: system.totalCount, dimension: system.dimension,
      evaluations: workDone + system.workDone, strain: system.strain,
      stateSha256: try StateHash.sha256(of: system.snapshot(), over: communicator))
  }
}
