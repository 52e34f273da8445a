import ElasticLattice
import FourierGrid
import Geometry
import MessagePassing

/// The stresses and yield thresholds of all blocks, in slabs over the ranks, and the redistribution of stress among
/// them.
///
/// The stress of a block is the sum of four parts: what ``stress`` holds, in which failures in a window around the
/// block are added at once; ``offset``, the uniform load since the last settling; and what failures farther away have
/// given since then, which is summed up (in the order of the failures) only for the *candidates*. Every other block is
/// excluded by a bound: for each tile of blocks the least distance to yield of those that are no candidates
/// (``floors``) exceeds the most that pending failures can have given any block of the tile (``bounds``). Settling adds
/// the pending part to all blocks by one transform, after a number of failures that does not depend on the ranks; so
/// every block that is compared with its threshold has the same bits on any number of ranks.
public final class StressLattice {
  public let lattice: Lattice
  public let communicator: Communicator
  public let rule: UpdateRule
  /// Whether blocks also yield at −Y.
  let bothSigns: Bool
  let kernel: StressKernel
  let transform: LatticeTransform
  let realSpace: RealSpaceKernel?
  let tiling: Tiling
  let tileBounds: TileBounds?

  /// The planes of this rank; its sites are numbered from the first of them.
  public var planes: Range<Int> { transform.planes }
  public var firstSite: Int { transform.planes.lowerBound * lattice.planeSize }
  public var ownCount: Int { transform.planes.count * lattice.planeSize }

  public let stress: AlignedBuffer<Double>
  public let thresholds: AlignedBuffer<Double>
  var offset = 0.0

  // Tiles: those of the whole lattice that this rank has planes of.
  let firstTile: Int
  let tileRows: Int
  let tileStride: Int
  let floors: AlignedBuffer<Double>
  let bounds: AlignedBuffer<Double>
  /// Below this, distances and bounds are not told apart: well above rounding, well below physics.
  let guardBand: Double
  /// Blocks this close to their thresholds are at them. How a stress was rounded depends on the update rule, and blocks
  /// that are equally far by the equations have to yield together.
  let tie: Double

  // Failures since the last settling, on all ranks, and the candidates of this rank.
  var pending = Coordinates()
  var pendingAmplitudes = AlignedBuffer<Double>()
  var candidates = Coordinates()
  let candidateSites = AlignedBuffer<Int32>()
  let candidateStress = AlignedBuffer<Double>()
  let candidateThresholds = AlignedBuffer<Double>()
  let candidateFar = AlignedBuffer<Double>()
  /// For each own site the number of its candidate, or −1.
  let slots: AlignedBuffer<Int32>

  /// What the redistribution has done, for the record.
  public internal(set) var statistics = Statistics()
  public struct Statistics: Codable, Sendable {
    public var transforms = 0
    public var sparseSweeps = 0
    public var candidates = 0
  }

  /// Sites by their three coordinates.
  struct Coordinates {
    let x = AlignedBuffer<Int32>()
    let y = AlignedBuffer<Int32>()
    let z = AlignedBuffer<Int32>()
    var count = 0

    mutating func append(_ place: (Int, Int, Int)) {
      x.reserve(count + 1, keeping: count)
      y.reserve(count + 1, keeping: count)
      z.reserve(count + 1, keeping: count)
      x[count] = Int32(place.0)
      y[count] = Int32(place.1)
      z[count] = Int32(place.2)
      count += 1
    }
  }

  /// Blocks without stress, at the given thresholds.
  /// - Parameter fill: writes the thresholds of the own sites, all > 0.
  /// Collective.
  public init(
    _ kernel: StressKernel, rule: UpdateRule, bothSigns: Bool, transform: LatticeTransform,
    over communicator: Communicator, fill: (UnsafeMutablePointer<Double>) throws -> Void
  ) throws {
    lattice = kernel.lattice
    self.kernel = kernel
    self.rule = rule
    self.bothSigns = bothSigns
    self.transform = transform
    self.communicator = communicator
    let own = transform.planes.count * lattice.planeSize
    stress = AlignedBuffer(capacity: own)
    thresholds = AlignedBuffer(capacity: own)
    slots = AlignedBuffer(capacity: own)
    for i in 0..<own { slots[i] = -1 }
    try fill(thresholds.pointer)
    tiling = Tiling(lattice)
    firstTile = transform.planes.lowerBound / tiling.edges.0
    tileRows = own == 0 ? 0 : (transform.planes.upperBound - 1) / tiling.edges.0 - firstTile + 1
    // Rows of tiles are filled up to whole lanes.
    tileStride = (tiling.counts.2 + Lanes.count - 1) / Lanes.count * Lanes.count
    let tileCount = tileRows * tiling.counts.1 * tileStride
    floors = AlignedBuffer(capacity: tileCount)
    bounds = AlignedBuffer(capacity: tileCount)
    for t in 0..<tileCount { floors[t] = .infinity }
    var largest = 0.0
    for i in 0..<own { largest = max(largest, thresholds[i]) }
    largest = try communicator.reduce(largest, .maximum)
    guardBand = 1e-11 * largest
    tie = 1e-13 * largest
    if case .transform = rule {
      realSpace = nil
      tileBounds = nil
    } else {
      let isSparse = if case .sparse = rule { true } else { false }
      realSpace = try RealSpaceKernel(
        kernel, transform: transform, reach: isSparse ? RealSpaceKernel.standardReach(lattice) : nil, over: communicator
      )
      tileBounds = isSparse ? TileBounds(realSpace!, tiling, isSigned: !bothSigns) : nil
    }
    transform.clearField()
    addField()
  }

