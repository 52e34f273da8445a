import Checkpoints
import Configuration
import Geometry
import MessagePassing
import Particles
import QuasistaticShear
import Statics
import Storage

/// Athermal quasistatic loading with its measurements.
struct ShearCommand {
  private let run: RunArguments

  init(_ words: [String]) throws { run = try RunArguments("shear", words) }

  func run(over communicator: Communicator) throws -> Int32 {
    let configuration = try run.load(over: communicator)
    let folder = try RunFolder(run, configuration, over: communicator)
    if folder.isComplete { return folder.sayItIsComplete() }
    return try folder.recordingFailure {
      let checkpoints = try RunCheckpoints(run, in: folder.file("checkpoints"), configuration, over: communicator)
      let saved = checkpoints.saved
      let system = try Model.system(configuration, resuming: saved, over: communicator)
      let mode = try Model.loading(configuration.loading!.mode, of: configuration, dimension: system.dimension)
      if saved == nil { Self.tellStrain(of: system, mode) }
      let loading = try saved.map { try Loading(mode, of: system, resuming: $0) } ?? Loading(mode, of: system)
      let schedule = try Self.schedule(configuration, from: loading.startStrain)
      let events = configuration.events
      let shear = QuasistaticShear(
        system, loading: loading, schedule: schedule, minimization: Model.minimization(configuration.minimizer),
        events: events.adaptive
          ? EventSearch(smallestStep: events.smallestStep, displacement: events.displacement) : nil,
        acceptsUnconverged: configuration.loading!.unconverged == .accept)
      let output = try folder.goingOn(from: saved) {
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
  }

  /// What becomes of a strain that the particles carry, where that is not plain.
  private static func tellStrain(of system: ParticleSystem, _ mode: Loading.Mode) {
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

  /// From where the system is to the final strain, which counts from where its loading once began.
  static func schedule(_ configuration: RunConfiguration, from strain: Double) throws -> StrainSchedule {
    let path = try configuration.places.blaming("loading.final_strain") {
      try schedule(configuration.loading!, from: strain)
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
