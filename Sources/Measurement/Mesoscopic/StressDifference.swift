import Checkpoints
import Geometry
import MessagePassing

/// Differences Δσ = σ(t₀ + t) − σ(t₀) of the stress of blocks, for many lags t and all origins t₀, without the series
/// (Puosi, Olivier and Martens 2015, eq. 7).
///
/// For each lag it keeps the sums of Δσ, |Δσ|, Δσ², Δσ³ and Δσ⁴ over blocks and origins, so that a mean drift such as
/// the elastic G₀γ̇t can be subtracted later (``StressDifferenceCurve``), and histograms of the kicks Δσ at two lags.
/// Kicks range over decades and have fat tails on both sides, so the bins are logarithmic, those of the two signs
/// apart.
///
/// Samples come at equal intervals. Sums are plain inside a slab of the grid and exact over slabs, ranks and time, so
/// the same on any number of ranks.
public final class StressDifference {
  /// Names in checkpoints.
  private enum Key {
    static let state = "/state"
    static let rings = "/rings"
    static let sums = "/sums"
  }

  private struct State: Codable {
    var age: Int
    var restarts: Int
    var dropped: [Int]
    var kicks: [[Int64]]
  }

  /// Quantities of each lag: number of windows, one for each block and origin, and the sums of powers.
  static let quantities = 6

  public let lags: DecimatedLags
  /// The two lags whose kicks are counted, in samples: the shortest, and the longest that is not above the chosen one.
  public let kickLags: [Int]
  /// Number of restarts.
  public private(set) var restarts = 0
  /// Windows of each lag that a restart has ended before their time, of one block.
  public private(set) var dropped: [Int]

  private let slabs: RowShares
  private let slabSize: Int
  /// Last samples of each level: level, place in the ring, block of this rank.
  private let rings: AlignedBuffer<Double>
  private let sums: RunningSums
  private var kicks: [KickHistogram]
  /// Samples since the last restart.
  private var age = 0

  /// - Parameters:
  ///   - slabs, slabSize: the slabs of the grid and the number of blocks in each.
  ///   - longest: longest lag, in samples.
  ///   - kick: lag of the second histogram of kicks, in samples, from 1 to `longest`.
  public convenience init(slabs: RowShares, slabSize: Int, longest: Int, kick: Int, over communicator: Communicator) {
    let lags = DecimatedLags(upTo: longest)
    self.init(
      slabs, slabSize, lags, kick, RunningSums(count: Self.quantities * lags.samples.count, over: communicator))
  }

  private init(_ slabs: RowShares, _ slabSize: Int, _ lags: DecimatedLags, _ kick: Int, _ sums: RunningSums) {
    self.slabs = slabs
    self.slabSize = slabSize
    self.lags = lags
    self.sums = sums
    precondition(kick >= 1, "a kick takes at least one sample")
    kickLags = [lags.samples[0], lags.samples.last { $0 <= kick }!]
    kicks = [KickHistogram(), KickHistogram()]
    dropped = [Int](repeating: 0, count: lags.samples.count)
    rings = AlignedBuffer(capacity: lags.levels * DecimatedLags.ring * slabs.own.count * slabSize)
  }

  /// Adds the next sample: the stress of each block of this rank. Collective.
  public func add(_ stresses: [Double]) throws {
    let count = slabs.own.count * slabSize
    precondition(stresses.count == count, "a sample has the stress of each block of the rank")
    stresses.withUnsafeBufferPointer { now in
      for level in 0..<lags.levels where age & (1 << level - 1) == 0 {
        let ring = rings.pointer + level * DecimatedLags.ring * count
        let kept = age >> level
        forEachLag(of: level) { lag, multiple in
          guard multiple <= kept else { return }
          compare(now, with: ring + (kept - multiple) % DecimatedLags.ring * count, lag: lag)
        }
        if count > 0 { (ring + kept % DecimatedLags.ring * count).update(from: now.baseAddress!, count: count) }
      }
    }
    age += 1
    try sums.endSample()
  }

