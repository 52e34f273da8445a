import Foundation
import Geometry
import Interactions
import Particles
import Statics
import TestSupport
import Testing
import YieldStress

/// The suites of this module share one MPI process, and so run one at a time.
@Suite(.serialized, .oneAtATime) struct YieldStressTests {}

extension YieldMap.Settings {
  /// Simple shear of the plane xy, as the papers have it: cavities of 5d, centres 3d apart.
  static func paper(
    _ system: ParticleSystem, radius: Double = 5, spacing: Double = 3,
    directions: [MethodResult.Direction] = [.forward, .backward]
  ) -> YieldMap.Settings {
    YieldMap.Settings(
      shape: .sphere(radius: radius * system.spacing), centres: .grid(spacing: spacing * system.spacing),
      generator: Tensor([[0, 1, 0], [0, 0, 0], [0, 0, 0]]), directions: directions)
  }
}

extension YieldMap {
  static func compute(_ system: ParticleSystem, _ settings: Settings) throws -> YieldMap {
    try compute(system, settings) { _, _ in }
  }
}

extension ReferenceState {
  /// With forces, as a yield map needs it.
  func rest() throws -> ParticleSystem {
    let system = try system()
    try system.evaluate(.forcesEnergyAndStress)
    return system
  }
}

/// A glass of random origin, at the floor of the forces; the second edge is tilted by a fraction of the first.
func glass(dimension: Int, count: Int, seed: UInt64, tilt: Double = 0) throws -> ParticleSystem {
  let model = PairModel.polydisperseIPL(exponent: 10, smoothing: 3, cutoff: 1.4, nonadditivity: 0.1)
  let counts = dimension == 2 ? [count, count] : [count, count, count]
  let side = Double(count) * pow(1 / (dimension == 2 ? 0.86 : 1.0), 1 / Double(dimension))
  var edges = (0..<dimension).map { i in (0..<dimension).map { $0 == i ? side : 0.0 } }
  edges[1][0] = tilt * side
  let snapshot = Samples.grid(counts, edges: edges, disorder: 0.3, largestSize: 1.4, seed: seed)
  let system = try Samples.system(snapshot, model)
  let result = try Minimization(method: .newton, tolerance: .floor, maximumEvaluations: 100_000).run(system)
  #expect(result.reason == .converged)
  try system.evaluate(.forcesEnergyAndStress)
  return system
}

func isClose(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool { abs(a - b) <= tolerance * max(abs(a), abs(b)) }
