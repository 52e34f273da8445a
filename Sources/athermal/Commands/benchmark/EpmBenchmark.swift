import ElasticLattice
import ElastoPlastic
import Foundation
import FourierGrid
import MessagePassing

/// Times the elasto-plastic model: a sweep by transform against FFTW's own transform of the grid, and the three rules
/// of redistribution on the same avalanches.
struct EpmBenchmark {
  private let shape: [Int]
  private let repeats: Int
  private let strain: Double
  private let sweeps: Int
  private let settleAfter: Int
  private let isMeasured: Bool

  static let usage =
    "athermal benchmark epm [--edge L] [--dimension 2|3] [--repeat R] [--strain γ] [--sweeps S] [--settle K] "
    + "[--planner estimate|measure]"

  init(_ words: [String]) throws {
    let arguments = try Arguments(
      words, options: ["--edge", "--dimension", "--repeat", "--strain", "--sweeps", "--settle", "--planner"],
      plain: 1...1,
      usage: Self.usage)
    let edge = try arguments.integer("--edge", in: 2...1 << 20) ?? 1024
    shape = [Int](repeating: edge, count: try arguments.integer("--dimension", in: 2...3) ?? 2)
    repeats = try arguments.integer("--repeat", in: 1...100_000) ?? 15
    strain = try arguments.real("--strain") ?? 0
    sweeps = try arguments.integer("--sweeps", in: 0...1_000_000_000) ?? 0
    settleAfter = try arguments.integer("--settle", in: 1...1_000_000) ?? 1000
    let planner = arguments.value("--planner") ?? "estimate"
    guard ["estimate", "measure"].contains(planner) else {
      throw Failure.everywhere(.input, "--planner takes estimate or measure, not '\(planner)'")
    }
    isMeasured = planner == "measure"
  }

  func run(over communicator: Communicator) throws -> Int32 {
    let lattice = Lattice(shape: shape)
    var figures = Figures(shape: shape, ranks: communicator.size)
    try timeSweep(lattice, &figures, over: communicator)
    var kept: [Avalanche]?
    if strain > 0 {
      for (name, rule, limit) in [
        ("sparse", UpdateRule.sparse(failures: 1000, pending: settleAfter), Int.max), ("transform", .transform, sweeps),
        ("everywhere", .everywhere, sweeps),
      ] where limit > 0 {
        let (time, avalanches) = try timeRule(lattice, rule, sweeps: limit, over: communicator)
        figures.rules[name] = time
        if let kept {
          let common = min(kept.count, avalanches.count)
          figures.sameAvalanches =
            (figures.sameAvalanches ?? true)
            && (0..<common).allSatisfy {
              kept[$0].failures == avalanches[$0].failures && kept[$0].sweeps == avalanches[$0].sweeps
            }
        } else {
          kept = avalanches
        }
      }
    }
    figures.peakMegabytesPerRank = try communicator.reduce(Double(Timing.peakBytes) / 1e6, .maximum)
    if communicator.isRoot {
      print(String(decoding: try RunFolder.encoder(pretty: true).encode(figures), as: UTF8.self))
    }
    return 0
  }

  /// Times in alternation: a sweep by transform with everything that belongs to it, our transform alone, and FFTW's.
  private func timeSweep(_ lattice: Lattice, _ figures: inout Figures, over communicator: Communicator) throws {
    let library = try LibraryTransform(lattice, measured: isMeasured, over: communicator)
    let model = try Self.model(lattice, .transform, over: communicator)
    let own = try LatticeTransform(lattice, over: communicator)
    own.clearField()
    var times: [String: [Double]] = [:]
    func time(_ name: String, _ work: () throws -> Void) throws {
      try communicator.barrier()
      let clock = ContinuousClock()
      let elapsed = try clock.measure { try work() }
      times[name, default: []].append(
        try communicator.reduce(
          Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18, .maximum))
    }
    for _ in 0..<repeats {
      try time("library") { library.roundTrip() }
      try time("own") {
        own.forward()
        own.backward()
      }
      try time("sweep") { try model.sweepOnce() }
    }
    func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
    figures.millisecondsLibraryTransforms = median(times["library"]!) * 1e3
    figures.millisecondsOwnTransforms = median(times["own"]!) * 1e3
    figures.millisecondsTransformSweep = median(times["sweep"]!) * 1e3
    // Ratios are taken pair by pair, so that other load on the machine affects both times.
    func ratio(_ name: String) -> Double { median(zip(times[name]!, times["library"]!).map { $0 / $1 }) }
    figures.ownToLibrary = ratio("own")
    figures.sweepToLibrary = ratio("sweep")
  }

