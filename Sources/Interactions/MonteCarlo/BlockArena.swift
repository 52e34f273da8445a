import Geometry

/// The particles of one block of space and those around it with which they can interact. They are copied next to each
/// other and ordered by small bins, so that trial moves need no neighbour list and no indirection.
///
/// Coordinates are lengths relative to the lower corner of the block. The order depends only on bins and identifiers,
/// never on where the particles were stored, so the same block gives the same bits on any rank.
public final class BlockArena {
  /// Position and shape of a block.
  public struct Frame {
    /// Lower corner, in quanta.
    public var origin: FixedVector
    public var quantum: Double
    /// Map of a position relative to the corner to fractions of the block, which are in [0, 1) inside it.
    public var fractions: Tensor
    /// Corners of the Cartesian box around the block, relative to the lower corner.
    public var lower: Vector
    public var upper: Vector

    public init(origin: FixedVector, quantum: Double, fractions: Tensor, lower: Vector, upper: Vector) {
      self.origin = origin
      self.quantum = quantum
      self.fractions = fractions
      self.lower = lower
      self.upper = upper
    }
  }

  /// Table of the largest cutoff of a particle, over the range of parameters.
  struct CutoffTable {
    let lowest: Double
    let perStep: Double
    let values: AlignedBuffer<Double>
    static let steps = 128

    @inline(__always) subscript(parameter: Double) -> Double { values[Int((parameter - lowest) * perStep)] }
  }

  /// Small bins by which the slots are ordered.
  struct Bins {
    /// First slot of each bin; bin b has the slots starts[b] ..< starts[b + 1]. Bins are ordered with x fastest, so
    /// that a row of bins is one run of slots.
    let starts = AlignedBuffer<Int32>()
    var counts = SIMD3<Int>(1, 1, 1)
    var origin = Vector.zero
    /// Size of a bin. It is short along x, where a row is cut to the part within reach, and longer across, so that
    /// there are fewer rows. The speed hardly depends on it: 5 % between half and twice this size.
    let size: Vector
    let perLength: Vector

    init(size: Vector) {
      self.size = size
      perLength = 1 / size
    }
  }

  /// Buffers of a search: slots, runs of slots, and the first and last bins of some rows.
  struct SearchBuffers {
    let found = AlignedBuffer<Int32>()
    let firsts = AlignedBuffer<Int32>()
    let ends = AlignedBuffer<Int32>()
    let columns = AlignedBuffer<Int32>(capacity: 2 * Lanes.count)
  }

  let dimension: Int
  private(set) var frame = Frame(origin: .zero, quantum: 1, fractions: .identity, lower: .zero, upper: .zero)
  let reach: CutoffTable
  private let largestCutoff: Double

  /// Columns of the slots: position, parameter, and the position at which the particle was put into its bin.
  let x = AlignedBuffer<Double>()
  let y = AlignedBuffer<Double>()
  let z = AlignedBuffer<Double>()
  let parameters = AlignedBuffer<Double>()
  let binnedAt = AlignedBuffer<Double>()
  private let ids = AlignedBuffer<Int64>()
  /// Storage index of a particle of the block; −1 for a particle around it.
  private let sources = AlignedBuffer<Int32>()
  let hasChanged = AlignedBuffer<Bool>()
  /// Slots of the block's own particles.
  let own = AlignedBuffer<Int32>()
  public private(set) var ownCount = 0
  private var count = 0

  private(set) var bins: Bins
  /// Largest displacement, along any axis, of a particle from the position at which it was binned. A block gets about
  /// one trial per particle, so this stays one or two steps.
  var drift = 0.0

  let search = SearchBuffers()
  /// A slot that is out of reach of everything.
  var emptySlot: Int32 { Int32(truncatingIfNeeded: count) }

  // Particles in the order of arrival, before they are sorted into slots.
  private let arrivals = AlignedBuffer<Arrival>()
  private let next = AlignedBuffer<Int32>()

  private struct Arrival: BitwiseCopyable {
    var x: Double
    var y: Double
    var z: Double
    var parameter: Double
    var id: Int64
    var source: Int32
    var bin: Int32
  }

