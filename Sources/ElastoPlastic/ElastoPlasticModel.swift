import Checkpoints
import ElasticLattice
import FourierGrid
import Geometry
import MessagePassing

/// A scalar, quasistatic elasto-plastic model with synchronous avalanches (Richard et al., Sec. V).
///
/// All blocks are loaded by the same stress until the weakest yields. Then, sweep by sweep, all blocks at their
/// thresholds yield together: each gets the eigenstrain ε, which changes the stress of all blocks by 2 μ̄ ε g(r),
/// and then a new threshold and the modulus of a renewed block. When no block is at its threshold, the load
/// continues. μ̄ is the mean modulus.
public final class ElastoPlasticModel {
  /// Names in checkpoints.
  private enum Key {
    static let state = "epm"
    static let lattice = "lattice"
    static let yieldCounts = "lattice/yield_count"
  }

  public let lattice: Lattice
  public let communicator: Communicator
  public let blocks: StressLattice
  /// Number of failures of each own block.
  public let yieldCounts: AlignedBuffer<Int32>

  /// Running totals, which are the same on all ranks.
  private struct Totals: Codable {
    var strain = NeumaierSum()
    var stress = NeumaierSum()
    var failures = 0
    var sweeps = 0
    var avalanches = 0
    var weakest = Double.nan
    /// Number of blocks that have yielded at least once.
    var renewedCount = 0
  }
  private var totals = Totals()
  public var strain: Double { totals.strain.value }
  /// Mean stress, computed as the sum of the loads minus the stress released by failures.
  public var stress: Double { totals.stress.value }
  /// Numbers of failures and sweeps so far.
  public var failures: Int { totals.failures }
  public var sweeps: Int { totals.sweeps }
  public var avalanches: Int { totals.avalanches }
  /// Distance to yield of the weakest block after the last avalanche, in stress.
  public var weakest: Double { totals.weakest }

  private let material: Material
  private let kernel: StressKernel
  private let maximumSweeps: Int
  private let exchange: FailureExchange
  private let renewals: RandomStream
  private let eigenstrains: RandomStream
  private var own = FailureList()
  private var covered = CoveredStrain()
  private var shape: AvalancheShape

  /// Creates the model at zero strain, with blocks without stress. Collective.
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

  /// Mean modulus (1/N) Σ μ_i, computed from integer counts, so that it is the same on any number of ranks.
  public var meanModulus: Double {
    let n = Double(lattice.siteCount)
    let renewed = Double(totals.renewedCount)
    return totals.renewedCount == 0
      ? material.modulus.initial : (material.modulus.initial * (n - renewed) + material.modulus.renewed * renewed) / n
  }

  /// Does one sweep without failures, for timing: transforms, kernel, and the search for failing blocks. Collective.
  public func sweepOnce() throws {
    own.removeAll()
    blocks.failing(forced: nil, into: &own.sites)
    try blocks.redistribute(own: own, all: own, total: 0)
  }

  // MARK: The loop

  /// Position of the load on its path, as saved in a checkpoint.
  private struct SavedProgress: Codable {
    /// Number of the next target, and number of samples that were taken.
    var target = 0
    var samplesSeen = 0
    /// Avalanche in progress, if any.
    var avalanche: Avalanche?
  }

  /// Returns the total strain covered up to the given strain, forward and backward.
  public func coveredStrain(at strain: Double) -> Double { covered.value(at: strain) }

