import Checkpoints
import Configuration
import Interactions
import MessagePassing
import Particles
import Preparation
import Statics
import Storage

/// Equilibration of a liquid at parent temperatures by SWAP Monte Carlo, and its quench.
struct PrepareCommand: RunCommand {
  static let canResume = true
  static let outputs = ["prepare.h5"]
  static let guide = CommandGuide(
    running: "prepare", canResume: canResume, summary: "prepare annealed glasses from a liquid",
    text: """
      Equilibrates a liquid by SWAP Monte Carlo at one temperature after another, tests whether it was in equilibrium, \
      and quenches it.
      """,
    examples: ["mpirun -n 4 athermal prepare Configs/prepare-2d.toml --output runs/p"])

  /// Names of prepare.h5 and of the states, with the turn if a temperature occurs twice, and the
  /// replica if there are several.
  private static nonisolated(unsafe) let files =
    /prepare(-r\d+)?\.h5|state-T\d+(\.\d+)?(e[+-]?\d+)?(-\d+)?(-r\d+)?\.h5/

  static func makes(_ name: Substring) -> Bool { name.wholeMatch(of: files) != nil }

  static var schemas: [(file: String, rows: String, schema: SchemaDescription)] {
    [("prepare.h5", "S", PrepareOutput.Series.schema.description)]
  }

  /// Names in checkpoints.
  private enum Key {
    static let course = "prepare"
    static let glass = "glass"
  }

  let arguments: RunArguments

  static func demand(
    of configuration: PrepareConfiguration, on ranks: TargetRanks, over communicator: Communicator
  ) throws -> [String] {
    let demand = try ParticleDemand(configuration, on: ranks, over: communicator)
    let prepare = configuration.prepare
    try configuration.places.namingPlace(of: "prepare.size_window") {
      try LiquidStart.check(
        demand.snapshot, bySize: demand.interaction.parameter == .size, sizeWindow: prepare.sizeWindow,
        swapFraction: prepare.swapFraction, over: communicator)
    }
    let blocks = try configuration.places.namingPlace(of: "prepare.block") {
      try BlockGrid(cell: demand.layout.cell, width: prepare.block * demand.layout.largestCutoff)
    }
    let sides = (0..<demand.snapshot.dimension).map { "\(blocks.counts[$0])" }.joined(separator: " × ")
    return demand.lines {
      prepare.quench ? $0.minimiser(hasMultigrid: configuration.minimizer.preconditioner == .multigrid) : 0
    } + [
      "prepare         \(prepare.temperatures.count) temperatures of \(prepare.burnIn) + \(prepare.sweeps) sweeps, "
        + "\(sides) blocks in \(blocks.colourCount) colours; at most \(blocks.blockCount) ranks have work"
    ]
  }

  func compute(_ run: Run<PrepareSections>) throws -> Int32 {
    let (configuration, folder, communicator) = (run.configuration, run.folder, run.communicator)
    let replicas = try RankGroups(configuration.prepare.replicas, over: communicator)
    var courses: [Int: ReplicaProgress] = [:]
    // A failure that refuses one replica would refuse all of them.
    var first: SwapMonteCarlo?
    if !folder.hasCheckpoints {
      try replicas.tryFirst { first = try start(configuration, $0, over: $1) }
    }
    try folder.begin(resuming: folder.hasCheckpoints)
    try replicas.run { replica, group in
      courses[replica] = try prepare(configuration, replica, first, folder, over: group)
      first = nil
    }
    let all = try replicas.gather(courses)
    let states = all.flatMap(\.states)
    let failed = states.filter { !$0.equilibrated }
    // The scalars are those of the last replica, on whichever ranks it was computed.
    var summary = all.last!.summary!
    summary.wallSeconds = folder.seconds
    summary.ranks = communicator.size
    summary.states = states
    var failure: Failure?
    if !failed.isEmpty && !configuration.prepare.acceptUnequilibrated {
      let notEquilibrated = Self.failure(failed, of: states.count)
      failure = notEquilibrated
      summary.status = "failed"
      summary.exitCode = Int(Failure.Kind.notConverged.rawValue)
      summary.reason = notEquilibrated.message
    }
    try folder.finish(summary)
    if communicator.isRoot { report(states, folder) }
    // The summary is written; only the exit code and the message remain.
    if let failure { throw failure }
    return 0
  }

