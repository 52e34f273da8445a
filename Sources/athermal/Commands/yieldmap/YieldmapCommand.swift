import Checkpoints
import Configuration
import Geometry
import MessagePassing
import Particles
import QuasistaticShear
import Statics
import Storage
import YieldStress

/// Local yield stress of a whole sample, by cavity expansion, by explicit frozen matrix, or by both.
struct YieldmapCommand: RunCommand {
  /// Names in checkpoints.
  private enum Key {
    static let rest = "rest"
    static let rattlers = "rattlers"
  }

  static let canResume = true
  static let outputs = ["yieldmap.h5", "state.h5"]
  static let guide = CommandGuide(
    running: "yieldmap", canResume: canResume, summary: "map the local yield stress of a sample",
    text: "Measures the local yield stress of a configuration at rest, cavity by cavity.",
    examples: ["mpirun -n 4 athermal yieldmap Configs/yieldmap-2d.toml --output runs/y"])

  static var schemas: [(file: String, rows: String, schema: SchemaDescription)] {
    let weights = [("", StressWeight.half), ("weights/W/", .half)]
    return [
      YieldmapOutput.grid.description,
      MethodMap.schema("METHOD", weights: weights, directions: ["DIRECTION"]).description,
      YieldmapOutput.expansion.description, YieldmapOutput.frozenMatrix.description,
    ].map { ("yieldmap.h5", "", $0) }
  }

  let arguments: RunArguments

  static func demand(
    of configuration: YieldmapConfiguration, on ranks: TargetRanks, over communicator: Communicator
  ) throws -> [String] {
    let demand = try ParticleDemand(configuration, on: ranks, over: communicator)
    let loading = try Model.loading(
      configuration.deformation, of: configuration, dimension: demand.snapshot.dimension)
    _ = try settings(
      configuration, loading, in: demand.layout.cell, spacing: demand.spacing,
      largestCutoff: demand.layout.largestCutoff)
    return demand.lines {
      configuration.yieldmap.minimize
        ? $0.minimiser(hasMultigrid: configuration.minimizer.preconditioner == .multigrid) : 0
    }
  }

  func compute(_ run: Run<YieldmapSections>) throws -> Int32 {
    let (configuration, folder, communicator) = (run.configuration, run.folder, run.communicator)
    let checkpoints = try run.checkpoints()
    let saved = checkpoints.saved
    let system = try Model.system(configuration, resuming: saved, over: communicator)
    let safePoint = checkpoints.safePoint.within { try system.save(to: $0) }
    let loading = try Model.loading(configuration.deformation, of: configuration, dimension: system.dimension)
    let section = configuration.yieldmap
    // Fail before anything is computed, and before an earlier run is touched.
    let settings = try Self.settings(
      configuration, loading, in: system.cell, spacing: system.spacing, largestCutoff: system.largestCutoff)
    if saved != nil || section.minimize { try folder.begin(resuming: saved != nil) }
    let rest = try Self.rest(system, section, configuration.minimizer, safePoint, resuming: saved)
    try folder.begin()

    Heartbeat.enter(phase: "yield map")
    let progress = Progress(isShown: communicator.isRoot)
    // Maps that were begun with rattlers are continued with them.
    let hadRattlers = saved.map { $0.holds(Key.rest) && !$0.holds(Key.rattlers) } ?? false
    let isRattler = hadRattlers ? { _ in false } : try Self.rattlers(of: system, configuration.potential)
    let map = try YieldMap.compute(
      system, settings, isAbsent: isRattler,
      safePoint: safePoint.within {
        try $0.put(rest, as: Key.rest)
        if !hadRattlers { try $0.put("absent", as: Key.rattlers) }
      },
      resuming: saved.flatMap { $0.holds(Key.rest) ? $0 : nil }
    ) { done, total in
      progress.show("cavity \(done) of \(total)", fraction: Double(done) / Double(total))
    }
    try YieldmapOutput(folder, configuration, system, map).write(rest)
    return 0
  }

