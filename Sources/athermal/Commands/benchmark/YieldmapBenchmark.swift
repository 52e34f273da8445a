import Foundation
import Geometry
import MessagePassing
import Particles
import Statics
import YieldStress

/// Timing of a yield map by the method of the papers: cavities of 5d, centres 3d apart, three weights, forward and
/// backward; then of the explicit method on some of the same cavities. Prints the figures as one JSON object.
struct YieldmapBenchmark {
  private let system: ParticleSystem
  private var communicator: Communicator { system.communicator }

  /// Brings the system close to rest. Collective.
  init(_ system: ParticleSystem) throws {
    self.system = system
    let scale = try system.bondStatistics().meanForce
    _ = try Minimization(method: .newton, tolerance: .largestComponent(1e-6 * scale), maximumEvaluations: 1_000_000)
      .run(system)
    try system.evaluate(.forcesEnergyAndStress)
  }

  func run() throws -> Int32 {
    var settings = YieldMap.Settings(
      shape: .sphere(radius: 5 * system.spacing), centres: .grid(spacing: 3 * system.spacing),
      generator: Tensor([[0, 1, 0], [0, 0, 0], [0, 0, 0]]), directions: [.forward, .backward])
    // In the second run, memory is allocated and caches are warm.
    _ = try timed(settings)
    let plain = try timed(settings)
    settings.lowestEigenvalue = true
    let eigenvalues = try timed(settings)
    settings.lowestEigenvalue = false
    // About 50 cavities in two dimensions; 8 in three, where each takes a second.
    let share = Double(system.totalCount) / (system.dimension == 2 ? 50 : 8)
    settings.centres = .grid(spacing: max(3, pow(share, 1 / Double(system.dimension))) * system.spacing)
    settings.frozenMatrix = (strainStep: 1e-3, maximumStrain: 0.5, keepsCurves: false)
    let explicit = try timed(settings)

    let count = Double(plain.map.total)
    let ranks = Double(communicator.size)
    func mean(_ phase: (Phases) -> Double) throws -> Double {
      try communicator.reduce(phase(plain.map.phases), .maximum) * ranks / count * 1e6
    }
    let figures = Figures(
      dimension: system.dimension, particles: system.totalCount, ranks: communicator.size, centres: plain.map.total,
      seconds: plain.seconds, centresPerSecondPerCore: count / plain.seconds / ranks,
      secondsWithLowestEigenvalue: eigenvalues.seconds, processorSeconds: plain.processorSeconds,
      processorSecondsWithLowestEigenvalue: eigenvalues.processorSeconds,
      microsecondsPerCentre: Figures.Parts(
        surroundings: try mean { $0.surroundings }, cavity: try mean { $0.cavities },
        assembly: try mean { $0.assembly },
        factorisation: try mean { $0.factorisation }, solves: try mean { $0.solves },
        contraction: try mean { $0.contraction }),
      explicitCentres: explicit.map.total,
      explicitMillisecondsPerCentreAndDirection: explicit.processorSeconds * 1e3 * ranks
        / Double(2 * explicit.map.total),
      peakMegabytesPerRank: try communicator.reduce(Double(Timing.peakBytes) / 1e6, .maximum))
    if communicator.isRoot {
      print(String(decoding: try RunFolder.encoder(pretty: true).encode(figures), as: UTF8.self))
    }
    return 0
  }

  private func timed(_ settings: YieldMap.Settings) throws -> (map: YieldMap, seconds: Double, processorSeconds: Double)
  {
    try communicator.barrier()
    let started = Date()
    let processor = Timing.processorSeconds
    let map = try YieldMap.compute(system, settings) { _, _ in }
    return (
      map, try communicator.reduce(Date().timeIntervalSince(started), .maximum),
      try communicator.reduce(Timing.processorSeconds - processor, .maximum)
    )
  }

  /// Figures of the benchmark. Times are those of the slowest rank.
  private struct Figures: Encodable {
    struct Parts: Encodable {
      var surroundings: Double
      var cavity: Double
      var assembly: Double
      var factorisation: Double
      var solves: Double
      var contraction: Double
    }

    var dimension: Int
    var particles: Int
    var ranks: Int
    var commit = Build.commit
    var build = Build.text
    var centres: Int
    var seconds: Double
    var centresPerSecondPerCore: Double
    var secondsWithLowestEigenvalue: Double
    /// Processor time of the busiest rank: the wall time on a machine without other load.
    var processorSeconds: Double
    var processorSecondsWithLowestEigenvalue: Double
    /// Time per centre on one core.
    var microsecondsPerCentre: Parts
    var explicitCentres: Int
    /// Processor time per centre and direction of the explicit method.
    var explicitMillisecondsPerCentreAndDirection: Double
    var peakMegabytesPerRank: Double
  }
}
