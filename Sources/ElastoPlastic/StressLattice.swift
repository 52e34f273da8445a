import ElasticLattice
import FourierGrid
import Geometry
import MessagePassing

/// The stresses and yield thresholds of all blocks, in slabs over the ranks. It loads the blocks, finds those that
/// yield, and redistributes the stress that they release.
public final class StressLattice {
  public let communicator: Communicator
  public let rule: UpdateRule
  let blocks: BlockStresses
  let redistribution: any Redistribution

  public var lattice: Lattice { blocks.lattice }
  /// Planes of this rank; its sites are numbered from the first of them.
  public var planes: Range<Int> { blocks.planes }
  public var firstSite: Int { blocks.firstSite }
  public var ownCount: Int { blocks.ownCount }
  /// Stresses of the own blocks, up to date after ``settle()``.
  public var stress: AlignedBuffer<Double> { blocks.stress }
  public var thresholds: AlignedBuffer<Double> { blocks.thresholds }
  public var statistics: RedistributionStatistics { blocks.statistics }
  /// Whether blocks also yield at −Y.
  var bothSigns: Bool { blocks.bothSigns }
  /// Distance to yield, in stress, up to which a block counts as at its threshold.
  var tie: Double { blocks.tie }

  /// Creates blocks without stress, with the given thresholds. Collective.
  /// - Parameter fill: writes the thresholds of the own sites, all > 0.
  public init(
    _ kernel: StressKernel, rule: UpdateRule, bothSigns: Bool, transform: LatticeTransform,
    over communicator: Communicator, fill: (UnsafeMutablePointer<Double>) throws -> Void
  ) throws {
    self.rule = rule
    self.communicator = communicator
    let own = transform.planes.count * kernel.lattice.planeSize
    let thresholds = AlignedBuffer<Double>(capacity: own)
    try fill(thresholds.pointer)
    var largest = 0.0
    for i in 0..<own { largest = max(largest, thresholds[i]) }
    blocks = BlockStresses(
      kernel.lattice, planes: transform.planes, bothSigns: bothSigns, thresholds: thresholds,
      largestThreshold: try communicator.reduce(largest, .maximum))
    redistribution = try rule.redistribution(
      kernel, bothSigns: bothSigns, transform: transform, over: communicator)
    transform.clearField()
    blocks.add(fieldOf: transform)
  }

  // MARK: Loading

  /// Adds the same stress to all blocks.
  public func load(_ amount: Double) { blocks.offset += amount }

  /// Returns the block that yields first when all are loaded in a direction (+1 or −1), and the stress needed
  /// for that; nil if no block would ever yield. Among blocks at the same distance it is the one with the
  /// lowest site number. Collective.
  public func weakest(direction: Double) throws -> (distance: Double, site: Int)? {
    var best = Double.infinity
    var site = Int.max
    if bothSigns || direction > 0 { (best, site) = weakestOwn(direction) }
    if communicator.size > 1 {
      let distances = try communicator.gather(best)
      let sites = try communicator.gather(site)
      for r in 0..<communicator.size where distances[r] < best || (distances[r] == best && sites[r] < site) {
        best = distances[r]
        site = sites[r]
      }
    }
    return best < .infinity ? (best, site) : nil
  }

  private func weakestOwn(_ direction: Double) -> (Double, Int) {
    let (candidates, tiles) = (blocks.candidates, blocks.tiles)
    var best = Double.infinity
    var site = Int.max
    func look(from start: Int) {
      for k in start..<max(start, candidates.count) {
        let distance = candidates.thresholds[k] - direction * blocks.presentStress(ofCandidate: k)
        let s = firstSite + Int(candidates.sites[k])
        if distance < best || (distance == best && s < site) {
          best = distance
          site = s
        }
      }
    }
    look(from: 0)
    if best == .infinity {
      // Start with the tile that may hold the weakest block.
      var lowest = Double.infinity
      var tile = -1
      for t in 0..<tiles.count where tiles.floors[t] - blocks.reach(ofTile: t) < lowest {
        lowest = tiles.floors[t] - blocks.reach(ofTile: t)
        tile = t
      }
      guard tile >= 0 else { return (best, site) }
      findCandidates { blocks.promote(tile: tile, below: tiles.floors[tile]) }
      look(from: 0)
    }
    for t in 0..<tiles.count where tiles.floors[t] - blocks.reach(ofTile: t) <= best {
      let known = candidates.count
      findCandidates { blocks.promote(tile: t, below: best + blocks.reach(ofTile: t)) }
      look(from: known)
    }
    return (best, site)
  }

  /// Makes candidates, and adds to them the stress from failures that are not settled.
  @inline(__always) private func findCandidates(_ promote: () -> Void) {
    let known = blocks.candidates.count
    promote()
    if blocks.candidates.count > known { redistribution.addPending(to: blocks.candidates, from: known) }
  }

  // MARK: Failing

  /// Lists the own blocks at or above their thresholds, up to ``tie``, in ascending order. `forced`, if it is an own
  /// block, is listed in any case.
  func failing(forced: Int?, into list: inout [Int]) {
    list.removeAll(keepingCapacity: true)
    findCandidates { blocks.addYieldCandidates() }
    let tie = tie
    for k in 0..<blocks.candidates.count where blocks.distance(ofCandidate: k) <= tie {
      list.append(firstSite + Int(blocks.candidates.sites[k]))
    }
    if let forced, forced >= firstSite, forced < firstSite + ownCount, !list.contains(forced) {
      // `forced` was a candidate when it was found to be the weakest, unless stresses have been settled since.
      findCandidates { blocks.makeCandidate(forced - firstSite) }
      list.append(forced)
    }
    list.sort()
  }

  /// Returns the present stress of an own block, which must be a candidate, as every failing block is.
  func presentStress(site: Int) -> Double {
    blocks.presentStress(ofCandidate: Int(blocks.candidates.slots[site - firstSite]))
  }

  /// Sets a new threshold of an own block.
  func renew(site: Int, threshold: Double) { blocks.renew(own: site - firstSite, threshold: threshold) }

  // MARK: Redistribution

  /// Adds the stress released by the failures of a sweep to all blocks. Collective.
  /// - Parameters:
  ///   - own: failures of this rank.
  ///   - all: failures of all ranks, unless there are more than the rule's limit.
  func redistribute(own: FailureList, all: FailureList, total: Int) throws {
    try redistribution.redistribute(own: own, all: all, total: total, to: blocks)
  }

  /// Updates ``stress`` of all blocks, so that no failure is pending. Collective.
  public func settle() throws { try redistribution.settle(blocks) }

  // MARK: The whole

  /// Returns the exact mean of the stress over all blocks, after settling. Collective.
  public func meanStress() throws -> Double {
    try settle()
    return try mean(of: stress)
  }

  /// Returns the exact mean of the thresholds. Collective.
  public func meanThreshold() throws -> Double { try mean(of: thresholds) }

  private func mean(of values: AlignedBuffer<Double>) throws -> Double {
    let sums = ExactSums(count: 1)
    for i in 0..<ownCount { sums.add(values[i], to: 0) }
    return try sums.reduce(over: communicator)[0] / Double(lattice.siteCount)
  }
}
