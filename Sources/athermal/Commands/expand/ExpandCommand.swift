import Configuration
import Geometry
import MessagePassing
import Particles
import QuasistaticShear
import Statics
import Storage
import StrainExpansion

/// The third-order strain expansion of a glass at rest: moduli, nonaffine fields, bond coefficients.
struct ExpandCommand: RunCommand {
  static let canResume = false
  static let outputs = ["expand.h5", "state.h5"]
  static let guide = CommandGuide(
    running: "expand", canResume: canResume, summary: "expand in strain to third order: moduli, bonds",
    text: """
      Expands a configuration at rest to third order in the strain of [loading]: moduli, nonaffine fields, \
      every bond, soft modes.
      """,
    examples: ["athermal expand Configs/expand-2d.toml --output runs/e"])

  static var schemas: [(file: String, rows: String, schema: SchemaDescription)] {
    [("expand.h5", "", ExpandResult.schema(modes: ["k"]).description)]
  }

  let arguments: RunArguments

  static func demand(
    of configuration: ExpandConfiguration, on ranks: TargetRanks, over communicator: Communicator
  ) throws -> [String] {
    let demand = try ParticleDemand(configuration, on: ranks, over: communicator)
    let (n, d) = (demand.snapshot.totalCount, demand.snapshot.dimension)
    _ = try Model.loading(configuration.deformation, of: configuration, dimension: d)
    try configuration.places.namingPlace(of: "expand.modes") {
      try Model.requireModes(configuration.expand, particles: n, dimension: d)
    }
    return demand.lines {
      let rest =
        configuration.expand.minimize
        ? $0.minimiser(hasMultigrid: configuration.minimizer.preconditioner == .multigrid) : 0
      return max(rest, $0.expansion)
    }
  }

  func compute(_ run: Run<ExpandSections>) throws -> Int32 {
    let (configuration, folder, communicator) = (run.configuration, run.folder, run.communicator)
    let system = try Model.system(configuration, over: communicator)
    let loading = try Model.loading(configuration.deformation, of: configuration, dimension: system.dimension)
    try configuration.places.namingPlace(of: "expand.modes") {
      try Model.requireModes(configuration.expand, particles: system.totalCount, dimension: system.dimension)
    }
    let rest = try EquilibriumRequirement(
      equilibrium: configuration.expand.equilibrium, minimizes: configuration.expand.minimize, table: "expand"
    ).reach(system, configuration.minimizer)
    Heartbeat.enter(phase: "strain expansion")
    let section = configuration.expand
    let touching = system.makeBondNetwork()
    let null = try NullSpace(system, touching)
    let bonds = touching.without(null)
    return try Model.withSolver(
      section.solver, maximumIterations: section.maximumIterations, needsLibrary: section.modes > 0, system, bonds,
      null
    ) { solver in
      let expansion = try StrainExpansion(
        system, bonds, generator: loading.generator(dimension: system.dimension), solver: solver,
        tolerance: section.tolerance)
      let moduli =
        section.elasticTensor
        ? try ElasticModuli(system, bonds, solver: solver, tolerance: section.tolerance) : nil

      let modes = try Model.softModes(section, system, bonds, null)

      try folder.begin()
      try StateFile.write(
        system.snapshot(), to: folder.file("state.h5"), provenance: Build.provenance(config: configuration.resolved),
        over: communicator)
      let output = ExpandOutput(folder, configuration, system, bonds)
      try output.write(expansion, moduli, modes)
      try output.summarise(expansion, moduli, modes, loading, rest, null, solver)
      return 0
    }
  }
}
