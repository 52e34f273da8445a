import Configuration
import Geometry
import MessagePassing
import Particles
import QuasistaticShear
import Statics
import Storage
import StrainExpansion

/// The third-order strain expansion of a glass at rest: moduli, nonaffine fields, bond coefficients.
struct ExpandCommand {
  private let run: RunArguments

  init(_ words: [String]) throws { run = try RunArguments("expand", words) }

  func run(over communicator: Communicator) throws -> Int32 {
    let configuration = try run.load(over: communicator)
    let folder = try RunFolder(run.folder, configuration, over: communicator)
    return try folder.recordingFailure {
      let system = try Model.system(configuration, over: communicator)
      let loading = try Model.loading(configuration.deformation!, dimension: system.dimension)
      try Model.requireModes(configuration.expand, of: system)
      let rest = try self.rest(system, configuration)
      try StateFile.write(
        system.snapshot(), to: folder.file("state.h5"), provenance: Build.provenance(config: configuration.resolved),
        over: communicator)

      Heartbeat.enter(phase: "strain expansion")
      let section = configuration.expand
      let touching = system.makeBondNetwork()
      let null = try NullSpace(system, touching)
      let bonds = touching.without(null)
      return try Model.withSolver(section, system, bonds, null) { solver in
        let expansion = try StrainExpansion(
          system, bonds, generator: loading.generator(dimension: system.dimension), solver: solver,
          tolerance: section.tolerance)
        let moduli =
          section.elasticTensor
          ? try ElasticModuli(system, bonds, solver: solver, tolerance: section.tolerance) : nil

        let modes = try Model.softModes(section, system, bonds, null)

        let output = ExpandOutput(folder, configuration, system, bonds)
        try output.write(expansion, moduli, modes)
        try output.summarise(expansion, moduli, modes, loading, rest, null, solver)
        return 0
      }
    }
  }

  /// Brings the particles to rest where the configuration asks for that, and makes sure that they are.
  /// - Throws: not converged, with the largest force, where they are not.
  private func rest(_ system: ParticleSystem, _ configuration: RunConfiguration) throws -> MinimizationResult {
    let section = configuration.expand
    if section.minimize {
      Heartbeat.enter(phase: "minimisation")
      let progress = Progress(isShown: system.communicator.isRoot)
      system.onEvaluation = { progress.show("minimising, evaluation \($0.evaluations)", fraction: 0) }
      let result = try Model.minimization(configuration.minimizer).run(system)
      system.onEvaluation = nil
      guard result.reason == .converged else {
        throw Failure.everywhere(
          .notConverged,
          "the minimisation ended by \(result.reason.rawValue) with a largest force component of \(result.forceMax), which "
            + "should be at most \(result.tolerance)")
      }
    }
    try system.evaluate(.forcesEnergyAndStress)
    let largest = try system.largestComponent(system.forces, width: system.dimension)
    let accepted = section.equilibrium * (try system.bondStatistics().meanForce)
    guard largest <= accepted else {
      throw Failure.everywhere(
        .notConverged,
        "the configuration is not in mechanical equilibrium: its largest force component is \(largest), which should be at most "
          + "\(accepted) (expand.equilibrium times the mean bond force); run athermal minimize on it first, or set "
          + "expand.minimize = true")
    }
    var result = MinimizationResult(reason: .converged, forceMax: largest, tolerance: accepted)
    result.evaluations = system.statistics.evaluations
    return result
  }
}