  private func forEachLag(of level: Int, _ visit: (_ lag: Int, _ multiple: Int) -> Void) {
    let first = DecimatedLags.first(of: level)
    for (k, multiple) in DecimatedLags.multiples(of: level).enumerated() where first + k < lags.samples.count {
      visit(first + k, multiple)
    }
  }

  /// Adds the differences of all blocks of this rank over one lag.
  private func compare(_ now: UnsafeBufferPointer<Double>, with then: UnsafePointer<Double>, lag: Int) {
    let quantity = lag * Self.quantities
    for slab in 0..<slabs.own.count {
      var (first, absolute, second, third, fourth) = (0.0, 0.0, 0.0, 0.0, 0.0)
      for block in (slab * slabSize)..<((slab + 1) * slabSize) {
        let difference = now[block] - then[block]
        let square = difference * difference
        first += difference
        absolute += abs(difference)
        second += square
        third += square * difference
        fourth += square * square
      }
      sums.add(Double(slabSize), to: quantity)
      sums.add(first, to: quantity + 1)
      sums.add(absolute, to: quantity + 2)
      sums.add(second, to: quantity + 3)
      sums.add(third, to: quantity + 4)
      sums.add(fourth, to: quantity + 5)
    }
    for k in kicks.indices where lags.samples[lag] == kickLags[k] {
      for block in now.indices { kicks[k].add(now[block] - then[block]) }
    }
  }

  /// Starts anew, as after a flip of the box, which has other blocks. Windows that have begun and not ended are
  /// dropped.
  public func restart() {
    guard age > 0 else { return }
    for level in 0..<lags.levels {
      let kept = (age - 1) >> level + 1
      forEachLag(of: level) { lag, multiple in dropped[lag] += min(multiple, kept) }
    }
    restarts += 1
    age = 0
  }

  // MARK: Results

  /// Returns the moments of all lags so far. Collective.
  /// - Parameter interval: time between samples.
  public func curve(interval: Double) throws -> StressDifferenceCurve {
    StressDifferenceCurve(lags: lags.samples, interval: interval, sums: try sums.segments())
  }

  /// Returns the histograms of kicks of all ranks, one for each of ``kickLags``. Collective.
  public func kickHistograms() throws -> [KickHistogram] { try kicks.map { try $0.pooled(over: sums.communicator) } }

  // MARK: Checkpoints

  /// Saves the state. Collective.
  public func save(to checkpoint: Checkpoint, as name: String) throws {
    let state = State(
      age: age, restarts: restarts, dropped: dropped, kicks: try kickHistograms().map(\.counts))
    try checkpoint.put(state, as: name + Key.state)
    try sums.save(to: checkpoint, as: name + Key.sums)
    let count = slabs.own.count * slabSize
    let width = lags.levels * DecimatedLags.ring
    let numbers = (0..<count).flatMap { block in (0..<width).map { rings[$0 * count + block] } }
    checkpoint.put(
      .init(
        .reals(numbers), width: width, firstRow: slabs.own.lowerBound * slabSize, totalRows: slabs.count * slabSize),
      as: name + Key.rings)
  }

  /// Continues what was saved, with the same blocks and lags, on any number of ranks. Collective.
  public convenience init(
    slabs: RowShares, slabSize: Int, longest: Int, kick: Int, resuming checkpoint: Checkpoint, as name: String
  ) throws {
    let lags = DecimatedLags(upTo: longest)
    let sums = try RunningSums(
      count: Self.quantities * lags.samples.count, resuming: checkpoint, as: name + Key.sums)
    self.init(slabs, slabSize, lags, kick, sums)
    let state = try checkpoint.value(State.self, of: name + Key.state)
    age = state.age
    restarts = state.restarts
    dropped = state.dropped
    // The counts are those of all ranks together: one rank holds them on.
    if checkpoint.communicator.isRoot { kicks = state.kicks.map(KickHistogram.init(counts:)) }
    let first = slabs.own.lowerBound * slabSize
    let count = slabs.own.count * slabSize
    let width = lags.levels * DecimatedLags.ring
    let numbers = try checkpoint.rows(Double.self, of: name + Key.rings, first..<(first + count))
    for block in 0..<count { for k in 0..<width { rings[k * count + block] = numbers[block * width + k] } }
  }
}
