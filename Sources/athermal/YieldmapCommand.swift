import Configuration
import Geometry
import MessagePassing
import Particles
import QuasistaticShear
import YieldStress

/// The local yield stress of a whole sample, by cavity expansion, by explicit frozen matrix, or by both.
struct YieldmapCommand {
  private let run: RunArguments

  init(_ words: [String]) throws { run = try RunArguments("yieldmap", words) }

  func run(over communicator: Communicator) throws -> Int32 {
    let configuration = try run.load(over: communicator)
    let folder = try RunFolder(run.folder, configuration, over: communicator)
    return try folder.recordingFailure {
      let system = try Model.system(configuration, over: communicator)
      let loading = try Model.loading(configuration.deformation!, dimension: system.dimension)
      let section = configuration.yieldmap
      let rest = try Rest(equilibrium: section.equilibrium, minimizes: section.minimize, table: "yieldmap")
        .reach(system, configuration.minimizer)

      Heartbeat.enter(phase: "yield map")
      let progress = Progress(isShown: communicator.isRoot)
      let map = try YieldMap(system, Self.settings(section, system, loading)) { done, total in
        progress.show("cavity \(done) of \(total)", fraction: Double(done) / Double(total))
      }
      try YieldmapOutput(folder, configuration, system, map).write(rest)
      return 0
    }
  }

  /// Lengths of the config are in d.
  private static func settings(
    _ section: YieldmapSection, _ system: ParticleSystem, _ loading: Loading.Mode
  ) -> YieldMap.Settings {
    let d = system.spacing
    var settings = YieldMap.Settings(
      shape: section.shape == .sphere ? .sphere(radius: section.radius * d) : .block(halfSide: section.radius * d),
      centres: section.centres == .grid ? .grid(spacing: section.spacing * d) : .everyParticle,
      generator: loading.generator(dimension: system.dimension),
      directions: section.directions.map { MethodResult.Direction(rawValue: $0)! })
    settings.weight = StressWeight(rawValue: section.weight.rawValue)!
    settings.usesExpansion = section.method != .frozenMatrix
    if section.method != .expansion {
      settings.frozenMatrix = (section.strainStep, section.maximumStrain, section.curves)
    }
    if section.orientations > 1 {
      settings.fan = OrientationFan.orientations(of: settings.generator, plane: loading.plane, count: section.orientations)
    }
    settings.lowestEigenvalue = section.lowestEigenvalue
    if case .tethered(let stiffness) = section.matrix { settings.matrix = (stiffness, section.matrixShell * d) }
    return settings
  }
}