  // MARK: Loading

  /// Adds the same stress to all blocks.
  public func load(_ amount: Double) { offset += amount }

  /// How far block k of the candidates is from yielding: at most ``tie`` where it yields.
  @inline(__always)
  func distance(ofCandidate k: Int) -> Double {
    let present = (candidateStress[k] + candidateFar[k]) + offset
    return candidateThresholds[k] - (bothSigns ? abs(present) : present)
  }

  /// What no block of a tile can have gained or lost beyond what ``stress`` says.
  @inline(__always)
  func reach(ofTile t: Int) -> Double { bounds[t] * (1 + 1e-9) + ((bothSigns ? abs(offset) : offset) + guardBand) }

  /// The block that yields first when all are loaded in a direction (+1 or −1), and how much stress that takes; nil if
  /// no block would ever yield. Of blocks that are equally far the first counts. Collective.
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
    var best = Double.infinity
    var site = Int.max
    func look(from start: Int) {
      for k in start..<max(start, candidates.count) {
        let present = (candidateStress[k] + candidateFar[k]) + offset
        let distance = candidateThresholds[k] - direction * present
        let s = firstSite + Int(candidateSites[k])
        if distance < best || (distance == best && s < site) {
          best = distance
          site = s
        }
      }
    }
    look(from: 0)
    let tileCount = tileRows * tiling.counts.1 * tileStride
    if best == .infinity {
      // Somewhere to begin: the tile that may hold the weakest.
      var lowest = Double.infinity
      var tile = -1
      for t in 0..<tileCount where floors[t] - reach(ofTile: t) < lowest {
        lowest = floors[t] - reach(ofTile: t)
        tile = t
      }
      guard tile >= 0 else { return (best, site) }
      promote(tile: tile, below: floors[tile])
      look(from: 0)
    }
    for t in 0..<tileCount where floors[t] - reach(ofTile: t) <= best {
      let known = candidates.count
      promote(tile: t, below: best + reach(ofTile: t))
      look(from: known)
    }
    return (best, site)
  }

  // MARK: Failing

  /// The own blocks at or above their thresholds, to ``tie``, ascending; `forced`, if it is an own one, fails in any
  /// case.
  func failing(forced: Int?, into list: inout [Int]) {
    list.removeAll(keepingCapacity: true)
    promoteWhatMayYield()
    for k in 0..<candidates.count where distance(ofCandidate: k) <= tie {
      list.append(firstSite + Int(candidateSites[k]))
    }
    if let forced, forced >= firstSite, forced < firstSite + ownCount, !list.contains(forced) {
      // It was one when it was found the weakest, unless stresses have been settled since.
      makeCandidate(forced)
      list.append(forced)
    }
    list.sort()
  }

  /// The present stress of an own block that is a candidate, as every block is that fails.
  func presentStress(site: Int) -> Double {
    let k = Int(slots[site - firstSite])
    return (candidateStress[k] + candidateFar[k]) + offset
  }

  /// A new threshold for an own block.
  func renew(site: Int, threshold: Double) {
    let i = site - firstSite
    thresholds[i] = threshold
    let k = Int(slots[i])
    if k >= 0 { candidateThresholds[k] = threshold }
  }

  // MARK: Redistribution

  /// Adds the stress that the failures of a sweep set free. Collective.
  /// - Parameters:
  ///   - own: of this rank.
  ///   - all: of all ranks, unless there are more than the rule's limit.
  func redistribute(own: FailureList, all: FailureList, total: Int) throws {
    switch rule {
    case .sparse(let failures, let pendingLimit) where total <= failures:
      statistics.sparseSweeps += 1
      addSparse(all)
      if pending.count >= pendingLimit { try settle() }
    case .everywhere:
      addEverywhere(all)
    default:
      if pending.count > 0 { try settle() }
      statistics.transforms += 1
      deposit(own)
      transform.convolve(with: kernel, factor: 1 / Double(lattice.siteCount))
      addField()
    }
  }

  /// Brings ``stress`` up to date for all blocks. Collective.
  public func settle() throws {
    if pending.count > 0 {
      statistics.transforms += 1
      transform.clearField()
      for k in 0..<pending.count where planes.contains(Int(pending.x[k])) {
        transform.field[fieldIndex(Int(pending.x[k]), Int(pending.y[k]), Int(pending.z[k]))] += pendingAmplitudes[k]
      }
      transform.convolve(with: realSpace!.farSpectrum.pointer)
    } else if offset != 0 || candidates.count > 0 {
      transform.clearField()
    } else {
      return
    }
    addField()
  }

  private func deposit(_ own: FailureList) {
    transform.clearField()
    for (site, amplitude) in zip(own.sites, own.amplitudes) {
      let (x, y, z) = lattice.coordinates(of: site)
      transform.field[fieldIndex(x, y, z)] += amplitude
    }
  }

  private func fieldIndex(_ x: Int, _ y: Int, _ z: Int) -> Int {
    ((x - planes.lowerBound) * lattice.extents.1 + y) * transform.rowStride + z
  }

  /// Adds the transform's field and the offset to all blocks, forgets candidates and pending failures, and finds each
  /// tile's least distance to yield anew.
  func addField() {
    statistics.candidates = max(statistics.candidates, candidates.count)
    for k in 0..<candidates.count { slots[Int(candidateSites[k])] = -1 }
    candidates.count = 0
    pending.count = 0
    let tileCount = tileRows * tiling.counts.1 * tileStride
    for t in 0..<tileCount {
      floors[t] = .infinity
      bounds[t] = 0
    }
    let (_, n1, n2) = lattice.extents
    for plane in 0..<planes.count {
      for y in 0..<n1 {
        let row = plane * n1 + y
        let tiles =
          floors.pointer
          + (((plane + planes.lowerBound) / tiling.edges.0 - firstTile) * tiling.counts.1 + y / tiling.edges.1)
          * tileStride
        if bothSigns {
          addRow(
            stress.pointer + row * n2, transform.field + row * transform.rowStride, thresholds.pointer + row * n2, n2,
            offset, tiles, tiling.edges.2, EitherWay.self)
        } else {
          addRow(
            stress.pointer + row * n2, transform.field + row * transform.rowStride, thresholds.pointer + row * n2, n2,
            offset, tiles, tiling.edges.2, Forward.self)
        }
      }
    }
    offset = 0
  }

  // MARK: The whole

  /// The exact mean of the stress over all blocks. Settles first. Collective.
  public func meanStress() throws -> Double {
    try settle()
    let sums = ExactSums(count: 1)
    for i in 0..<ownCount { sums.add(stress[i], to: 0) }
    return try sums.reduce(over: communicator)[0] / Double(lattice.siteCount)
  }

  /// The exact mean of the thresholds. Collective.
  public func meanThreshold() throws -> Double {
    let sums = ExactSums(count: 1)
    for i in 0..<ownCount { sums.add(thresholds[i], to: 0) }
    return try sums.reduce(over: communicator)[0] / Double(lattice.siteCount)
  }
}