  /// Progress and results of a replica.
  private struct ReplicaProgress: Codable {
    /// Number of the current temperature.
    var turn = 0
    var states: [PreparedState] = []
    /// Files of the states; nil in checkpoints from before they were recorded.
    var files: [FileRecord]? = []
    var density: Double
    /// Summary of the last state.
    var summary: Summary?
  }

  /// Prepares one replica through all temperatures. Collective over its ranks.
  /// - Parameter first: the initial liquid, if it was made already.
  private func prepare(
    _ configuration: PrepareConfiguration, _ replica: Int, _ first: SwapMonteCarlo?, _ folder: RunFolder,
    over communicator: Communicator
  ) throws -> ReplicaProgress {
    let settings = configuration.prepare
    let part = settings.replicas > 1 ? "replica-\(replica)" : nil
    let checkpoints = try RunCheckpoints(
      arguments, in: folder.file("checkpoints" + (part.map { "/" + $0 } ?? "")), part: part, configuration,
      over: communicator
    )
    var saved = checkpoints.saved
    let monteCarlo =
      try saved.map { try resume(configuration, replica, $0) }
      ?? first ?? start(configuration, replica, over: communicator)
    var course =
      try saved?.value(ReplicaProgress.self, of: Key.course)
      ?? ReplicaProgress(density: Double(monteCarlo.particles.totalCount) / monteCarlo.particles.cell.volume)
    let equilibration = Equilibration(
      burnIn: settings.burnIn, sweeps: settings.sweeps, skin: configuration.neighbours.skin,
      tunesStep: settings.step == nil)
    // Create files only when nothing can refuse the run any more.
    let output = try folder.resuming(from: saved) {
      for file in course.files ?? [] { try file.check(in: folder.path, over: communicator) }
      return try PrepareOutput(folder, configuration, replica: replica, resuming: saved, over: communicator)
    }
    let safePoint = checkpoints.safePoint.within {
      try $0.put(course, as: Key.course)
      try monteCarlo.save(to: $0)
      try output.save(to: $0)
    }

    while course.turn < settings.temperatures.count {
      let (turn, temperature) = (course.turn, settings.temperatures[course.turn])
      Heartbeat.enter(phase: "equilibration at T = \(temperature)")
      let resumed = saved
      saved = nil
      try equilibration.run(
        monteCarlo, temperature: temperature, safePoint: safePoint, resuming: resumed,
        observe: { try output.write($0, turn: turn) },
        concluding: { record, safePoint in
          Heartbeat.enter(phase: "quench from T = \(temperature)")
          let (glass, summary) = try inherentState(
            of: record, monteCarlo.particles.interaction, configuration, safePoint, resuming: resumed,
            over: communicator)
          let name = output.stateName(temperature, turn: turn)
          let state = PreparedState(
            record, density: course.density, replica: replica, seed: settings.seed, burnIn: settings.burnIn,
            inherentEnergy: settings.quench ? summary.energyPerParticle : nil, file: name)
          try output.save(glass.snapshot(), state, as: name)
          course.states.append(state)
          course.files?.append(try FileRecord(finished: name, in: folder.path, over: communicator))
          course.summary = summary
        })
      course.turn += 1
      try safePoint.reached()
    }
    try safePoint.end()
    try output.finish()
    return course
  }

  /// Quenches a liquid, or leaves it as it is if the config says so. Collective.
  private func inherentState(
    of record: Equilibration.Record, _ interaction: PairInteraction, _ configuration: PrepareConfiguration,
    _ safePoint: SafePoint, resuming saved: Checkpoint?, over communicator: Communicator
  ) throws -> (ParticleSystem, Summary) {
    let skin = configuration.neighbours.skin
    let quenched = saved.flatMap { $0.holds(Key.glass) ? $0 : nil }
    let glass =
      try quenched.map { try ParticleSystem(resuming: $0, as: Key.glass, interaction: interaction, skin: skin) }
      ?? ParticleSystem(
        record.liquid, interaction: interaction, skin: skin, communicator: communicator)
    let inside = safePoint.within(countsSteps: false) { try glass.save(to: $0, as: Key.glass) }
    let isQuenched = configuration.prepare.quench
    let result =
      try isQuenched
      ? quench(glass, configuration, record.temperature, inside, resuming: quenched) : liquid(glass)
    // The wall time of the whole run is entered at its end.
    var summary = try Summary(glass, configuration, result: result, wallSeconds: 0)
    if !isQuenched { summary.reason = "liquid, not quenched" }
    return (glass, summary)
  }

