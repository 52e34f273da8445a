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
    let folder = try RunFolder(run.folder, configuration, over: communicator)
    return try folder.recordingFailure {
      let system = try Model.system(configuration, over: communicator)
      let loading = try self.loading(configuration.loading!, of: system)
      let schedule = self.schedule(configuration.loading!, from: system.strain)
      let events = configuration.events
      let shear = QuasistaticShear(
        system, loading: loading, schedule: schedule, minimization: Model.minimization(configuration.minimizer),
        events: events.adaptive
          ? EventSearch(smallestStep: events.smallestStep, displacement: events.displacement) : nil)
      let output = try ShearOutput(folder, configuration, system, schedule)

      try shear.run(output)

      try output.finish(system)
      let summary = try Summary(
        system, configuration, result: output.lastResult!, wallSeconds: folder.seconds,
        events: events.adaptive ? output.eventCount : nil)
      try folder.write(summary, as: "summary.json")
      try folder.write(try Timing(system, wallSeconds: folder.seconds), as: "timing.json")
      if communicator.isRoot { print("strain \(summary.strain) reached; results in \(folder.path)") }
      return 0
    }
  }

  private func loading(_ section: LoadingSection, of system: ParticleSystem) throws -> Loading {
    let d = system.dimension
    func known(_ axes: Int...) throws {
      guard axes.allSatisfy({ $0 < d }) else {
        throw Failure.everywhere(.input, "loading: the axis z does not exist in two dimensions")
      }
    }
    switch section.mode {
    case .simpleShear(let flow, let gradient):
      try known(flow, gradient)
      return Loading(.simpleShear(flow: flow, gradient: gradient), of: system)
    case .pureShear(let a, let b):
      try known(a, b)
      return Loading(.pureShear(a, b), of: system)
    case .uniaxial(let axis):
      try known(axis)
      return Loading(.uniaxial(axis), of: system)
    case .dilation: return Loading(.dilation, of: system)
    case .matrix(let rows):
      guard rows.count == d else {
        throw Failure.everywhere(.input, "loading.matrix has \(rows.count) rows; the system has dimension \(d)")
      }
      return Loading(.matrix(Tensor(rows)), of: system)
    }
  }

  private func schedule(_ section: LoadingSection, from strain: Double) -> StrainSchedule {
    let direction = section.backward ? -1.0 : 1.0
    if let cycles = section.cycles {
      return StrainSchedule(
        cyclesFrom: strain, amplitude: direction * cycles.amplitude, count: cycles.count, step: section.strainStep)
    }
    return StrainSchedule(from: strain, by: direction * section.finalStrain, step: section.strainStep)
  }
}
