import Configuration
import Dynamics
import Measurement
import MessagePassing
import Particles

/// Resources that a flow would need: memory, steps of time, rows, disk. Nothing is computed.
struct FlowDemand {
  private let configuration: FlowConfiguration
  private let particles: ParticleDemand
  private let equations: EquationsOfMotion
  private let plan: FlowPlan

  /// Estimates the resources of a config. Collective.
  /// - Throws: an input failure if the run would be refused.
  init(_ configuration: FlowConfiguration, on ranks: TargetRanks, over communicator: Communicator) throws {
    self.configuration = configuration
    // Each replica has a group of ranks of its own.
    let group = TargetRanks(
      count: max(1, ranks.count / configuration.flow.replicas), areHere: ranks.areHere)
    particles = try ParticleDemand(configuration, on: group, over: communicator)
    equations = try Model.equations(configuration, dimension: particles.snapshot.dimension)
    plan = FlowPlan(configuration.flow)
    try PlasticMeasurement.check(
      configuration, particles.snapshot, particles.layout.cell, equations, ranks: group.count, over: communicator)
  }

  /// Returns a description of the resources, one per line.
  func lines() -> [String] {
    let (flow, output) = (configuration.flow, configuration.output)
    let replicas = Double(flow.replicas)
    let stages = plan.melt + plan.shear.filter { !flow.integrator.isImplicit(rate: $0.rate) }
    let steps =
      flow.integrator.timeStep.map { step in
        stages.reduce(0) { $0 + (Double($1.rows) * $1.interval / step).rounded() }
      } ?? 0
    let evaluations = steps * (equations.isOverdamped ? 2 : 1)
    let cost =
      "\(steps.shown) steps, \(evaluations.shown) evaluations"
      + (flow.integrator.hasImplicitRates ? ", and implicit steps by error" : "")
    let row = 8 * FlowRow.schema(rate: 0, dimension: particles.snapshot.dimension).numbersPerRecord
    let frames = output.trajectory ? plan.shear.reduce(0) { $0 + $1.rows / output.every + 1 } : 0
    let frame = particles.frame(output.fields)
    let disk = replicas * (Double(plan.rows * row) + Double(frames) * frame)
    let replicated = flow.replicas > 1 ? ", in each of \(flow.replicas) replicas" : ""
    return particles.lines(fields: output.fields.count, memory) + [
      "flow            \(plan.shear.count) rate(s), \(cost), \(plan.rows) rows, \(frames) frames" + replicated,
      "disk            \(ParticleDemand.bytes(disk)) in all; \(row) bytes per row, "
        + "\(ParticleDemand.bytes(frame)) per frame",
    ]
  }

  private func memory(_ particles: ParticleMemory) -> Double {
    let settings = configuration.flow.measure
    let hasMultigrid = configuration.minimizer.preconditioner == .multigrid
    // States of the flow that are brought to rest are copies.
    let copies = settings.yieldSnapshots > 0 ? particles.system + particles.minimiser(hasMultigrid: hasMultigrid) : 0
    let solver =
      configuration.flow.integrator.hasImplicitRates
      ? particles.minimiser(hasMultigrid: hasMultigrid) + particles.implicitSteps : 0
    func rows(_ time: Double) -> Int { Int((time / settings.every).rounded()) }
    return particles.flow(
      equations, isNoisy: configuration.flow.seed != nil, windows: rows(settings.lag), radius: settings.radius,
      ring: rows(settings.correlationTime) + 2) + copies + solver + blocks / Double(self.particles.ranks.count)
  }

  /// Bytes of the rings of block stresses at the slowest rate.
  private var blocks: Double {
    let settings = configuration.flow.measure
    let edges = self.particles.layout.cell.widths
    let count = (0..<self.particles.snapshot.dimension).reduce(1.0) {
      $0 * max(1, (edges[$1] / settings.block).rounded())
    }
    let rows = zip(plan.shear, plan.discarded).map { $0.rows - $1 }.max() ?? 1
    let longest = settings.differenceTime.map { $0 / settings.every } ?? 0.1 * Double(rows)
    let levels = DecimatedLags(upTo: max(1, Int(longest))).levels
    return 8 * count * Double(levels * DecimatedLags.ring)
  }
}