  /// Loads the model along a path. Collective.
  ///
  /// `samples` are ascending strains at which the observer samples the state; it gets the state after the
  /// last avalanche before each of them. On a path with several targets it samples each target, and under
  /// stress control also the end.
  /// - Parameters:
  ///   - safePoint: where the run can be suspended: after each sweep. For the user, its steps are avalanches.
  ///   - saved: a checkpoint that was made there; nil for a fresh start.
  /// - Throws: `.notConverged` if an avalanche does not end within the given number of sweeps.
  public func run(
    _ path: LoadingPath, samples: [Double], observer: AvalancheObserver, safePoint: SafePoint = .none,
    resuming saved: Checkpoint? = nil
  ) throws {
    var progress = try saved.map { try resume($0) } ?? SavedProgress()
    covered = CoveredStrain()
    if path.isStrain { for target in path.targets[..<progress.target] { covered.turn(at: target) } }
    let safePoint = safePoint.within { [self] in try save(progress, to: $0) }
    func runAvalanche(_ start: Avalanche, forced: Int?) throws {
      progress.avalanche = start
      while try sweep(&progress.avalanche!, forced: start.sweeps == progress.avalanche!.sweeps ? forced : nil, path) {
        try safePoint.reached()
      }
      let avalanche = try concluded(progress.avalanche!)
      progress.avalanche = nil
      try observer.completed(avalanche, of: self)
      try safePoint.reached(isStep: true)
    }
    func hasReachedStress() -> Bool {
      if case .stress(let limit) = path.control { strain >= limit } else { false }
    }

    if let avalanche = progress.avalanche { try runAvalanche(avalanche, forced: nil) }
    while progress.target < path.targets.count, !hasReachedStress() {
      let target = path.targets[progress.target]
      while !hasReachedStress(), let (distance, site) = try nextToYield(path, before: target) {
        // A sample at the strain of an avalanche is the state after it.
        try visit(samples, before: strain + (distance - blocks.tie) / meanModulus, &progress.samplesSeen, observer)
        load(distance)
        try runAvalanche(avalanche(direction: distance < 0 ? -1 : 1), forced: site)
      }
      if hasReachedStress() { break }
      try visit(
        samples, before: path.isStrain ? .infinity : strain + (target - stress) / meanModulus, &progress.samplesSeen,
        observer)
      load(path.isStrain ? (target - strain) * meanModulus : target - stress)
      if path.isStrain { totals.strain = NeumaierSum(value: target) }
      if path.targets.count > 1 { try observer.reached(strain: target, of: self) }
      if path.isStrain { covered.turn(at: target) }
      progress.target += 1
    }
    if !path.isStrain {
      try visit(samples, before: strain, &progress.samplesSeen, observer)
      try observer.reached(strain: strain, of: self)
    }
  }

  /// Calls the observer for all samples before the strain of the next avalanche or target.
  private func visit(
    _ samples: [Double], before next: Double, _ seen: inout Int, _ observer: AvalancheObserver
  ) throws {
    while seen < samples.count, samples[seen] < next {
      try observer.reached(strain: samples[seen], of: self)
      seen += 1
    }
  }

  /// Returns the mean stress at a strain that the load reaches without another avalanche, or that
  /// the last avalanche has passed.
  public func stress(at strain: Double) -> Double { stress + max(0, strain - self.strain) * meanModulus }

  /// Returns the block that yields next on the way to a target, and the stress needed for that;
  /// nil if the target comes first.
  private func nextToYield(_ path: LoadingPath, before target: Double) throws -> (distance: Double, site: Int)? {
    let direction = target < (path.isStrain ? strain : stress) ? -1.0 : 1.0
    guard let found = try blocks.weakest(direction: direction) else { return nil }
    totals.weakest = found.distance
    let change = direction * found.distance
    let next = path.isStrain ? strain + change / meanModulus : stress + change
    // A block that yields at the target yields before it: there its stress equals its threshold up to rounding.
    let rounding = path.isStrain ? blocks.tie / meanModulus : blocks.tie
    return direction * next <= direction * target + rounding ? (change, found.site) : nil
  }

  /// Adds the same stress to all blocks.
  private func load(_ amount: Double) {
    blocks.load(amount)
    totals.strain.add(amount / meanModulus)
    totals.stress.add(amount)
  }

  /// Returns an avalanche that begins now.
  private func avalanche(direction: Int) -> Avalanche {
    Avalanche(
      strain: strain, stressBefore: stress, stressAfter: stress, failures: 0, sweeps: 0, gyration: [],
      strainAfter: strain, direction: direction)
  }