  /// Creates an arena for blocks of one system.
  /// - Parameters:
  ///   - cutoff: cutoff of two particles with the given parameters.
  ///   - parameters: range of the parameters of all particles.
  ///   - spacing: mean distance between particles, on which the best size of the bins depends.
  public init(
    dimension: Int, cutoff: (Double, Double) -> Double, parameters range: ClosedRange<Double>, largestCutoff: Double,
    spacing: Double
  ) {
    self.dimension = dimension
    self.largestCutoff = largestCutoff
    bins = Bins(size: spacing * Vector(0.6, 1, 1))
    let steps = CutoffTable.steps
    let width = range.upperBound - range.lowerBound
    let values = AlignedBuffer<Double>(capacity: steps + 1)
    func parameter(_ k: Int) -> Double { range.lowerBound + width * Double(k) / Double(steps) }
    let reaches = (0...steps).map { a in (0...steps).map { cutoff(parameter(a), parameter($0)) }.max()! }
    // Cutoffs are smooth functions of the sizes, sampled in steps so small that a margin of a thousandth
    // covers the values in between.
    for k in 0...steps { values[k] = 1.001 * max(reaches[k], reaches[min(k + 1, steps)]) }
    reach = CutoffTable(lowest: range.lowerBound, perStep: width > 0 ? Double(steps) / width : 0, values: values)
  }

  // MARK: In and out

  /// Copies the particles of the block, and those around it that can interact with it.
  /// - Parameters:
  ///   - records: three coordinates in quanta and the bits of the parameter per particle.
  ///   - own: storage range of the block; `others` are those of the blocks around it.
  public func load(
    _ frame: Frame, records: UnsafePointer<Int64>, ids: UnsafePointer<Int64>, own: Range<Int32>,
    others: [Range<Int32>]
  ) {
    self.frame = frame
    drift = 0
    let reach = Vector(repeating: largestCutoff)
    let lower = frame.lower - reach
    let upper = frame.upper + reach
    bins.origin = lower
    for k in 0..<dimension { bins.counts[k] = Int((upper[k] - lower[k]) / bins.size[k]) + 1 }
    if dimension == 2 { bins.origin.z = 0 }
    count = 0
    arrivals.reserve(own.count + others.reduce(1) { $0 + $1.count })
    let quantum = frame.quantum
    let origin = frame.origin
    let (flat, arrived) = (dimension == 2, arrivals.pointer)
    let (low, high) = flat ? (-1, 1) : (lower.z, upper.z)
    @inline(__always) func bit(_ isTrue: Bool) -> Int { isTrue ? 1 : 0 }
    @inline(__always) func add(_ run: Range<Int32>, isOwn: Bool) {
      for i in run {
        let record = records + 4 * Int(i)
        let x = Double(record[0] &- origin.x) * quantum
        let y = Double(record[1] &- origin.y) * quantum
        let z = flat ? 0 : Double(record[2] &- origin.z) * quantum
        // No branch, since the CPU could not predict it: an arrival that is not kept is overwritten by the next.
        let isNear =
          isOwn
          ? 1 : bit(x > lower.x) & bit(x < upper.x) & bit(y > lower.y) & bit(y < upper.y) & bit(z > low) & bit(z < high)
        arrived[count] = Arrival(
          x: x, y: y, z: z, parameter: Double(bitPattern: UInt64(bitPattern: record[3])), id: ids[Int(i)],
          source: isOwn ? i : -1, bin: 0)
        count &+= isNear
      }
    }
    add(own, isOwn: true)
    for run in others { add(run, isOwn: false) }
    place()
  }

  /// Writes back the block's particles that have moved or changed their size.
  public func store(to records: UnsafeMutablePointer<Int64>) {
    let quantum = frame.quantum
    for k in 0..<ownCount {
      let slot = Int(own[k])
      guard hasChanged[slot] else { continue }
      let record = records + 4 * Int(sources[slot])
      record[0] = frame.origin.x &+ Int64((x[slot] / quantum).rounded(.toNearestOrEven))
      record[1] = frame.origin.y &+ Int64((y[slot] / quantum).rounded(.toNearestOrEven))
      if dimension == 3 { record[2] = frame.origin.z &+ Int64((z[slot] / quantum).rounded(.toNearestOrEven)) }
      record[3] = Int64(bitPattern: parameters[slot].bitPattern)
    }
  }

  // MARK: Bins

