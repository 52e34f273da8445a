import Foundation
import Testing

@testable import MeanField

/// Extensions where they come back to the model of Hébraud and Lequeux, and against a Monte Carlo of many blocks.
@Suite struct ExtensionTests {
  private static func state(
    _ model: MeanFieldModel, bins: Int = 300, rate: Double = 0.1, layer: Double = 0.2, reach: Double = 0,
    most: Double = 1
  ) throws -> GridStationaryState {
    try GridStationaryState(model, rate: rate, grid: .of(bins, layer: layer, fastest: rate, reach: reach, most: most))
  }

  /// All stress lost is a complete release. The source of a complete one is moved where faces are upwind, which they
  /// are not here; the iterative solution of the incomplete one ends at 1e-13.
  @Test func fractionOneIsCompleteRelease() throws {
    let complete = try Self.state(MeanFieldModel(alpha: 0.3))
    let fraction = try Self.state(MeanFieldModel(alpha: 0.3, relaxation: .fraction(1)))
    #expect(abs(fraction.stress - complete.stress) < 1e-9)
    #expect(abs(fraction.activity - complete.activity) < 1e-9)
  }

  /// Two classes with the same threshold are one.
  @Test func equalThresholdsAreOne() throws {
    let one = try Self.state(MeanFieldModel(alpha: 0.3))
    let two = try Self.state(
      MeanFieldModel(alpha: 0.3, thresholds: [.init(value: 1, weight: 0.3), .init(value: 1, weight: 0.7)]))
    #expect(abs(two.stress - one.stress) < 1e-9)
    #expect(abs(two.activity - one.activity) < 1e-9)
  }

  /// Kicks of a width a against diffusion of the same second moment. A kick carries blocks past the threshold by its
  /// size, so that the stress differs in proportion to a: 0.04 a here, besides a grid error of 1e-3.
  @Test func smallKicksAreDiffusion() throws {
    let diffusion = try Self.state(MeanFieldModel(alpha: 0.3), bins: 500)
    let differences = try [0.8, 0.4, 0.2].map { width in
      try Self.state(
        MeanFieldModel(alpha: 0.3, noise: .histogram(edges: [-width, width], weights: [1])), bins: 500, reach: width
      ).stress - diffusion.stress
    }
    #expect(differences[0] > 0.02 && differences[2] < 0.01)
    for (wide, narrow) in zip(differences, differences.dropFirst()) {
      #expect(narrow > 0.4 * wide - 1e-3 && narrow < 0.6 * wide + 1e-3)
    }
  }

  /// The nearer the exponent is to 2, the more of the second moment is in infinitely small kicks.
  @Test func levyNoiseBecomesDiffusion() throws {
    let diffusion = try Self.state(MeanFieldModel(alpha: 0.3), bins: 400)
    let differences = try [1.9, 1.99, 1.999].map { exponent in
      try Self.state(
        MeanFieldModel(alpha: 0.3, noise: .levy(exponent: exponent, lower: 0, upper: 1)), bins: 400, reach: 1
      ).stress - diffusion.stress
    }
    #expect(abs(differences[1]) < 0.2 * abs(differences[0]) && abs(differences[2]) < 0.2 * abs(differences[1]))
    #expect(abs(differences[2]) < 1e-4)
  }

  /// (|σ| − 1)^exponent is 1 to within the exponent times a logarithm.
  @Test func smallExponentsYieldConstantly() throws {
    let constant = try Self.state(MeanFieldModel(alpha: 0.3))
    let differences = try [0.1, 0.01, 0.001].map {
      try Self.state(MeanFieldModel(alpha: 0.3, yielding: .progressive(exponent: $0))).stress - constant.stress
    }
    #expect(abs(differences[2]) < 1e-3)
    for (large, small) in zip(differences, differences.dropFirst()) {
      #expect(abs(large / small) > 7 && abs(large / small) < 13)
    }
  }

