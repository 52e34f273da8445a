import Foundation
import Testing

@testable import MeanField

/// Transients: order in time, what is conserved, and where they end.
@Suite struct EvolutionTests {
  static let model = MeanFieldModel(alpha: 0.3)

  /// The final state after equal steps.
  private static func end(
    _ initial: InitialStresses, _ driving: Driving, at time: Double, steps: Int, cells: Int = 200
  ) throws -> Evolution {
    let evolution = try Evolution(
      model, grid: .of(cells, fastest: 0.5), from: initial, driving: driving, tolerance: 1e-6,
      fixedStep: time / Double(steps))
    try evolution.advance(to: time)
    return evolution
  }

  /// Steps are halved on a fixed grid, where diffusion keeps the faces central. The reference has an eighth of the
  /// smallest step: its own error shifts the order by 0.02.
  @Test(arguments: [true, false]) func methodIsOfSecondOrder(isStartUp: Bool) throws {
    let (initial, driving): (InitialStresses, Driving) =
      isStartUp
      ? (.gaussian(mean: 0, deviation: 0.6), .rates([(from: 0, rate: 0.5)]))
      : (.stationary(rate: 0.5), .rates([(from: 0, rate: 0)]))
    let all = try [80, 160, 320, 2560].map { try Self.end(initial, driving, at: 4, steps: $0) }
    let reference = all[3]
    let errors = all.dropLast()
    for order in orders(errors.map { $0.stress - reference.stress })
      + orders(errors.map { $0.state.activity - reference.state.activity })
      + orders(
        errors.map { zip($0.state.probabilities, reference.state.probabilities).reduce(0) { $0 + abs($1.0 - $1.1) } })
    {
      #expect(order > 1.8 && order < 2.2)
    }
  }

  /// Loading of narrow stresses, with hardly any diffusion: fluxes depend on the state. The order of single halvings
  /// scatters, since limits come and go; over three of them it is two.
  @Test func limitedFluxesAreOfSecondOrder() throws {
    let errors = try [50, 400].map { steps -> [Double] in
      try Self.end(.gaussian(mean: 0, deviation: 0.1), .rates([(from: 0, rate: 0.1)]), at: 12, steps: steps, cells: 300)
        .state.probabilities
    }
    let reference = try Self.end(
      .gaussian(mean: 0, deviation: 0.1), .rates([(from: 0, rate: 0.1)]), at: 12, steps: 6400, cells: 300
    ).state.probabilities
    let sizes = errors.map { zip($0, reference).reduce(0) { $0 + abs($1.0 - $1.1) } }
    let order = log2(sizes[0] / sizes[1]) / 3
    #expect(order > 1.7 && order < 2.7, "\(sizes)")
  }

  /// Sums are of some twenty numbers, so that rounding is a few 1e-16 per step.
  @Test func probabilityIsConservedOverAMillionSteps() throws {
    #if ATHERMAL_DEBUG_CHECKS
      let steps = 20_000
    #else
      let steps = 1_000_000
    #endif
    let grid = StressGrid(bins: 8, threshold: 1, layer: 1, reach: 4)
    let evolution = try Evolution(
      Self.model, grid: grid, from: .delta(0.3), driving: .rates([(from: 0, rate: 0.1)]), tolerance: 1e-6,
      fixedStep: 1e-3)
    try evolution.advance(to: 1e-3 * Double(steps))
    #expect(evolution.state.steps >= steps)
    #expect(evolution.state.largestDrift < 1e-13)
    #expect(abs(evolution.state.probabilities.reduce(0, +) - 1) < 1e-13)
  }

  static let initials: [InitialStresses] = [
    .delta(0.3), .delta(1.5), .gaussian(mean: 0.1, deviation: 0.2),
    .histogram(edges: [-0.8, -0.2, 0.1, 1.4], weights: [1, 0, 2]),
  ]

  /// From any initial state probabilities stay positive, and shear ends in the exact stationary state within the error
  /// of the grid, which is h²/12 of the bend at the threshold: 1e-4 here.
  @Test(arguments: initials) func startUpEndsInTheStationaryState(initial: InitialStresses) throws {
    let rate = 0.1
    let grid = StressGrid.of(400, layer: 0.15, fastest: rate)
    let evolution = try Evolution(
      Self.model, grid: grid, from: initial, driving: .rates([(from: 0, rate: rate)]), tolerance: 1e-6)
    for strain in [0.01, 0.3, 1, 3, 20] {
      try evolution.advance(to: strain / rate)
      #expect(evolution.state.probabilities.allSatisfy { $0 >= 0 })
      #expect(abs(evolution.state.strain - strain) < 1e-9 * strain)
    }
    #expect(evolution.state.largestDrift < 1e-13)
    let onGrid = try GridStationaryState(Self.model, rate: rate, grid: grid)
    let exact = ExactStationaryState(alpha: 0.3, rate: rate)
    #expect(abs(evolution.stress - onGrid.stress) < 1e-6)
    #expect(abs(evolution.state.activity / onGrid.activity - 1) < 1e-5)
    #expect(abs(evolution.stress - exact.stress) < 3e-4)
    #expect(abs(evolution.state.activity / exact.activity - 1) < 1e-3)
  }

  /// A block that cannot yield moves with the strain.
  @Test func stressesMoveElastically() throws {
    for shift in [-0.45, 0, 0.123, 0.6] {
      let evolution = try Evolution(
        Self.model, grid: .of(300), from: .delta(0.2), movedBy: shift, driving: .rates([(from: 0, rate: 0.01)]),
        tolerance: 1e-6)
      #expect(abs(evolution.stress - 0.2 - shift) < 1e-14)
    }
  }

