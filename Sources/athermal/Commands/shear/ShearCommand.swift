import Checkpoints
import Configuration
import Geometry
import Measurement
import MessagePassing
import Particles
import QuasistaticShear
import Statics
import Storage

/// Athermal quasistatic loading with its measurements.
struct ShearCommand: RunCommand {
  static let canResume = true
  static let outputs = ["shear.h5", "trajectory.h5", "state.h5"]
  static let guide = CommandGuide(
    running: "shear", canResume: canResume, summary: "load a glass quasistatically at zero temperature",
    text: """
      Deforms a configuration step by step and minimises after each: writes the curve, plastic events and profiles \
      to shear.h5, frames
      to trajectory.h5.
      """,
    examples: [
      "mpirun -n 2 athermal shear Configs/quickstart.toml --output runs/a",
      "athermal shear my.toml --set loading.strain_step=1e-4 --output runs/fine",
    ])

  static var schemas: [(file: String, rows: String, schema: SchemaDescription)] {
    let curve = StepRecord.schema(dimension: 3, generator: Tensor()).description
    return [
      ("shear.h5", "T+1", curve), ("shear.h5", "E", PlasticEvent.schema(dimension: 3).description),
      ("shear.h5", "E", EventRanks.schema.description),
      ("shear.h5", "", ActivityProfile.edges(dimension: 3).description),
      ("shear.h5", "W", ActivityProfile.schema(bins: [1, 1, 1]).description),
    ]
  }

  let arguments: RunArguments

  /// Returns whether the config has a path of loading, or a table that only this command reads.
  static func matches(tables: [String: Set<String>]) -> Bool {
    let path: Set = ["strain_step", "final_strain", "cycles", "turning_points"]
    return tables["events"] != nil || tables["d2min"] != nil || !path.isDisjoint(with: tables["loading"] ?? [])
  }

  static func demand(
    of configuration: ShearConfiguration, on ranks: TargetRanks, over communicator: Communicator
  ) throws -> [String] {
    let demand = try ParticleDemand(configuration, on: ranks, over: communicator)
    let mode = try Model.loading(
      configuration.loading.mode, of: configuration, dimension: demand.snapshot.dimension)
    let output = configuration.output
    if output.measuresD2min {
      _ = try PlasticActivity.fitsBox(configuration, over: communicator) {
        try StrainWindow.check(
          demand.snapshot, radius: configuration.d2min.radius * demand.spacing, ranks: ranks.count, over: communicator)
      }
    }
    let generator = mode.generator(dimension: demand.snapshot.dimension)
    let steps = try schedule(configuration, from: demand.snapshot.strain(countedBy: generator)).strains.count
    // Frames at the start, every `output.every` steps, and at the end.
    let frames = output.trajectory ? (steps + output.every - 1) / output.every + 1 : 0
    let frame = demand.frame(output.fields)
    let lines = demand.lines(fields: output.fields.count) { memory in
      memory.minimiser(hasMultigrid: configuration.minimizer.preconditioner == .multigrid)
        + (output.measuresD2min ? memory.strainWindow(radius: configuration.d2min.radius * demand.spacing) : 0)
    }
    return lines + (frames > 0 ? ["disk            \(ParticleDemand.bytes(frame)) per frame"] : []) + [
      "loading         \(steps) steps, \(frames) frames, \(ParticleDemand.bytes(frame * Double(frames))) in all"
    ]
  }

