import Checkpoints
import Configuration
import Dynamics
import Measurement
import MessagePassing
import Particles
import Statics
import Storage

/// Shear of a glass at finite rates, with its measurements (Puosi, Olivier and Martens).
struct FlowCommand: RunCommand {
  static let canResume = true
  static let outputs = ["flow.h5", "trajectory.h5", "state.h5"]
  static let guide = CommandGuide(
    running: "flow", canResume: canResume, summary: "shear a glass at finite rates, without heat or with it",
    text: """
      Follows the motion of the particles in a flow, at one shear rate after the other, and measures it: stress, work \
      and heat, plastic activity, stresses of blocks.
      """,
    examples: ["mpirun -n 2 athermal flow Configs/flow-quickstart.toml --output runs/flow"])

  private static nonisolated(unsafe) let files = /(flow|trajectory|state)(-r\d+)?\.h5/

  static func makes(_ name: Substring) -> Bool { name.wholeMatch(of: files) != nil }

  static var schemas: [(file: String, rows: String, schema: SchemaDescription)] {
    [("flow.h5", "T+1", FlowRow.schema(rate: 0, dimension: 3).description)]
      + PlasticResults.schemas(rate: 0).map { ("flow.h5", "", $0.description) }
      + [("flow.h5", "", LocalYieldResults.schema(rate: 0).description)]
  }

  let arguments: RunArguments

  static func demand(
    of configuration: FlowConfiguration, on ranks: TargetRanks, over communicator: Communicator
  ) throws -> [String] {
    try FlowDemand(configuration, on: ranks, over: communicator).lines()
  }

  func compute(_ run: Run<FlowSections>) throws -> Int32 {
    let (configuration, folder, communicator) = (run.configuration, run.folder, run.communicator)
    let replicas = try RankGroups(
      configuration.flow.replicas, noun: configuration.flow.replicas > 1 ? "replica" : nil, over: communicator)
    var results: [Int: FlowResult] = [:]
    // What would refuse one replica would refuse all of them.
    var first: ParticleSystem?
    if !folder.hasCheckpoints {
      try replicas.tryFirst { first = try FlowCourse.start(configuration, replica: $0, over: $1) }
    }
    try folder.begin(resuming: folder.hasCheckpoints)
    try replicas.run { replica, group in
      let course = FlowCourse(arguments, configuration, folder, replica: replica, over: group)
      results[replica] = try course.run(from: first)
      first = nil
    }
    let all = try replicas.gather(results)
    let summary = FlowSummary(all, configuration, folder, ranks: communicator.size)
    try folder.finish(summary)
    if communicator.isRoot {
      let unconverged = summary.flowCurve.reduce(0) { $0 + $1.yield.yieldStatesUnconverged }
      if unconverged > 0 {
        print("\(unconverged) state(s) could not be brought to rest, and are left out of the local yield stresses")
      }
      print(folder.whereabouts)
    }
    return 0
  }
}
