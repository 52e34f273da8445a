import MessagePassing
import Particles
import QuasistaticShear
import Statics

/// Comparison of minimisers at plastic events. It follows a loading by the gradient flow and tests at each
/// event whether every other method ends in the same minimum. All methods start from the same state, one
/// strain step before the event.
struct EventBenchmark {
  let strainStep: Double
  let steps: Int
  /// Largest force component at the end, in mean bond forces.
  let tolerance: Double

  /// Nonaffine displacement of a particle, in mean spacings, above which a step is an event.
  private let eventDisplacement = 0.05
  /// Largest difference of a particle's position, in mean spacings, up to which two minima are the same.
  private let sameDisplacement = 0.01

  private static let methods: [(name: String, method: Minimization.Method, preconditioner: PreconditionerKind)] = [
    ("newton", .newton, .multigrid), ("newton+block-jacobi", .newton, .blockJacobi), ("lbfgs", .lbfgs, .multigrid),
    ("cg", .cg, .multigrid), ("fire", .fire, .multigrid),
  ]

  struct Figures: Encodable {
    var method: String
    var events = 0
    /// Number of events that ended in the minimum of the gradient flow; of the others,
    /// number that ended lower in energy.
    var same = 0
    var lower = 0
    /// Cost of all events together.
    var evaluations = 0
    var hessianProducts = 0
    var processorSeconds = 0.0
  }

  private struct Outcome {
    let displacement: ParticleField
    let largest: Double
    let energy: Double
    let result: MinimizationResult
    let processorSeconds: Double
  }

  /// Runs the comparison. Collective.
  func run(_ system: ParticleSystem) throws -> [Figures] {
    let threshold = tolerance * (try rest(system))
    var figures = [Figures(method: "gradient-flow")] + Self.methods.map { Figures(method: $0.name) }
    let loading = Loading(.simpleShear(flow: 0, gradient: 1), of: system)
    let start = system.strain
    for step in 1...max(1, steps) {
      Heartbeat.enter(phase: "strain step \(step)")
      let before = RestorePoint(system, loading)
      let target = start + Double(step) * strainStep
      let reference = try follow(system, loading, to: target, .gradientFlow, .multigrid, threshold)
      guard reference.largest > eventDisplacement * system.spacing else { continue }
      count(reference, in: &figures[0])
      figures[0].same += 1
      let after = RestorePoint(system, loading)
      for (k, entry) in Self.methods.enumerated() {
        try before.restore(system, loading)
        let outcome = try follow(system, loading, to: target, entry.method, entry.preconditioner, threshold)
        count(outcome, in: &figures[k + 1])
        let difference = system.makeField(width: system.dimension)
        difference.combine(1, outcome.displacement.values, -1, reference.displacement.values)
        if try system.largestLength(difference.values) <= sameDisplacement * system.spacing {
          figures[k + 1].same += 1
        } else if outcome.energy < reference.energy {
          figures[k + 1].lower += 1
        }
      }
      try after.restore(system, loading)
    }
    return figures
  }

  private func count(_ outcome: Outcome, in figures: inout Figures) {
    figures.events += 1
    figures.evaluations += outcome.result.evaluations
    figures.hessianProducts += outcome.result.hessianProducts
    figures.processorSeconds += outcome.processorSeconds
  }

  /// Brings the system to rest and returns the mean bond force there.
  private func rest(_ system: ParticleSystem) throws -> Double {
    try system.evaluate()
    let scale = try system.bondStatistics().meanForce
    _ = try minimize(system, .newton, .multigrid, tolerance * scale, from: .anywhere)
    return try system.bondStatistics().meanForce
  }

  private func follow(
    _ system: ParticleSystem, _ loading: Loading, to strain: Double, _ method: Minimization.Method,
    _ preconditioner: PreconditionerKind, _ threshold: Double
  ) throws -> Outcome {
    let tracker = system.makeDisplacementTracker()
    let processor = Timing.processorSeconds
    try loading.deform(system, to: strain)
    let result = try minimize(system, method, preconditioner, threshold, from: .nearEquilibrium)
    let seconds = try system.communicator.reduce(Timing.processorSeconds - processor, .sum)
    let displacement = system.makeField(width: system.dimension)
    for i in 0..<system.ownedCount {
      let u = system.displacement(tracker, of: i)
      for k in 0..<system.dimension { displacement.values[i * system.dimension + k] = u[k] }
    }
    return Outcome(
      displacement: displacement, largest: try system.largestLength(displacement.values),
      energy: try system.totals().energy, result: result, processorSeconds: seconds)
  }

  private func minimize(
    _ system: ParticleSystem, _ method: Minimization.Method, _ preconditioner: PreconditionerKind, _ threshold: Double,
    from start: Minimization.Start
  ) throws -> MinimizationResult {
    let result = try Minimization(
      method: method, preconditioner: preconditioner, tolerance: .largestComponent(threshold),
      maximumEvaluations: 10_000_000
    ).run(system, from: start)
    guard result.reason == .converged else {
      throw Failure.everywhere(
        .notConverged,
        "\(method.rawValue) ended by \(result.reason.rawValue) at strain \(system.strain), \(result.forceMax)")
    }
    return result
  }
}