  /// Makes all blocks at their thresholds yield together, and `forced` in any case. Returns
  /// false if the avalanche has ended.
  private func sweep(_ avalanche: inout Avalanche, forced: Int?, _ path: LoadingPath) throws -> Bool {
    blocks.failing(forced: forced, into: &own.sites)
    let new = yield()
    try exchange.share(own, new: new, limit: blocks.rule.largestShared)
    if exchange.total == 0 { return false }
    avalanche.sweeps += 1
    guard avalanche.sweeps <= maximumSweeps else { throw tooLong(avalanche) }
    avalanche.failures += exchange.total
    shape.add(own.sites, of: lattice)
    try addReleased()
    try blocks.redistribute(own: own, all: exchange.all, total: exchange.total)
    if case .stress(let limit) = path.control, strain >= limit { return false }
    return true
  }

  /// Returns the avalanche with the properties that are known at its end.
  private func concluded(_ avalanche: Avalanche) throws -> Avalanche {
    var avalanche = avalanche
    avalanche.stressAfter = stress
    avalanche.strainAfter = strain
    avalanche.gyration = try shape.gyration(total: avalanche.failures, over: communicator)
    totals.avalanches += 1
    totals.failures += avalanche.failures
    totals.sweeps += avalanche.sweeps
    return avalanche
  }

  // MARK: Putting aside

  private struct State: Codable {
    var totals: Totals
    var progress: SavedProgress
    /// Counts of ``AvalancheShape`` for the avalanche in progress.
    var shape: [Int]

    private enum CodingKeys: String, CodingKey {
      case shape
      case totals = "books"
      case progress = "course"
    }
  }

  /// Saves the model. Collective.
  private func save(_ progress: SavedProgress, to checkpoint: Checkpoint) throws {
    try checkpoint.put(
      State(totals: totals, progress: progress, shape: try shape.total(over: communicator)), as: Key.state)
    try blocks.save(to: checkpoint, as: Key.lattice)
    checkpoint.put(
      .init(
        .smallIntegers(Array(UnsafeBufferPointer(start: yieldCounts.pointer, count: blocks.ownCount))), width: 1,
        firstRow: blocks.firstSite, totalRows: lattice.siteCount), as: Key.yieldCounts)
  }

  /// Restores the model. Collective.
  private func resume(_ checkpoint: Checkpoint) throws -> SavedProgress {
    let state = try checkpoint.value(State.self, of: Key.state)
    totals = state.totals
    if communicator.isRoot { shape.add(total: state.shape) }
    try blocks.resume(checkpoint, as: Key.lattice)
    let counts = try checkpoint.rows(
      Int32.self, of: Key.yieldCounts, blocks.firstSite..<(blocks.firstSite + blocks.ownCount))
    for i in counts.indices { yieldCounts[i] = counts[i] }
    return state.progress
  }

  /// Gives each own failing block its eigenstrain and a new threshold. Returns the number of blocks
  /// that yield for the first time.
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

  /// Applies the failures of a sweep to the means: the stress decreases at fixed strain, or the
  /// strain increases at fixed stress.
  private func addReleased() throws {
    let released = try sumOfAmplitudes() / Double(lattice.siteCount)
    let modulus = meanModulus
    totals.stress.add(kernel.uniform * released)
    totals.strain.add((1 + kernel.uniform) * released / modulus)
    totals.renewedCount += exchange.totalNew
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
      "the avalanche at strain \(avalanche.strain) has not ended within epm.maximum_sweeps = \(maximumSweeps) sweeps "
        + "and \(avalanche.failures) failures; a smaller eigenstrain, larger renewed thresholds or a larger "
        + "maximum_sweeps may help")
  }
}

/// Observer of a run. It is notified of each avalanche and samples the state at given strains.
/// Every call is made on all ranks.
public protocol AvalancheObserver: AnyObject {
  func completed(_ avalanche: Avalanche, of model: ElastoPlasticModel) throws
  /// Samples the state: the load has reached a strain of the schedule, or passed it in an avalanche.
  func reached(strain: Double, of model: ElastoPlasticModel) throws
}
