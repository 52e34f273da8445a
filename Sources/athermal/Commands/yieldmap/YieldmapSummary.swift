import Foundation
import Measurement
import MessagePassing
import Particles
import Statistics
import YieldStress

/// Scalars of a yield map, in addition to those of every run that ends with a configuration.
struct YieldmapSummary: Encodable {
  /// Statistics of the values of particles or blocks in one direction.
  struct Values: Encodable {
    var count: Int
    var mean: Double
    var variance: Double
    var median: Double
    var minimum: Double
    var maximum: Double
    var notPositive: Int
    var weibullShape: Double?
    var weibullScale: Double?
    /// Mean logarithm of the density, of the Weibull fit (positive values alone) and of the Gaussian one.
    var weibullLogLikelihood: Double?
    var gaussianLogLikelihood: Double

    init(_ d: SampleDescription) {
      count = d.count
      mean = d.mean
      variance = d.variance
      median = d.median
      minimum = d.minimum
      maximum = d.maximum
      notPositive = d.notPositive
      weibullShape = d.weibull?.shape
      weibullScale = d.weibull?.scale
      weibullLogLikelihood = d.weibull?.logLikelihood
      gaussianLogLikelihood = d.gaussianLogLikelihood
    }
  }

  /// Results of one method for the configured weight. Scalars without a direction are those of the first direction.
  struct Method: Encodable {
    let directionNames: [String]
    let particles: [SampleDescription]
    let blocks: [SampleDescription]
    private let values: Encoded

    private struct Encoded: Encodable {
      var yieldStressMean: Double
      /// Standard error from the scatter of the blocks, as if these were independent.
      var yieldStressMeanError: Double
      var yieldStressVariance: Double
      var yieldStressMedian: Double
      /// Numbers of nodes with and without a yield stress, and the reasons for the latter.
      var centres: Int
      var discarded: Int
      var discardedReasons: [String: [String: Int]]
      var particlesWithoutValue: [String: Int]
      var emptyBlocks: [String: Int]
      var modulusMean: Double
      var prestressMean: Double
      var map: [String: Values]
      var blocks: [String: Values]
      var blockShape: [Int]
    }

    /// Summarises the maps of one method. Collective.
    init(
      _ result: MethodResult, _ map: ParticleYieldMap, _ blockMap: BlockField, _ weight: StressWeight,
      over communicator: Communicator
    ) throws {
      let directions = result.directions
      directionNames = directions.map(\.rawValue)
      let particles = try directions.indices.map {
        try SampleDescription(of: map.values(weight, direction: $0), over: communicator)
      }
      let blocks = try directions.indices.map { try SampleDescription(of: blockMap.means(of: $0), over: communicator) }
      let total = try communicator.reduce(result.nodes.count, .sum)
      let reasons = try directions.map { try result.discarded(weight, $0, over: communicator) }
      let discarded = reasons[0].values.reduce(0, +)
      let coefficients = result.coefficients(weight)
      func mean(_ k: Int) throws -> Double {
        try SampleDescription(
          of: stride(from: k, to: coefficients.count, by: 4).map { coefficients[$0] }, over: communicator
        ).mean
      }
      func named<Value>(_ value: (Int) -> Value) -> [String: Value] {
        Dictionary(uniqueKeysWithValues: directions.indices.map { (directions[$0].rawValue, value($0)) })
      }
      self.particles = particles
      self.blocks = blocks
      let blockCount = blockMap.shape.reduce(1, *)
      values = Encoded(
        yieldStressMean: particles[0].mean,
        yieldStressMeanError: (blocks[0].variance / Double(blocks[0].count)).squareRoot(),
        yieldStressVariance: particles[0].variance, yieldStressMedian: particles[0].median, centres: total - discarded,
        discarded: discarded,
        discardedReasons: named { k in
          Dictionary(uniqueKeysWithValues: reasons[k].map { ($0.key.rawValue, $0.value) })
        },
        particlesWithoutValue: named { map.totalCount - particles[$0].count },
        emptyBlocks: named { blockCount - blocks[$0].count }, modulusMean: try mean(1), prestressMean: try mean(0),
        map: named { Values(particles[$0]) }, blocks: named { Values(blocks[$0]) }, blockShape: blockMap.shape)
    }

    var centres: Int { values.centres }
    var discarded: Int { values.discarded }
    /// Most frequent reason why a node has no yield stress.
    var commonestReason: String? {
      values.discardedReasons[directionNames[0]]?.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
    }

    func encode(to encoder: any Encoder) throws { try values.encode(to: encoder) }
  }

