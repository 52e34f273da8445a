import Checkpoints
import Configuration
import MessagePassing
import Particles
import Statics
import Storage

/// Minimisation of a configuration to mechanical equilibrium.
struct MinimizeCommand: RunCommand {
  /// Name in checkpoints.
  private static let key = "result"

  static let canResume = true
  static let outputs = ["state.h5"]
  static let guide = CommandGuide(
    running: "minimize", canResume: canResume, summary: "bring a configuration to mechanical equilibrium",
    text: "Brings a configuration to mechanical equilibrium and writes it to state.h5 of the run folder.",
    examples: [
      "athermal minimize Configs/minimize-2d-lj.toml --output runs/m",
      "mpirun -n 4 athermal minimize my.toml --set system.file=glass.data",
    ])

  let arguments: RunArguments

  static func demand(
    of configuration: MinimizeConfiguration, on ranks: TargetRanks, over communicator: Communicator
  ) throws -> [String] {
    try ParticleDemand(configuration, on: ranks, over: communicator).lines {
      $0.minimiser(hasMultigrid: configuration.minimizer.preconditioner == .multigrid)
    }
  }

  func compute(_ run: Run<MinimizeSections>) throws -> Int32 {
    let (configuration, folder, communicator) = (run.configuration, run.folder, run.communicator)
    let checkpoints = try run.checkpoints()
    let system = try Model.system(configuration, resuming: checkpoints.saved, over: communicator)
    try folder.begin(resuming: checkpoints.saved != nil)
    Heartbeat.enter(phase: "minimisation")
    let progress = Progress(isShown: communicator.isRoot)
    system.onEvaluation = { progress.show("evaluation \($0.evaluations)", fraction: 0) }
    let result = try Self.minimize(system, Model.minimization(configuration.minimizer), checkpoints)

    let summary = try Summary(system, configuration, result: result, wallSeconds: folder.seconds)
    let provenance = Build.provenance(config: configuration.resolved)
    try StateFile.write(system.snapshot(), to: folder.file("state.h5"), provenance: provenance, over: communicator)
    try folder.write(try Timing(system, wallSeconds: folder.seconds), as: "timing.json")
    guard result.reason == .converged else {
      throw Failure.everywhere(
        .notConverged,
        "the minimisation ended by \(result.reason.rawValue) with a largest force component of "
          + "\(result.forceMax.shown), which should be at most \(result.tolerance.shown); the state reached is in "
          + "\(folder.file("state.h5"))")
    }
    try folder.finish(summary)
    if communicator.isRoot {
      print(
        """
        \(summary.particles) particles, energy per particle \(summary.energyPerParticle), pressure \(summary.pressure)
        largest force component \(summary.forceMax.shown) after \(result.evaluations) evaluations and \
        \(result.hessianProducts) Hessian products
        \(folder.whereabouts)
        """)
    }
    return 0
  }

  /// Minimises from the state of the system, which may be the end of an earlier minimisation.
  private static func minimize(
    _ system: ParticleSystem, _ minimization: Minimization, _ checkpoints: RunCheckpoints
  ) throws -> MinimizationResult {
    let safePoint = checkpoints.safePoint.within { try system.save(to: $0) }
    if let saved = checkpoints.saved, saved.holds(Self.key) {
      try system.withoutCounting { try system.evaluate(.forcesEnergyAndStress) }
      return try saved.value(MinimizationResult.self, of: Self.key)
    }
    let result = try minimization.run(system, safePoint: safePoint, resuming: checkpoints.saved)
    try safePoint.within { try $0.put(result, as: Self.key) }.end()
    return result
  }
}
