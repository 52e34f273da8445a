import ElasticLattice
import Geometry
import MessagePassing

/// A scalar, quasistatic elasto-plastic model with synchronous avalanches (Richard et al., Sec. V).
///
/// Blocks are loaded alike until the weakest yields. Then, sweep by sweep, all blocks at their thresholds yield together:
/// each gets the eigenstrain ε, which changes the stress of all blocks by 2 μ̄ ε g(r), and then a new threshold and the
/// modulus of a renewed block. When no block is at its threshold, the load goes on. μ̄ is the mean modulus.
public final class ElastoPlasticModel {
  /// What a block is made of.
  public struct Material {
    /// Shear modulus of blocks that have not yielded yet, and of those that have.
    public var modulus: (initial: Double, renewed: Double)
    public var thresholds: ThresholdSource
    public var renewal: ThresholdSource
    public var eigenstrain: Eigenstrain
    /// Whether a block also yields at −Y, its eigenstrain then being negative.
    public var bothSigns: Bool
    public var seed: UInt64
    /// Which of several realisations of the same seed.
    public var realisation: Int

    public init(
      modulus: (initial: Double, renewed: Double), thresholds: ThresholdSource, renewal: ThresholdSource,
      eigenstrain: Eigenstrain, bothSigns: Bool, seed: UInt64, realisation: Int = 0
    ) {
      self.modulus = modulus
      self.thresholds = thresholds
      self.renewal = renewal
      self.eigenstrain = eigenstrain
      self.bothSigns = bothSigns
      self.seed = seed
      self.realisation = realisation
    }
  }

  public enum Eigenstrain: Sendable {
    case single(Double)
    case drawn(Distribution)
  }

  public let lattice: Lattice
  public let communicator: Communicator
  public let blocks: StressLattice
  /// How often each own block has yielded.
  public let yieldCounts: AlignedBuffer<Int32>

  private var strainAccount = Account()
  private var stressAccount = Account()
  public var strain: Double { strainAccount.value }
  /// The mean stress, kept by account: loads minus what failures took.
  public var stress: Double { stressAccount.value }
  /// Failures and sweeps so far.
  public private(set) var failures = 0
  public private(set) var sweeps = 0
  public private(set) var avalanches = 0
  /// Distance to yield of the weakest block after the last avalanche, in stress.
  public private(set) var weakest = Double.nan

  private let material: Material
  private let kernel: StressKernel
  private let maximumSweeps: Int
  private let exchange: FailureExchange
  private let renewals: RandomStream
  private let eigenstrains: RandomStream
  private var renewedCount = 0
  private var own = FailureList()
  private var shape: AvalancheShape

  /// Collective.
  public init(
    _ material: Material, kernel: StressKernel, rule: UpdateRule, maximumSweeps: Int, transform: LatticeTransform,
    over communicator: Communicator
  ) throws {
    self.material = material
    self.kernel = kernel
    self.maximumSweeps = maximumSweeps
    self.communicator = communicator
    lattice = kernel.lattice
    exchange = FailureExchange(communicator)
    renewals = RandomStream(seed: material.seed, purpose: .renewal)
    eigenstrains = RandomStream(seed: material.seed, purpose: .eigenstrain)
    shape = AvalancheShape(kernel.lattice)
    let initial = RandomStream(seed: material.seed, purpose: .threshold)
    let first = transform.planes.lowerBound * kernel.lattice.planeSize
    let count = transform.planes.count * kernel.lattice.planeSize
    yieldCounts = AlignedBuffer(capacity: count)
    blocks = try StressLattice(
      kernel, rule: rule, bothSigns: material.bothSigns, transform: transform, over: communicator
    ) { thresholds in
      for i in 0..<count {
        thresholds[i] = material.thresholds.threshold(
          initial, site: first + i, local: i, of: count, count: 0, realisation: material.realisation)
      }
    }
  }

  /// (1/N) Σ μ_i, from whole numbers, so that it is the same on any number of ranks.
  public var meanModulus: Double {
    let n = Double(lattice.siteCount)
    let renewed = Double(renewedCount)
    return renewedCount == 0
      ? material.modulus.initial : (material.modulus.initial * (n - renewed) + material.modulus.renewed * renewed) / n
  }

  /// One sweep of no failures, for timing: transforms, kernel, and the look at all blocks. Collective.
  public func sweepOnce() throws {
    own.removeAll()
    blocks.failing(forced: nil, into: &own.sites)
    try blocks.redistribute(own: own, all: own, total: 0)
  }

  // MARK: The loop

  /// Goes along the path. `samples` are ascending strains at which the observer looks at the state that the last avalanche
  /// before them has left; of a path with several targets it sees each target, under stress control also the end.
  /// - Throws: `.notConverged` where an avalanche does not end within the given number of sweeps.
  /// Collective.
  public func run(_ path: LoadingPath, samples: [Double], observer: AvalancheObserver) throws {
    var samples = samples[...]
    for target in path.targets {
      while let (distance, site) = try nextToYield(path, before: target) {
        try look(&samples, before: strain + distance / meanModulus, observer)
        load(distance)
        try observer.completed(try relax(from: site, path, direction: distance < 0 ? -1 : 1), of: self)
        if case .stress(let limit) = path.control, strain >= limit { break }
      }
      if case .stress(let limit) = path.control, strain >= limit { break }
      try look(&samples, before: path.isStrain ? .infinity : strain + (target - stress) / meanModulus, observer)
      load(path.isStrain ? (target - strain) * meanModulus : target - stress)
      if path.isStrain { strainAccount = Account(value: target) }
      if path.targets.count > 1 { try observer.reached(strain: target, of: self) }
    }
    if !path.isStrain {
      try look(&samples, before: strain, observer)
      try observer.reached(strain: strain, of: self)
    }
  }