// MARK: The loop over all blocks

/// Which sign of the stress a block yields at.
protocol Yielding {
  static func magnitude(_ stress: Double) -> Double
}
enum Forward: Yielding {
  @inline(__always) static func magnitude(_ stress: Double) -> Double { stress }
}
enum EitherWay: Yielding {
  @inline(__always) static func magnitude(_ stress: Double) -> Double { abs(stress) }
}

/// Adds a row of the field and the offset to a row of stresses; keeps the least distance to yield of each tile.
@inline(never)
func addRow<Sign: Yielding>(
  _ stress: UnsafeMutablePointer<Double>, _ field: UnsafePointer<Double>, _ thresholds: UnsafePointer<Double>,
  _ count: Int, _ offset: Double, _ floors: UnsafeMutablePointer<Double>, _ edge: Int, _ sign: Sign.Type
) {
  var start = 0
  var tile = 0
  while start < count {
    let end = min(start + edge, count)
    for z in start..<end { stress[z] += field[z] + offset }
    // Four minima side by side, since each waits for the one before it.
    var (a, b, c, d) = (floors[tile], Double.infinity, Double.infinity, Double.infinity)
    var z = start
    while z + 4 <= end {
      let x0 = thresholds[z] - Sign.magnitude(stress[z])
      let x1 = thresholds[z + 1] - Sign.magnitude(stress[z + 1])
      let x2 = thresholds[z + 2] - Sign.magnitude(stress[z + 2])
      let x3 = thresholds[z + 3] - Sign.magnitude(stress[z + 3])
      a = x0 < a ? x0 : a
      b = x1 < b ? x1 : b
      c = x2 < c ? x2 : c
      d = x3 < d ? x3 : d
      z += 4
    }
    while z < end {
      let x = thresholds[z] - Sign.magnitude(stress[z])
      a = x < a ? x : a
      z += 1
    }
    a = b < a ? b : a
    c = d < c ? d : c
    floors[tile] = c < a ? c : a
    start = end
    tile += 1
  }
}
