import Configuration
import Interactions
import MessagePassing
import Particles
import QuasistaticShear
import SparseSolvers
import Statics
import Storage
import StrainExpansion

/// Output of an expansion: expand.h5, summary.json, timing.json.
struct ExpandOutput {
  private let folder: RunFolder
  private let configuration: ExpandConfiguration
  private let system: ParticleSystem
  private let bonds: BondNetwork

  init(_ folder: RunFolder, _ configuration: ExpandConfiguration, _ system: ParticleSystem, _ bonds: BondNetwork) {
    self.folder = folder
    self.configuration = configuration
    self.system = system
    self.bonds = bonds
  }

  /// Writes expand.h5. Collective.
  func write(_ expansion: StrainExpansion, _ moduli: ElasticModuli?, _ modes: SoftModes?) throws {
    Heartbeat.enter(phase: "output")
    let provenance = Build.provenance(config: configuration.resolved)
    let file = try TableFile(path: folder.file("expand.h5"), provenance: provenance, over: system.communicator)
    let result = try ExpandResult(
      system, bonds, expansion, moduli, modes, keepsBonds: configuration.output.bonds)
    try file.write(result, of: ExpandResult.schema(modes: (0..<result.modeCount).map(String.init)))
    try file.close()
  }

  /// Writes summary.json and timing.json. Collective.
  func summarise(
    _ expansion: StrainExpansion, _ moduli: ElasticModuli?, _ modes: SoftModes?, _ loading: Loading.Mode,
    _ rest: MinimizationResult,
    _ null: NullSpace, _ solver: any LinearSolver
  ) throws {
    let base = try Summary(system, configuration, result: rest, wallSeconds: folder.seconds)
    let summary = ExpandSummary(
      base, expansion, moduli, modes, loading, rattlers: null.rattlerCount, solver, configuration.expand)
    try folder.write(try Timing(system, wallSeconds: folder.seconds), as: "timing.json")
    try folder.finish(summary)
    if system.communicator.isRoot { print(summary.text + "\n" + folder.whereabouts) }
  }
}