  /// Agreement of the two methods on the same cavities, in each direction. Ratios are expansion over frozen matrix.
  struct Comparison: Encodable {
    struct Agreement: Encodable {
      var correlation: Double
      var meanRatio: Double
      var varianceRatio: Double
    }
    var particles: [String: Agreement] = [:]
    var blocks: [String: Agreement] = [:]

    /// Compares the maps of two methods. Collective.
    init(
      _ a: MethodMap, _ b: MethodMap, _ weight: StressWeight, over communicator: Communicator
    ) throws {
      for k in a.summary.particles.indices {
        func agreement(_ x: SampleDescription, _ y: SampleDescription, _ u: [Double], _ v: [Double]) throws -> Agreement
        {
          Agreement(
            correlation: try correlation(u, v, over: communicator), meanRatio: x.mean / y.mean,
            varianceRatio: x.variance / y.variance)
        }
        let direction = a.summary.directionNames[k]
        particles[direction] = try agreement(
          a.summary.particles[k], b.summary.particles[k], a.particles.values(weight, direction: k),
          b.particles.values(weight, direction: k))
        blocks[direction] = try agreement(
          a.summary.blocks[k], b.summary.blocks[k], a.blocks.means(of: k), b.blocks.means(of: k))
      }
    }
  }

  /// Results of the shearing of the cavities, as means over cavities and directions.
  private struct Drops: Encodable {
    var drops: Int
    var reversible: Int
    var events: Int
    var stressDropMean: Double
    var eventStressMean: Double
    var eventDropMean: Double
    /// Mean drop ⟨Δσ⟩ over the mean stress at which the events begin (Puosi, Sec. 3.4).
    var relativeEventDrop: Double
    var factorisations: Int
    var evaluations: Int
  }

  private struct Name: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  private let base: Summary
  private let methods: [(name: String, summary: Method)]
  private let comparison: Comparison?
  private let drops: Drops?
  private let weight: String
  let text: String

  /// Collects the scalars of a yield map. Collective.
  init(
    _ base: Summary, _ map: YieldMap, methods: [(name: String, summary: Method)], comparison: Comparison?,
    over communicator: Communicator
  ) throws {
    self.base = base
    self.methods = methods
    self.comparison = comparison
    weight = map.settings.weight.rawValue
    drops = try map.frozenMatrix.map { frozen in
      func mean(_ values: [Double]) throws -> SampleDescription {
        try SampleDescription(of: values, over: communicator)
      }
      let stress = try mean(frozen.eventStresses)
      let drop = try mean(frozen.eventDrops)
      return Drops(
        drops: try communicator.reduce(frozen.reversible.count { $0 >= 0 }, .sum),
        reversible: try communicator.reduce(frozen.reversible.count { $0 == 1 }, .sum), events: drop.count,
        stressDropMean: try mean(frozen.drops).mean, eventStressMean: stress.mean, eventDropMean: drop.mean,
        relativeEventDrop: drop.mean / stress.mean,
        factorisations: try communicator.reduce(frozen.work.factorisations, .sum),
        evaluations: try communicator.reduce(frozen.work.evaluations, .sum))
    }
    var lines: [String] = []
    for (name, method) in methods {
      let (particles, blocks) = (method.particles[0], method.blocks[0])
      guard method.centres > 0 else {
        lines.append(
          "\(name): no cavity has a yield stress; \(method.discarded) discarded, "
            + "most for: \(method.commonestReason ?? "none")")
        continue
      }
      lines.append(
        "\(name): \(method.centres) cavities with a yield stress, \(method.discarded) discarded; "
          + "yield stress in ε/λ^d, mean ± standard deviation: particles "
          + String(format: "%.5g ± %.3g", particles.mean, particles.variance.squareRoot()) + ", blocks "
          + String(format: "%.5g ± %.3g", blocks.mean, blocks.variance.squareRoot()))
    }
    if let agreement = comparison?.blocks[methods[0].summary.directionNames[0]] {
      lines.append(
        String(
          format: "on blocks: correlation %.3f, variance of the expansion %.3g times that of the frozen matrix",
          agreement.correlation, agreement.varianceRatio))
    }
    text = lines.joined(separator: "\n")
  }

  func encode(to encoder: any Encoder) throws {
    try base.encode(to: encoder)
    var container = encoder.container(keyedBy: Name.self)
    // Centres and discarded nodes add up to the nodes of the grid.
    try container.encode(methods[0].summary.centres, forKey: Name("centres"))
    try container.encode(methods[0].summary.discarded, forKey: Name("discarded"))
    try container.encode(weight, forKey: Name("weight"))
    for (name, method) in methods { try container.encode(method, forKey: Name(name)) }
    if let comparison { try container.encode(comparison, forKey: Name("comparison")) }
    if let drops { try container.encode(drops, forKey: Name("drops")) }
  }
}