  func compute(_ run: Run<ShearSections>) throws -> Int32 {
    let (configuration, folder, communicator) = (run.configuration, run.folder, run.communicator)
    let checkpoints = try run.checkpoints()
    let saved = checkpoints.saved
    let system = try Model.system(configuration, resuming: saved, over: communicator)
    let mode = try Model.loading(configuration.loading.mode, of: configuration, dimension: system.dimension)
    if saved == nil { Self.reportStrain(of: system, mode) }
    let loading = try saved.map { try Loading(mode, of: system, resuming: $0) } ?? Loading(mode, of: system)
    let schedule = try Self.schedule(configuration, from: loading.startStrain)
    let events = configuration.events
    let shear = QuasistaticShear(
      system, loading: loading, schedule: schedule, minimization: Model.minimization(configuration.minimizer),
      events: events.adaptive
        ? EventSearch(smallestStep: events.smallestStep, displacement: events.displacement) : nil,
      acceptsUnconverged: configuration.loading.unconverged == .accept)
    let output = try folder.resuming(from: saved) {
      try ShearOutput(folder, configuration, system, schedule, resuming: saved)
    }
    let safePoint = checkpoints.safePoint.within {
      try system.save(to: $0)
      try output.save(system, to: $0)
    }

    try shear.run(output, safePoint: safePoint, resuming: saved)

    try system.withoutCounting { try system.evaluate(.forcesEnergyAndStress) }
    try output.finish(system)
    let summary = try Summary(
      system, configuration, result: output.lastResult!, wallSeconds: folder.seconds,
      events: output.eventCount, unconvergedSteps: output.unconvergedSteps)
    try folder.write(try Timing(system, wallSeconds: folder.seconds), as: "timing.json")
    try folder.finish(summary)
    if communicator.isRoot {
      if let count = summary.unconvergedSteps, count > 0 {
        print(
          "\(count) of \(schedule.strains.count + 1) steps did not converge, "
            + "which loading.unconverged = \"accept\" allows")
      }
      print("strain \(summary.strain) reached; \(folder.whereabouts)")
    }
    return 0
  }

  /// Prints how the strain that the particles carry is used, unless that is obvious.
  private static func reportStrain(of system: ParticleSystem, _ mode: Loading.Mode) {
    guard system.communicator.isRoot, system.strain != 0 else { return }
    guard let counted = system.strainGenerator else {
      print(
        "the particles carry a strain of \(system.strain), and nothing says of which deformation; "
          + "it is taken for that of this loading")
      return
    }
    if counted != mode.generator(dimension: system.dimension) {
      print(
        "the strain of \(system.strain) that the particles carry is of another deformation; "
          + "that of this loading begins at 0")
    }
  }

  /// Returns the schedule from the present strain of the system to the final strain, which counts from
  /// the beginning of the loading.
  static func schedule(_ configuration: ShearConfiguration, from strain: Double) throws -> StrainSchedule {
    let path = try configuration.places.namingPlace(of: "loading.final_strain") {
      try schedule(configuration.loading, from: strain)
    }
    guard path.length <= LoadingSection.mostSteps else {
      throw Failure.everywhere(
        .input,
        "\(configuration.places.nearest("loading.strain_step")): from strain \(strain), where the particles are, the "
          + "loading has \(path.length) steps, and \(Int(LoadingSection.mostSteps)) are the most; take a larger "
          + "loading.strain_step")
    }
    return path
  }

  private static func schedule(_ section: LoadingSection, from strain: Double) throws -> StrainSchedule {
    let direction = section.backward ? -1.0 : 1.0
    if let cycles = section.cycles {
      return StrainSchedule(
        cyclesFrom: strain, amplitude: direction * cycles.amplitude, count: cycles.count, step: section.strainStep)
    }
    if let turns = section.turningPoints {
      return StrainSchedule(from: strain, through: turns, step: section.strainStep)
    }
    let amount = direction * section.finalStrain - strain
    guard amount * direction >= 0 else {
      throw Failure.everywhere(
        .input,
        "the system is already at strain \(strain), beyond loading.final_strain = \(direction * section.finalStrain); "
          + "final_strain is the accumulated strain at the end; to go back, list the strains to go to, as in "
          + "loading.turning_points = [\(direction * section.finalStrain)]")
    }
    return StrainSchedule(from: strain, by: amount, step: section.strainStep)
  }
}
