import ElasticLattice
import ElastoPlastic
import Foundation
import FourierGrid
import Geometry
import MessagePassing
import Statistics
import TestSupport
import Testing

/// Keeps what it is told.
final class Recorder: AvalancheObserver {
  var avalanches: [Avalanche] = []
  var looks: [Double] = []
  func completed(_ avalanche: Avalanche, of model: ElastoPlasticModel) throws { avalanches.append(avalanche) }
  func reached(strain: Double, of model: ElastoPlasticModel) throws {
    _ = try StateSample(model, edges: ResidualStrengths.edges)
    looks.append(strain)
  }
}

/// One variant of the model.
struct Variant: Sendable, CustomTestStringConvertible {
  var name: String
  var shape = [12, 10]
  var isLattice = false
  var stressLimit: Double?
  var bothSigns = false
  var renewedModulus = 1.0
  var targets = [0.4]
  var initialMean = 0.08
  /// With both signs a block that overshoots to its negative threshold yields back, for ever if ε is large.
  var eigenstrain: Double { bothSigns ? 0.01 : 0.065 }
  var testDescription: String { name }
}

@Suite(.serialized, .oneAtATime) struct ModelTests {
  static let variants = [
    Variant(name: "ductile"), Variant(name: "uneven, odd", shape: [9, 13]), Variant(name: "flat", shape: [3, 24]),
    Variant(name: "smallest", shape: [2, 2], targets: [1]), Variant(name: "lattice kernel", isLattice: true),
    Variant(name: "softer when renewed", renewedModulus: 0.6),
    Variant(name: "brittle", renewedModulus: 0.8, initialMean: 0.3),
    Variant(name: "both signs", bothSigns: true),
    Variant(name: "cycles", bothSigns: true, targets: [0.12, -0.12, 0.12, -0.12, 0]),
    Variant(name: "cycles forward", targets: [0.12, -0.1, 0.16, 0]),
    Variant(name: "stress control", stressLimit: 3, targets: [0.05]),
    Variant(name: "flow at constant stress", stressLimit: 0.6, targets: [0.2]),
    Variant(name: "three dimensions", shape: [6, 4, 5], targets: [0.3]),
    Variant(name: "three dimensions, both signs", shape: [5, 5, 5], bothSigns: true, targets: [0.25]),
  ]

  static let rules: [UpdateRule] = [
    .transform, .everywhere, .sparse(failures: 1000, pending: 1000), .sparse(failures: 2, pending: 7),
    .sparse(failures: 1000, pending: 1),
  ]

  /// Numbers in [0, 1) that look random.
  static func random(_ k: Int) -> Double {
    RandomStream(seed: 7, purpose: .position).uniformPair(item: k).0
  }