  /// Returns a liquid from the config, ready for Monte Carlo moves.
  private func start(
    _ configuration: PrepareConfiguration, _ replica: Int, over communicator: Communicator
  ) throws -> SwapMonteCarlo {
    let settings = configuration.prepare
    let start = try Model.system(configuration, replica: replica, over: communicator)
    try configuration.places.namingPlace(of: "prepare.size_window") {
      try LiquidStart.check(
        start.snapshot(), bySize: start.interaction.parameter == .size, sizeWindow: settings.sizeWindow,
        swapFraction: settings.swapFraction, over: communicator)
    }
    _ = try configuration.places.namingPlace(of: "prepare.block") {
      try BlockGrid(cell: start.cell, width: settings.block * start.largestCutoff)
    }
    if case .generate = configuration.system.source { try OverlapRelaxation().relax(start) }
    try start.evaluate(.forcesEnergyAndStress)
    try Model.namingSource(of: configuration) { try LiquidStart.checkOverlaps(start) }
    return try SwapMonteCarlo(
      start,
      rule: MoveRule(
        temperature: settings.temperatures[0], step: settings.step ?? 0.1 * start.spacing,
        swapFraction: settings.swapFraction, sizeWindow: settings.sizeWindow),
      block: settings.block, seed: settings.seed, replica: replica)
  }

  private func resume(
    _ configuration: PrepareConfiguration, _ replica: Int, _ saved: Checkpoint
  ) throws -> SwapMonteCarlo {
    let settings = configuration.prepare
    let liquid = try SwapMonteCarlo.configuration(in: saved)
    let system = try ParticleSystem(
      liquid, interaction: Model.pairModel(configuration.potential).compiled(dimension: liquid.dimension),
      skin: configuration.neighbours.skin, communicator: saved.communicator)
    return try SwapMonteCarlo(system, resuming: saved, block: settings.block, seed: settings.seed, replica: replica)
  }

  private func quench(
    _ glass: ParticleSystem, _ configuration: PrepareConfiguration, _ temperature: Double, _ safePoint: SafePoint,
    resuming saved: Checkpoint?
  ) throws -> MinimizationResult {
    let result = try Model.minimization(configuration.minimizer).run(glass, safePoint: safePoint, resuming: saved)
    guard result.reason == .converged else {
      throw Failure.everywhere(
        .notConverged,
        "the quench from T = \(temperature) ended by \(result.reason.rawValue) with a largest force component of "
          + "\(result.forceMax.shown), which should be at most \(result.tolerance.shown)")
    }
    return result
  }

  private func liquid(_ glass: ParticleSystem) throws -> MinimizationResult {
    try glass.evaluate(.forcesEnergyAndStress)
    let largest = try glass.largestComponent(glass.forces, width: glass.dimension)
    return MinimizationResult(reason: .evaluationLimit, forceMax: largest, tolerance: 0)
  }

  private static func failure(_ failed: [PreparedState], of count: Int) -> Failure {
    let first = failed[0]
    return Failure.everywhere(
      .notConverged,
      "\(failed.count) of \(count) states are not in equilibrium, first at T = \(first.temperature): "
        + first.reasons.joined(separator: "; ")
        + "; run more sweeps, or take them as they are with prepare.accept_unequilibrated = true")
  }

  private func report(_ states: [PreparedState], _ folder: RunFolder) {
    for state in states {
      let energy = state.inherentEnergy.map { "inherent energy \($0)" } ?? "energy \(state.liquidEnergy)"
      let verdict = state.equilibrated ? "equilibrated" : "not equilibrated: " + state.reasons.joined(separator: "; ")
      print("T = \(state.temperature): \(energy), relaxation time \(state.relaxationTime) sweeps, \(verdict)")
    }
    print(folder.whereabouts)
  }
}