  /// Returns a test for rattlers among the owned particles, for particles that interact only in contact;
  /// others always have neighbours.
  static func rattlers(of system: ParticleSystem, _ potential: PotentialSection) throws -> (Int) -> Bool {
    guard potential.kind == .harmonic || potential.kind == .hertz else { return { _ in false } }
    let null = try NullSpace(system, system.makeBondNetwork())
    // A map needs particles. If all are rattlers, they are kept; every cavity is then discarded with a reason.
    guard null.rattlerCount < system.totalCount else { return { _ in false } }
    return { null.isRattler($0) }
  }

  /// Brings the system to rest, or restores its state at the beginning of the map.
  private static func rest(
    _ system: ParticleSystem, _ section: YieldmapSection, _ minimizer: MinimizerSection, _ safePoint: SafePoint,
    resuming saved: Checkpoint?
  ) throws -> MinimizationResult {
    if let saved, saved.holds(Key.rest) {
      try system.withoutCounting { try system.evaluate(.forcesEnergyAndStress) }
      return try saved.value(MinimizationResult.self, of: Key.rest)
    }
    return try EquilibriumRequirement(equilibrium: section.equilibrium, minimizes: section.minimize, table: "yieldmap")
      .reach(system, minimizer, safePoint: safePoint.within(countsSteps: false) { _ in }, resuming: saved)
  }

  /// Returns the settings of the map in a box.
  /// - Throws: an input failure if the box has no room for them.
  static func settings(
    _ configuration: YieldmapConfiguration, _ loading: Loading.Mode, in cell: Cell, spacing: Double,
    largestCutoff: Double
  ) throws -> YieldMap.Settings {
    let settings = settings(configuration.yieldmap, loading, spacing: spacing, dimension: cell.dimension)
    try configuration.places.namingPlace(of: "yieldmap.radius") { try YieldMap.check(settings, in: cell) }
    try configuration.places.namingPlace(of: "yieldmap.maximum_strain") {
      try YieldMap.checkStrain(settings, in: cell, spacing: spacing, largestCutoff: largestCutoff)
    }
    try checkLengths(configuration, in: cell, spacing: spacing)
    return settings
  }

  /// Verifies that the map has several values.
  /// - Throws: an input failure for a map that would be a single number.
  private static func checkLengths(_ configuration: YieldmapConfiguration, in cell: Cell, spacing: Double) throws {
    let section = configuration.yieldmap
    let widest = (0..<cell.dimension).map { cell.widths[$0] }.max()! / spacing
    for (key, length) in [("spacing", section.spacing), ("block", section.block)] where length > widest {
      throw Failure.everywhere(
        .input,
        "\(configuration.places.nearest("yieldmap." + key)): yieldmap.\(key) is \(length), wider than the box, which "
          + "measures \(widest.shown) d; take a smaller one")
    }
  }

  /// Returns the settings with lengths converted from units of d, as in the config.
  private static func settings(
    _ section: YieldmapSection, _ loading: Loading.Mode, spacing d: Double, dimension: Int
  ) -> YieldMap.Settings {
    var settings = YieldMap.Settings(
      shape: section.shape == .sphere ? .sphere(radius: section.radius * d) : .block(halfSide: section.radius * d),
      centres: section.centres == .grid ? .grid(spacing: section.spacing * d) : .everyParticle,
      generator: loading.generator(dimension: dimension),
      directions: section.directions.map { MethodResult.Direction(rawValue: $0)! })
    settings.weight = StressWeight(rawValue: section.weight.rawValue)!
    settings.usesExpansion = section.method != .frozenMatrix
    if section.method != .expansion {
      settings.frozenMatrix = (section.strainStep, section.maximumStrain, section.curves)
    }
    if section.orientations > 1 {
      settings.fan = OrientationFan.orientations(
        of: settings.generator, plane: loading.plane, count: section.orientations)
    }
    settings.lowestEigenvalue = section.lowestEigenvalue
    if case .tethered(let stiffness) = section.matrix { settings.matrix = (stiffness, section.matrixShell * d) }
    return settings
  }
}