  /// Below the yield stress of 0.2204 the flow stops; above it, it ends at the rate of the flow curve. The stress
  /// stays.
  @Test(arguments: [0.15, 0.35]) func creepStopsOrFlows(stress: Double) throws {
    let grid = StressGrid.of(500, layer: 0.05, fastest: 0.5)
    let evolution = try Evolution(
      Self.model, grid: grid, from: .gaussian(mean: 0, deviation: 0.4), driving: .stress(stress), tolerance: 1e-6)
    var rates: [Double] = []
    for time in [1, 3, 10, 30, 100, 300.0] {
      try evolution.advance(to: time)
      rates.append(evolution.state.rate)
      #expect(abs(evolution.stress - stress) < 1e-12)
    }
    if stress < 0.22 {
      // As 1/t² or faster: a hundred times over a decade, and a factor of two for the transient.
      #expect(rates[5] < 1e-4 && rates[5] < rates[3] / 40)
    } else {
      let flow = ScalarRoot.find(between: 1e-6, and: 1, tolerance: 1e-12) {
        ExactStationaryState(alpha: 0.3, rate: $0).stress - stress
      }
      // The error of the stress by the grid, 1e-4, times dγ̇/dσ ≈ 0.5 against a rate of 0.07.
      #expect(abs(rates[5] / flow - 1) < 2e-3)
    }
  }

  /// A linear fluid: what an oscillation of a small amplitude shows is the transform of the response to a step,
  /// G* = iω ∫ G(t) exp(−iωt) dt, by Simpson's rule. Terms of the third order are 1e-6 of the first. The
  /// two move stresses on the grid in different ways, which differ by h²: 1.5e-4 at 600 cells, more at 300.
  @Test(arguments: [0.3, 2.0]) func smallOscillationsFollowFromTheStepResponse(frequency: Double) throws {
    let (model, amplitude) = (MeanFieldModel(alpha: 1), 1e-3)
    let grid = StressGrid.of(600, layer: 0.3, fastest: amplitude * frequency)
    let rest = InitialStresses.stationary(rate: 1e-12)
    let step = try Evolution(
      model, grid: grid, from: rest, movedBy: amplitude, driving: .rates([(from: 0, rate: 0)]), tolerance: 1e-8)
    let h = 0.02
    var (storage, loss) = (0.0, 0.0)
    for k in 0...1000 {
      let time = h * Double(k)
      try step.advance(to: time)
      let weight = (k == 0 || k == 1000 ? 1.0 : k % 2 == 1 ? 4 : 2) * h / 3 * frequency * step.stress / amplitude
      storage += weight * sin(frequency * time)
      loss += weight * cos(frequency * time)
    }
    #expect(abs(step.stress) < 1e-5 * amplitude)
    let oscillation = try Evolution(
      model, grid: grid, from: rest, driving: .oscillation(amplitude: amplitude, frequency: frequency), tolerance: 1e-8)
    let (period, points) = (2 * Double.pi / frequency, 64)
    let start = (20 / period).rounded(.up) * period
    try oscillation.advance(to: start)
    var (sine, cosine) = (0.0, 0.0)
    for k in 1...points {
      let time = start + period * Double(k) / Double(points)
      try oscillation.advance(to: time)
      sine += 2 / Double(points) * oscillation.stress / amplitude * sin(frequency * time)
      cosine += 2 / Double(points) * oscillation.stress / amplitude * cos(frequency * time)
    }
    #expect(abs(sine - storage) < 2.5e-4)
    #expect(abs(cosine - loss) < 2.5e-4)
  }

  /// Above α = ½ the model at rest is a fluid: all stress is lost, and the activity stays.
  @Test func strongNoiseKeepsAFluidAtRest() throws {
    let evolution = try Evolution(
      MeanFieldModel(alpha: 0.6), grid: .of(1200, layer: 0.3), from: .gaussian(mean: 0.5, deviation: 0.5),
      driving: .rates([(from: 0, rate: 0)]), tolerance: 1e-7)
    try evolution.advance(to: 200)
    let exact = ExactStationaryState(alpha: 0.6, rate: 1e-9)
    #expect(abs(evolution.stress) < 1e-6)
    #expect(abs(evolution.state.activity / exact.activity - 1) < 1e-3)
  }

  /// A mirror changes the sign of stresses and of the rate, and nothing else. Sums run in the other order, so that
  /// rounding of some hundred steps remains; the control of steps sees no difference above 1e-12.
  @Test func mirrorImagesAreEquivalent() throws {
    let all = try [1.0, -1].map { sign in
      let evolution = try Evolution(
        MeanFieldModel(alpha: 0.3, relaxation: .fraction(0.7)), grid: .of(200, fastest: 0.2),
        from: .gaussian(mean: 0.2 * sign, deviation: 0.3), driving: .rates([(from: 0, rate: 0.2 * sign)]),
        tolerance: 1e-6)
      try evolution.advance(to: 10)
      return evolution
    }
    #expect(abs(all[0].stress + all[1].stress) < 1e-11)
    #expect(abs(all[0].state.activity - all[1].state.activity) < 1e-11)
    #expect(zip(all[0].state.probabilities, all[1].state.probabilities.reversed()).allSatisfy { abs($0 - $1) < 1e-11 })
  }
}