  /// Means over narrow intervals, whose error is of second order in the width.
  @Test(arguments: [0.5, 1, 2.5]) func progressiveYieldingGrowsWithTheExcess(exponent: Double) {
    let yielding = YieldingRate.progressive(exponent: exponent)
    for (stress, threshold) in [(1.5, 1.0), (0.9, 0.7), (4, 1.3)] {
      let mean = yielding.mean(from: stress - 1e-5, to: stress + 1e-5, threshold: threshold)
      #expect(abs(mean / pow(stress - threshold, exponent) - 1) < 1e-8)
    }
    #expect(yielding.mean(from: 0.2, to: 0.9, threshold: 1) == 0)
    // ∫ from the threshold alone: (0.5)^(1 + exponent)/(1 + exponent), over a width of 1.
    let cut = yielding.mean(from: 0.5, to: 1.5, threshold: 1)
    #expect(abs(cut - pow(0.5, 1 + exponent) / (1 + exponent)) < 1e-14)
  }

  /// The noise of one event spreads stresses by 2α, whatever its distribution.
  @Test(
    arguments: [
      .levy(exponent: 1, lower: 0, upper: 2), .levy(exponent: 0.1, lower: 0, upper: 2),
      .levy(exponent: 1.95, lower: 0, upper: 0.5), .levy(exponent: 1, lower: 1.9, upper: 2),
      .histogram(edges: [-0.5, -0.1, 0.2, 0.5], weights: [1, 3, 1]),
    ] as [KickNoise]) func kicksHaveTheirMoments(noise: KickNoise)
  {
    let density = noise.density(alpha: 0.3, above: 0)
    #expect(abs(density.secondMoment - 0.6) < 1e-12)
  }

  // MARK: Monte Carlo

  struct Sample: Sendable, CustomTestStringConvertible {
    var name: String
    var model: MeanFieldModel
    var rate = 0.1
    var most = 1.0
    var stress: (mean: Double, error: Double)
    var activity: (mean: Double, error: Double)
    var testDescription: String { name }
  }

  /// Printed by Jobs/studies/mean-field-monte-carlo/blocks: 30 000 blocks for a time of 1000, steps of 0.05.
  static let samples: [Sample] = [
    Sample(
      name: "complete",
      model: MeanFieldModel(alpha: 0.3),
      stress: (0.387248, 0.000142), activity: (0.083723, 0.000049)),
    Sample(
      name: "fraction",
      model: MeanFieldModel(alpha: 0.3, relaxation: .fraction(0.5)),
      stress: (0.555249, 0.000205), activity: (0.163283, 0.000099)),
    Sample(
      name: "thresholds",
      model: MeanFieldModel(alpha: 0.3, thresholds: [.init(value: 0.7, weight: 0.5), .init(value: 1.3, weight: 0.5)]),
      most: 1.3,
      stress: (0.428527, 0.000188), activity: (0.084517, 0.000069)),
    Sample(
      name: "progressive",
      model: MeanFieldModel(alpha: 0.3, yielding: .progressive(exponent: 0.5)),
      stress: (0.494739, 0.000119), activity: (0.073432, 0.000052)),
    Sample(
      name: "levy",
      model: MeanFieldModel(alpha: 0.3, noise: .levy(exponent: 1, lower: 0, upper: 2)),
      stress: (0.452930, 0.000140), activity: (0.087091, 0.000059)),
    Sample(
      name: "drops",
      model: MeanFieldModel(alpha: 0.3, relaxation: .drops([(0.2, 1)])), rate: 0.05,
      stress: (0.616745, 0.001116), activity: (0.453491, 0.000333)),
  ]

  /// Within four standard errors, the error of the grid (the difference from one of half the cells), and that of the
  /// steps of the Monte Carlo, which is 2e-4 of a number at steps of 0.05, (0.05)²/12 at rates of order 1.
  @Test(arguments: samples) func statesAreThoseOfManyBlocks(sample: Sample) throws {
    let (coarse, fine) = (
      try Self.state(sample.model, bins: 200, rate: sample.rate, reach: sample.model.largestKick, most: sample.most),
      try Self.state(sample.model, bins: 400, rate: sample.rate, reach: sample.model.largestKick, most: sample.most)
    )
    let grid = (abs(fine.stress - coarse.stress), abs(fine.activity - coarse.activity))
    // Where drops are small, blocks go far beyond the threshold, where cells are wide.
    #expect(grid.0 < 4e-3 && grid.1 < 1e-3)
    #expect(abs(fine.stress - sample.stress.mean) < 4 * sample.stress.error + grid.0 + 2e-4 * sample.stress.mean)
    #expect(
      abs(fine.activity - sample.activity.mean) < 4 * sample.activity.error + grid.1 + 2e-4 * sample.activity.mean)
  }
}