  private static func model(_ lattice: Lattice, _ rule: UpdateRule, over communicator: Communicator) throws
    -> ElastoPlasticModel
  {
    let distribution = Distribution.weibull(shape: 2, mean: 0.08)
    return try ElastoPlasticModel(
      .init(
        modulus: (1, 1), thresholds: .distribution(distribution), renewal: .distribution(distribution),
        eigenstrain: .single(0.065), bothSigns: false, seed: 1),
      kernel: StressKernel(lattice), rule: rule, maximumSweeps: 1_000_000,
      transform: try LatticeTransform(lattice, over: communicator), over: communicator)
  }

  private func timeRule(
    _ lattice: Lattice, _ rule: UpdateRule, sweeps: Int, over communicator: Communicator
  ) throws -> (RuleFigures, [Avalanche]) {
    let model = try Self.model(lattice, rule, over: communicator)
    let counter = SweepCounter(limit: sweeps)
    let started = Date()
    do { try model.run(LoadingPath(.strain, to: strain), samples: [], observer: counter) } catch is SweepCounter.Enough
    {}
    let seconds = try communicator.reduce(Date().timeIntervalSince(started), .maximum)
    return (
      RuleFigures(
        seconds: seconds, strain: model.strain, avalanches: model.avalanches, sweeps: model.sweeps,
        failures: model.failures,
        transforms: model.blocks.statistics.transforms,
        millisecondsPerSweep: seconds * 1e3 / Double(max(1, model.sweeps)),
        microsecondsPerFailure: seconds * 1e6 / Double(max(1, model.failures))),
      counter.avalanches
    )
  }

  /// Observer that records the avalanches and ends the run after a number of sweeps, on all ranks together.
  private final class SweepCounter: AvalancheObserver {
    struct Enough: Error {}
    var avalanches: [Avalanche] = []
    let limit: Int
    init(limit: Int) { self.limit = limit }
    func completed(_ avalanche: Avalanche, of model: ElastoPlasticModel) throws {
      avalanches.append(avalanche)
      if model.sweeps >= limit { throw Enough() }
    }
    func reached(strain: Double, of model: ElastoPlasticModel) throws {}
  }

  private struct RuleFigures: Encodable {
    var seconds: Double
    var strain: Double
    var avalanches: Int
    var sweeps: Int
    var failures: Int
    var transforms: Int
    var millisecondsPerSweep: Double
    var microsecondsPerFailure: Double
  }

  /// Figures of the benchmark. Times are those of the slowest rank.
  private struct Figures: Encodable {
    var shape: [Int]
    var ranks: Int
    var commit = Build.commit
    var build = Build.text
    /// Time of FFTW's forward and backward transform.
    var millisecondsLibraryTransforms: Double?
    /// Time of our forward and backward transform, which gives the same bits on any number of ranks.
    var millisecondsOwnTransforms: Double?
    /// Time of a whole sweep: transforms, kernel, stresses and thresholds.
    var millisecondsTransformSweep: Double?
    var ownToLibrary: Double?
    var sweepToLibrary: Double?
    var rules: [String: RuleFigures] = [:]
    var sameAvalanches: Bool?
    var peakMegabytesPerRank: Double?

    init(shape: [Int], ranks: Int) {
      self.shape = shape
      self.ranks = ranks
    }
  }
}
