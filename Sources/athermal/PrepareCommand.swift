import Configuration
import Interactions
import MessagePassing
import Particles
import Preparation
import Statics
import Storage

/// Equilibrates a liquid at parent temperatures by SWAP Monte Carlo, and quenches it.
struct PrepareCommand {
  private let run: RunArguments

  init(_ words: [String]) throws { run = try RunArguments("prepare", words) }

  func run(over communicator: Communicator) throws -> Int32 {
    let configuration = try run.load(over: communicator)
    let folder = try RunFolder(run.folder, configuration, over: communicator)
    var failure: Failure?
    let code = try folder.recordingFailure {
      let replicas = Replicas(configuration.prepare!.replicas, over: communicator)
      let group = try replicas.communicator()
      var states: [PreparedState] = []
      var last: Summary?
      try replicas.agree {
        for replica in replicas.mine {
          (states, last) = try prepare(configuration, replica, folder, states, over: group)
        }
      }
      states = try replicas.collected(states)
      let failed = states.filter { !$0.equilibrated }
      var summary = last!
      summary.wallSeconds = folder.seconds
      summary.ranks = communicator.size
      summary.states = states
      if !failed.isEmpty && !configuration.prepare!.acceptUnequilibrated {
        failure = Self.failure(failed, of: states.count)
        summary.status = "failed"
        summary.exitCode = Int(Failure.Kind.notConverged.rawValue)
        summary.reason = failure!.message
      }
      try folder.write(summary, as: "summary.json")
      if communicator.isRoot { report(states, folder) }
      return 0
    }
    // The summary has it all; only the exit code and the message are left.
    if let failure { throw failure }
    return code
  }

  /// One replica: from the start through all temperatures. Collective over its ranks.
  private func prepare(
    _ configuration: RunConfiguration, _ replica: Int, _ folder: RunFolder, _ earlier: [PreparedState],
    over communicator: Communicator
  ) throws -> ([PreparedState], Summary) {
    let settings = configuration.prepare!
    let start = try Model.system(configuration, replica: replica, over: communicator)
    try LiquidStart.check(start, sizeWindow: settings.sizeWindow, swapFraction: settings.swapFraction)
    if case .generate = configuration.system.source { try OverlapRelaxation().relax(start) }
    try start.evaluate(.forcesEnergyAndStress)
    try LiquidStart.checkOverlaps(start)
    let density = Double(start.totalCount) / start.cell.volume
    let monteCarlo = try SwapMonteCarlo(
      start,
      rule: MoveRule(
        temperature: settings.temperatures[0], step: settings.step ?? 0.1 * start.spacing,
        swapFraction: settings.swapFraction, sizeWindow: settings.sizeWindow),
      block: settings.block, seed: settings.seed, replica: replica)
    let equilibration = Equilibration(
      burnIn: settings.burnIn, sweeps: settings.sweeps, skin: configuration.neighbours.skin, tunesStep: settings.step == nil)

    // Files are made when nothing is left to refuse.
    let output = try PrepareOutput(folder, configuration, replica: replica, over: communicator)
    var states = earlier
    var last: Summary?
    for (k, temperature) in settings.temperatures.enumerated() {
      Heartbeat.enter(phase: "equilibration at T = \(temperature)")
      let record = try equilibration.run(monteCarlo, temperature: temperature) { try output.write($0, turn: k) }
      Heartbeat.enter(phase: "quench from T = \(temperature)")
      let glass = try ParticleSystem(
        record.liquid, interaction: start.interaction, skin: configuration.neighbours.skin, communicator: communicator)
      let result = try settings.quench ? quench(glass, configuration, temperature) : liquid(glass)
      var summary = try Summary(glass, configuration, result: result, wallSeconds: folder.seconds)
      if !settings.quench { summary.reason = "liquid, not quenched" }
      let name = output.stateName(temperature, turn: k)
      let state = PreparedState(
        record, density: density, replica: replica, seed: settings.seed, burnIn: settings.burnIn,
        inherentEnergy: settings.quench ? summary.energyPerParticle : nil, file: name)
      try output.save(glass.snapshot(), state, as: name)
      states.append(state)
      last = summary
    }
    try output.finish()
    return (states, last!)
  }

  private func quench(
    _ glass: ParticleSystem, _ configuration: RunConfiguration, _ temperature: Double
  ) throws -> MinimizationResult {
    let result = try Model.minimization(configuration.minimizer).run(glass)
    guard result.reason == .converged else {
      throw Failure.everywhere(
        .notConverged,
        "the quench from T = \(temperature) ended by \(result.reason.rawValue) with a largest force component of "
          + "\(result.forceMax), which should be at most \(result.tolerance)")
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
    print("results in \(folder.path)")
  }
}