  /// Sorts the arrivals into bins, and by identifier within each bin.
  private func place() {
    let binCount = bins.counts.x * bins.counts.y * bins.counts.z
    bins.starts.reserve(binCount + 1)
    next.reserve(binCount + 1)
    // The search reads up to a lane's width beyond the last slot.
    for column in [x, y, z, parameters] { column.reserve(count + Lanes.count) }
    binnedAt.reserve(3 * count)
    ids.reserve(count)
    sources.reserve(count)
    hasChanged.reserve(count)
    own.reserve(count)
    search.found.reserve(count + 2 * Lanes.count)
    // A row of bins gives at most as many runs as it has particles, and may write two more.
    search.firsts.reserve(count + 2)
    search.ends.reserve(count + 2)
    let (starts, following, arrived) = (bins.starts.pointer, next.pointer, arrivals.pointer)
    for b in 0...binCount { starts[b] = 0 }
    let (counts, origin, perLength) = (bins.counts, bins.origin, bins.perLength)
    let most = counts &- SIMD3<Int>(repeating: 1)
    for k in 0..<count {
      let bx = min(max(Int((arrived[k].x - origin.x) * perLength.x), 0), most.x)
      let by = min(max(Int((arrived[k].y - origin.y) * perLength.y), 0), most.y)
      let bz = dimension == 2 ? 0 : min(max(Int((arrived[k].z - origin.z) * perLength.z), 0), most.z)
      let bin = bx + counts.x * (by + counts.y * bz)
      arrived[k].bin = Int32(truncatingIfNeeded: bin)
      starts[bin + 1] += 1
    }
    for b in 0..<binCount {
      following[b] = starts[b]
      starts[b + 1] += starts[b]
    }
    // Find the slot of each arrival. Bins hold one or two particles, so sorting them costs little.
    let slots = Slots(self)
    for k in 0..<count {
      let a = arrived[k]
      let bin = Int(a.bin)
      var slot = Int(following[bin])
      following[bin] += 1
      while slot > Int(starts[bin]) && slots.ids[slot - 1] > a.id {
        slots.copy(slot - 1, to: slot)
        slot -= 1
      }
      slots.put(a, into: slot)
    }
    ownCount = slots.listOwn(count)
    for lane in 0..<Lanes.count { slots.empty(count + lane, parameter: reach.lowest) }
  }

  /// The columns as raw pointers, for the loops over slots.
  private struct Slots {
    let x: UnsafeMutablePointer<Double>
    let y: UnsafeMutablePointer<Double>
    let z: UnsafeMutablePointer<Double>
    let parameters: UnsafeMutablePointer<Double>
    let binnedAt: UnsafeMutablePointer<Double>
    let ids: UnsafeMutablePointer<Int64>
    let sources: UnsafeMutablePointer<Int32>
    let hasChanged: UnsafeMutablePointer<Bool>
    let own: UnsafeMutablePointer<Int32>

    init(_ arena: BlockArena) {
      x = arena.x.pointer
      y = arena.y.pointer
      z = arena.z.pointer
      parameters = arena.parameters.pointer
      binnedAt = arena.binnedAt.pointer
      ids = arena.ids.pointer
      sources = arena.sources.pointer
      hasChanged = arena.hasChanged.pointer
      own = arena.own.pointer
    }

    @inline(__always) func put(_ a: Arrival, into slot: Int) {
      x[slot] = a.x
      y[slot] = a.y
      z[slot] = a.z
      parameters[slot] = a.parameter
      ids[slot] = a.id
      sources[slot] = a.source
      hasChanged[slot] = false
    }

    @inline(__always) func copy(_ source: Int, to target: Int) {
      x[target] = x[source]
      y[target] = y[source]
      z[target] = z[source]
      parameters[target] = parameters[source]
      ids[target] = ids[source]
      sources[target] = sources[source]
      hasChanged[target] = hasChanged[source]
    }

    /// Lists the slots of the block's own particles and records their binned positions. Returns their number.
    func listOwn(_ count: Int) -> Int {
      var found = 0
      for slot in 0..<count where sources[slot] >= 0 {
        own[found] = Int32(truncatingIfNeeded: slot)
        found += 1
        binnedAt[3 * slot] = x[slot]
        binnedAt[3 * slot + 1] = y[slot]
        binnedAt[3 * slot + 2] = z[slot]
      }
      return found
    }

    @inline(__always) func empty(_ slot: Int, parameter: Double) {
      x[slot] = BlockArena.nowhere
      y[slot] = BlockArena.nowhere
      z[slot] = BlockArena.nowhere
      parameters[slot] = parameter
    }
  }

  /// Coordinate beyond the reach of everything, to which a particle is moved while its own neighbours are summed.
  @inline(__always) static var nowhere: Double { 1e9 }
}