  /// Every rule gives the avalanches of the model written on the board.
  @Test(arguments: variants) func isTheModelOfTheBoard(variant: Variant) throws {
    let communicator = try MessagePassing.startForTests()
    let lattice = Lattice(shape: variant.shape)
    let n = lattice.siteCount
    let rows = 3
    let initial = (0..<n).map {
      variant.initialMean * 2 / Double.pi.squareRoot() * (-log(1 - Self.random($0))).squareRoot() + 1e-3
    }
    let renewed = (0..<(rows * n)).map { 0.09 * (-log(1 - Self.random(n + $0))).squareRoot() + 0.01 }
    let direct = DirectModel(
      shape: variant.shape, isLattice: variant.isLattice, isStressControlled: variant.stressLimit != nil,
      bothSigns: variant.bothSigns, modulus: (1, variant.renewedModulus), eigenstrain: variant.eigenstrain,
      thresholds: initial,
      renewal: (0..<rows).map { Array(renewed[($0 * n)..<(($0 + 1) * n)]) }
    ).run(targets: variant.targets, strainLimit: variant.stressLimit ?? .infinity)
    #expect(direct.events.count > 5)

    func table(_ values: [Double]) -> AlignedBuffer<Double> {
      let buffer = AlignedBuffer<Double>(capacity: values.count)
      for (k, value) in values.enumerated() { buffer[k] = value }
      return buffer
    }
    for rule in Self.rules {
      let transform = try LatticeTransform(lattice, over: communicator)
      let model = try ElastoPlasticModel(
        .init(
          modulus: (1, variant.renewedModulus), thresholds: .table(table(initial), rows: 1),
          renewal: .table(table(renewed), rows: rows), eigenstrain: .single(variant.eigenstrain),
          bothSigns: variant.bothSigns, seed: 1),
        kernel: StressKernel(
          lattice, discretisation: variant.isLattice ? .lattice : .continuum,
          control: variant.stressLimit == nil ? .strain : .stress),
        rule: rule, maximumSweeps: 100_000, transform: transform, over: communicator)
      let recorder = Recorder()
      let control: LoadingPath.Control = variant.stressLimit.map { .stress(strainLimit: $0) } ?? .strain
      var path = LoadingPath(control, to: 0)
      path.targets = variant.targets
      // Looking at the state must not change it.
      try model.run(path, samples: [0.01, 0.05], observer: recorder)
      let label = "\(variant.name), \(rule)"
      #expect(recorder.avalanches.map(\.failures) == direct.events.map(\.failures), "\(label)")
      #expect(recorder.avalanches.map(\.sweeps) == direct.events.map(\.sweeps), "\(label)")
      // Stresses of order 0.1 with hundreds of additions each: 1e-13; the direct kernel itself is good to 1e-14.
      for (own, other) in zip(recorder.avalanches, direct.events) {
        #expect(abs(own.strain - other.strain) < 1e-12 && abs(own.stressBefore - other.before) < 1e-12, "\(label)")
        #expect(abs(own.stressAfter - other.after) < 1e-12, "\(label)")
      }
      let mean = try model.blocks.meanStress()
      #expect(abs(mean - model.stress) < 1e-12, "\(label)")
      // Looks are in order and none lies beyond the end; under stress control the end is looked at.
      #expect(recorder.looks == recorder.looks.sorted() || variant.targets.count > 1, "\(label)")
      if variant.stressLimit != nil { #expect(recorder.looks.last == model.strain, "\(label)") }
      for i in 0..<n {
        #expect(abs(model.blocks.stress[i] - direct.stress[i]) < 1e-12, "\(label)")
        #expect(Int(model.yieldCounts[i]) == direct.counts[i], "\(label)")
      }
    }
  }

  private func run(
    _ shape: [Int], _ rule: UpdateRule, thresholds: [Double], renewal: [Double], seed: UInt64,
    to target: Double, samples: [Double] = [], over communicator: Communicator
  ) throws -> Recorder {
    let lattice = Lattice(shape: shape)
    let model = try ElastoPlasticModel(
      .init(
        modulus: (1, 1), thresholds: .distribution(.samples(thresholds)), renewal: .distribution(.samples(renewal)),
        eigenstrain: .single(0.05), bothSigns: false, seed: seed),
      kernel: StressKernel(lattice), rule: rule, maximumSweeps: 100_000,
      transform: try LatticeTransform(lattice, over: communicator), over: communicator)
    let recorder = Recorder()
    try model.run(LoadingPath(.strain, to: target), samples: samples, observer: recorder)
    return recorder
  }

  /// All blocks alike: they yield together at 0.1, 0.2, … and at the end, whatever the rule. What is asked for there is
  /// the state after it.
  @Test(arguments: rules) func blocksThatAreAlikeYieldTogether(rule: UpdateRule) throws {
    let communicator = try MessagePassing.startForTests()
    for shape in [[8, 12], [4, 4, 6]] {
      let recorder = try run(
        shape, rule, thresholds: [0.1], renewal: [0.1], seed: 1, to: 0.5, samples: [0.1, 0.25, 0.5], over: communicator)
      #expect(recorder.avalanches.map(\.failures) == [Int](repeating: 96, count: 5), "\(rule), \(shape)")
      for (k, avalanche) in recorder.avalanches.enumerated() {
        #expect(abs(avalanche.strain - 0.1 * Double(k + 1)) < 1e-14)
      }
      #expect(recorder.looks == [0.1, 0.25, 0.5])
    }
  }

  /// Few different thresholds, so that many blocks are as far from yielding as others, at first and by symmetry later:
  /// every rule gives the same avalanches.
  @Test(arguments: [[8, 12], [6, 6], [9, 5], [4, 4, 4]]) func tiesAreBrokenByNoRule(shape: [Int]) throws {
    let communicator = try MessagePassing.startForTests()
    for seed in 1...6 as ClosedRange<UInt64> {
      let thresholds = seed % 2 == 0 ? [0.1, 0.12] : [0.1, 0.1, 0.1, 0.2]
      let sequences = try Self.rules.map { rule in
        try run(shape, rule, thresholds: thresholds, renewal: [0.1], seed: seed, to: 1, over: communicator).avalanches
          .map { [$0.failures, $0.sweeps] }
      }
      #expect(sequences[0].count > 5)
      for (rule, sequence) in zip(Self.rules, sequences) {
        #expect(sequence == sequences[0], "\(shape), seed \(seed), \(rule)")
      }
    }
  }

  /// ⟨σ⟩ = μ(γ − 2ε S/N), measured from the blocks: every failure takes exactly 2με/N. At 64² to 1e-13, as far as N
  /// additions of numbers of order 0.1 allow.
  @Test func theMeanStressIsThatOfTheStrain() throws {
    let communicator = try MessagePassing.startForTests()
    let lattice = Lattice(shape: [64, 64])
    let model = try Self.weibull(lattice, .sparse(failures: 100, pending: 200), over: communicator)
    try model.run(LoadingPath(.strain, to: 0.3), samples: [], observer: Recorder())
    let expected = 0.3 - 2 * 0.065 * Double(model.failures) / 4096
    #expect(model.failures > 5000)
    #expect(abs(try model.blocks.meanStress() - expected) < 1e-13)
    #expect(abs(model.stress - expected) < 1e-13)
  }

  static func weibull(
    _ lattice: Lattice, _ rule: UpdateRule, maximumSweeps: Int = 100_000, seed: UInt64 = 3, eigenstrain: Double = 0.065,
    over communicator: Communicator
  ) throws -> ElastoPlasticModel {
    let distribution = Distribution.weibull(shape: 2, mean: 0.08)
    return try ElastoPlasticModel(
      .init(
        modulus: (1, 1), thresholds: .distribution(distribution), renewal: .distribution(distribution),
        eigenstrain: .single(eigenstrain), bothSigns: false, seed: seed),
      kernel: StressKernel(lattice), rule: rule, maximumSweeps: maximumSweeps,
      transform: try LatticeTransform(lattice, over: communicator), over: communicator)
  }

  /// On a lattice with many tiles the sparse rule skips most of the work; the avalanches are those of the transform.
  @Test(arguments: [[200, 176], [30, 26, 28]]) func largeLatticesHaveTheSameAvalanches(shape: [Int]) throws {
    let communicator = try MessagePassing.startForTests()
    var expected: [Avalanche] = []
    for rule in [UpdateRule.transform, .sparse(failures: 1000, pending: 300)] {
      let model = try Self.weibull(Lattice(shape: shape), rule, over: communicator)
      let recorder = Recorder()
      try model.run(LoadingPath(.strain, to: 0.045), samples: [], observer: recorder)
      if expected.isEmpty {
        expected = recorder.avalanches
        continue
      }
      #expect(expected.count > 300)
      #expect(recorder.avalanches.map(\.failures) == expected.map(\.failures))
      #expect(recorder.avalanches.map(\.sweeps) == expected.map(\.sweeps))
      #expect(recorder.avalanches.map(\.gyration) == expected.map(\.gyration))
      #expect(model.blocks.statistics.transforms < 30, "the sparse rule is at work")
    }
  }

  @Test func anEndlessAvalancheIsAFailure() throws {
    let communicator = try MessagePassing.startForTests()
    let model = try Self.weibull(Lattice(shape: [16, 16]), .transform, maximumSweeps: 4, over: communicator)
    #expect {
      try model.run(LoadingPath(.strain, to: 1), samples: [], observer: Recorder())
    } throws: { ($0 as? Failure)?.kind == .notConverged && "\($0)".contains("maximum_sweeps = 4") }
  }