  private func look(_ samples: inout ArraySlice<Double>, before next: Double, _ observer: AvalancheObserver) throws {
    while let sample = samples.first, sample < next {
      try observer.reached(strain: sample, of: self)
      samples.removeFirst()
    }
  }

  /// The mean stress at a strain that the load reaches without another avalanche, or that the last avalanche has passed.
  public func stress(at strain: Double) -> Double { stress + max(0, strain - self.strain) * meanModulus }

  /// The block that yields next on the way to a target, and the stress that it takes; nil where the target comes first.
  private func nextToYield(_ path: LoadingPath, before target: Double) throws -> (distance: Double, site: Int)? {
    let direction = target < (path.isStrain ? strain : stress) ? -1.0 : 1.0
    guard let found = try blocks.weakest(direction: direction) else { return nil }
    weakest = found.distance
    let change = direction * found.distance
    let next = path.isStrain ? strain + change / meanModulus : stress + change
    return direction * next <= direction * target ? (change, found.site) : nil
  }

  /// Loads all blocks alike.
  private func load(_ amount: Double) {
    blocks.load(amount)
    strainAccount.add(amount / meanModulus)
    stressAccount.add(amount)
  }

  /// Lets blocks yield, beginning with one, until none is at its threshold.
  private func relax(from site: Int, _ path: LoadingPath, direction: Int) throws -> Avalanche {
    var avalanche = Avalanche(
      strain: strain, stressBefore: stress, stressAfter: stress, failures: 0, sweeps: 0, gyration: [],
      strainAfter: strain,
      direction: direction)
    var forced: Int? = site
    while true {
      blocks.failing(forced: forced, into: &own.sites)
      forced = nil
      let new = yield()
      try exchange.share(own, new: new, limit: blocks.rule.largestShared)
      if exchange.total == 0 { break }
      avalanche.sweeps += 1
      guard avalanche.sweeps <= maximumSweeps else { throw tooLong(avalanche) }
      avalanche.failures += exchange.total
      shape.add(own.sites, of: lattice)
      try account()
      try blocks.redistribute(own: own, all: exchange.all, total: exchange.total)
      if case .stress(let limit) = path.control, strain >= limit { break }
    }
    avalanche.stressAfter = stress
    avalanche.strainAfter = strain
    avalanche.gyration = try shape.gyration(total: avalanche.failures, over: communicator)
    avalanches += 1
    failures += avalanche.failures
    sweeps += avalanche.sweeps
    return avalanche
  }

  /// Gives each own failing block its eigenstrain and a new threshold; tells how many yield for the first time.
  private func yield() -> Int {
    own.amplitudes.removeAll(keepingCapacity: true)
    var new = 0
    for site in own.sites {
      let i = site - blocks.firstSite
      let count = Int(yieldCounts[i])
      let sign = material.bothSigns && blocks.presentStress(site: site) < 0 ? -1.0 : 1.0
      own.amplitudes.append(sign * 2 * meanModulus * eigenstrain(of: site, count: count))
      let threshold = material.renewal.threshold(
        renewals, site: site, local: i, of: blocks.ownCount, count: count, realisation: material.realisation)
      blocks.renew(site: site, threshold: threshold)
      if count == 0 { new += 1 }
      yieldCounts[i] += 1
    }
    return new
  }

  private func eigenstrain(of site: Int, count: Int) -> Double {
    switch material.eigenstrain {
    case .single(let value): value
    case .drawn(let distribution):
      distribution.draw(eigenstrains, item: site, step: material.realisation << 32 | count)
    }
  }

  /// What the failures of a sweep do to the means: the stress falls at fixed strain, or the strain grows at fixed stress.
  private func account() throws {
    let released = try sumOfAmplitudes() / Double(lattice.siteCount)
    let modulus = meanModulus
    stressAccount.add(kernel.uniform * released)
    strainAccount.add((1 + kernel.uniform) * released / modulus)
    renewedCount += exchange.totalNew
  }

  private func sumOfAmplitudes() throws -> Double {
    if case .single(let value) = material.eigenstrain, !material.bothSigns {
      return Double(exchange.total) * (2 * meanModulus * value)
    }
    if exchange.total <= blocks.rule.largestShared { return exchange.all.amplitudes.reduce(0, +) }
    let sums = ExactSums(count: 1)
    for amplitude in own.amplitudes { sums.add(amplitude, to: 0) }
    return try sums.reduce(over: communicator)[0]
  }

  private func tooLong(_ avalanche: Avalanche) -> Failure {
    .everywhere(
      .notConverged,
      "the avalanche at strain \(avalanche.strain) has not ended within epm.maximum_sweeps = \(maximumSweeps) sweeps and "
        + "\(avalanche.failures) failures; a smaller eigenstrain, larger renewed thresholds or a larger maximum_sweeps may help"
    )
  }
}

/// A sum of many small amounts that keeps what rounding would lose (Neumaier).
private struct Account {
  private var sum = 0.0
  private var lost = 0.0

  init(value: Double = 0) { sum = value }

  mutating func add(_ amount: Double) {
    let next = sum + amount
    lost += abs(sum) >= abs(amount) ? (sum - next) + amount : (amount - next) + sum
    sum = next
  }

  var value: Double { sum + lost }
}

extension LoadingPath {
  var isStrain: Bool { if case .strain = control { true } else { false } }
}

extension UpdateRule {
  /// The largest sweep of which every rank knows every block.
  var largestShared: Int {
    switch self {
    case .sparse(let failures, _): failures
    case .transform: 0
    case .everywhere: .max
    }
  }
}
