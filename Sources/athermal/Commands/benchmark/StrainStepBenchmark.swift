import Foundation
import Measurement
import MessagePassing
import Particles
import QuasistaticShear
import Statics

/// Timing of strain steps of simple shear, each minimised to a given two-norm of all forces, the
/// criterion of other programs.
struct StrainStepBenchmark {
  let method: Minimization.Method
  let preconditioner: PreconditionerKind
  let strainStep: Double
  let steps: Int
  /// Two-norm of all forces at which a step ends.
  let tolerance: Double

  /// Figures of one step. Wall time is that of the slowest rank; processor time is summed over the ranks.
  struct Figures: Encodable {
    var strain: Double
    var seconds: Double
    var processorSeconds: Double
    /// Processor time in units of a force evaluation with energy and stress.
    var costInEvaluations: Double
    var evaluations: Int
    var hessianProducts: Int
    /// Work in regions around events, in evaluations or products of the whole system.
    var regionalWork: Double
    var iterations: Int
    var negativeCurvatures: Int
    var cappedSteps: Int
    var rejectedSteps: Int
    var rebuilds: Int
    var reason: String
    var forceNorm: Double
    var energyPerParticle: Double
    var stressXY: Double
    /// Largest nonaffine displacement of a particle; above about 0.05 the step contained an event.
    var largestDisplacement: Double
  }

  /// Runs the strain steps. Collective.
  func run(_ system: ParticleSystem) throws -> [Figures] {
    let communicator = system.communicator
    // The largest component bounds the norm. At the end Newton's method jumps from above the limit to far below it.
    let component = tolerance / Double(system.totalCount * system.dimension).squareRoot()
    let minimization = Minimization(
      method: method, preconditioner: preconditioner, tolerance: .largestComponent(component),
      maximumEvaluations: 100_000_000)
    _ = try minimization.run(system, from: .nearEquilibrium)
    let evaluation = try evaluationSeconds(system)
    let loading = Loading(.simpleShear(flow: 0, gradient: 1), of: system)
    let start = system.strain
    var rows: [Figures] = []
    for step in 1...max(1, steps) {
      Heartbeat.enter(phase: "strain step \(step)")
      let before = system.statistics
      let tracker = system.makeDisplacementTracker()
      let processor = Timing.processorSeconds
      let clock = Date()
      try loading.deform(system, to: start + Double(step) * strainStep)
      let result = try minimization.run(system, from: .nearEquilibrium)
      let seconds = try communicator.reduce(Date().timeIntervalSince(clock), .maximum)
      let used = try communicator.reduce(Timing.processorSeconds - processor, .sum)
      let totals = try system.totals()
      rows.append(
        Figures(
          strain: system.strain, seconds: seconds, processorSeconds: used,
          costInEvaluations: used / Double(communicator.size) / evaluation,
          evaluations: system.statistics.evaluations - before.evaluations,
          hessianProducts: system.statistics.hessianProducts - before.hessianProducts,
          regionalWork: Double(system.statistics.regionalRows - before.regionalRows) / Double(system.totalCount),
          iterations: result.iterations,
          negativeCurvatures: result.negativeCurvatures, cappedSteps: result.cappedSteps,
          rejectedSteps: result.rejectedSteps, rebuilds: system.statistics.rebuilds - before.rebuilds,
          reason: result.reason.rawValue,
          forceNorm: try system.dot(system.forces, system.forces).squareRoot(),
          energyPerParticle: totals.energy / Double(system.totalCount), stressXY: totals.stress[0, 1],
          largestDisplacement: try DisplacementStatistics(system, tracker).largest))
    }
    return rows
  }

  /// Returns the processor time of one evaluation with energy and stress.
  private func evaluationSeconds(_ system: ParticleSystem) throws -> Double {
    var times: [Double] = []
    for _ in 0..<21 {
      let before = Timing.processorSeconds
      try system.evaluate(.forcesEnergyAndStress)
      times.append(try system.communicator.reduce(Timing.processorSeconds - before, .maximum))
    }
    return times.sorted()[10]
  }
}