  /// Drawn numbers have the mean and variance of their distribution, within five standard errors of 40 000 draws.
  @Test func distributionsHaveTheirMoments() {
    let cases: [(Distribution, Double, Double)] = [
      (.weibull(shape: 2, mean: 0.08), 0.08, 0.0064 * (4 / Double.pi - 1)), (.exponential(mean: 0.3), 0.3, 0.09),
      (.gaussian(mean: 1, deviation: 0.1), 1, 0.01), (.samples([0.1, 0.2, 0.6]), 0.3, 0.14 / 3),
      (.histogram(edges: [0, 1, 3], weights: [1, 3]), 1.625, 0.25 / 3 + 0.75 * (13.0 / 3) - 1.625 * 1.625),
    ]
    for (distribution, mean, variance) in cases {
      let stream = RandomStream(seed: 11, purpose: .threshold)
      let draws = (0..<40_000).map { distribution.draw(stream, item: $0, step: 2) }
      let average = draws.reduce(0, +) / 40_000
      let spread = draws.reduce(0) { $0 + ($1 - average) * ($1 - average) } / 40_000
      #expect(abs(average - mean) < 5 * (variance / 40_000).squareRoot(), "\(distribution)")
      // Kurtosis at most 9 (exponential).
      #expect(abs(spread - variance) < 5 * variance * (8.0 / 40_000).squareRoot(), "\(distribution)")
      #expect(draws.allSatisfy { $0 > 0 })
    }
  }

  /// A gaussian that reaches below 0 is cut there, not folded.
  @Test func gaussiansAreCutAtZero() {
    let stream = RandomStream(seed: 11, purpose: .threshold)
    let gaussian = Distribution.gaussian(mean: 0.1, deviation: 1)
    let draws: [Double] = (0..<20_000).map { gaussian.draw(stream, item: $0, step: 0) }
    let average: Double = draws.reduce(0, +) / 20_000
    #expect(draws.allSatisfy { $0 > 0 })
    // Mean of the cut distribution: m + s φ(a)/(1−Φ(a)), a = −m/s: 0.1 + 0.39695/0.53983 = 0.8353.
    #expect(abs(average - 0.8353) < 0.03)
  }
}
