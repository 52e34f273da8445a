import Geometry
import MessagePassing
import Particles

/// Results of one method for the cavities of this rank: a row per node of the grid, with or without a yield stress.
public final class MethodResult {
  /// Direction of loading of a cavity.
  public enum Direction: String, CaseIterable, Sendable {
    case forward, backward

    var sign: Double { self == .forward ? 1 : -1 }
  }

  /// Result for one weight and direction.
  public struct Entry: Sendable {
    public var yield: YieldPoint?
    /// Reason why there is no yield point.
    public var discarded: Discarded?

    init(_ result: Result<YieldPoint, Discarded>) {
      switch result {
      case .success(let point): yield = point
      case .failure(let reason): discarded = reason
      }
    }
  }

  public let directions: [Direction]
  public private(set) var nodes: [Int] = []
  /// Identifier of the particle at the centre of each cavity, and number of its free particles.
  public private(set) var centres: [Int64] = []
  public private(set) var freeCounts: [Int64] = []
  /// Coefficients σ₀ … σ₃ of each cavity and weight; NaN if it has no response.
  private var coefficients: [Double] = []
  /// Entries, cavity × weight × direction.
  public private(set) var entries: [Entry] = []
  /// Lowest yield stress of each copy of a particle, over all cavities that contain it: copies × weights × directions.
  private let lowest: AlignedBuffer<Double>
  private let surroundings: Surroundings

  static let weights = StressWeight.allCases

  init(_ surroundings: Surroundings, directions: [Direction], capacity: Int) {
    self.surroundings = surroundings
    self.directions = directions
    let width = Self.weights.count * directions.count
    lowest = AlignedBuffer(capacity: surroundings.count * width)
    lowest.pointer.update(repeating: .infinity, count: surroundings.count * width)
    coefficients.reserveCapacity(capacity * 12)
    entries.reserveCapacity(capacity * width)
  }

  /// Records a cavity with an entry for each weight and direction, in this order.
  func record(_ node: CentrePlacement.Node, _ cavity: Cavity, series: [StressSeries]?, _ found: [Entry]) {
    nodes.append(node.number)
    centres.append(surroundings.ids[node.copy])
    freeCounts.append(Int64(cavity.coreCount))
    for weight in Self.weights.indices {
      let c = series?[weight].coefficients ?? (.nan, .nan, .nan, .nan)
      coefficients.append(contentsOf: [c.0, c.1, c.2, c.3])
    }
    entries.append(contentsOf: found)
    let width = Self.weights.count * directions.count
    for (k, entry) in found.enumerated() {
      guard let stress = entry.yield?.stress else { continue }
      cavity.forEachCoreMember { copy in lowest[copy * width + k] = min(lowest[copy * width + k], stress) }
    }
  }

  /// Records a cavity, with the yield points from the series of each weight.
  func record(_ node: CentrePlacement.Node, _ cavity: Cavity, series: [StressSeries]) {
    let found = series.flatMap { series in
      directions.map { Entry(($0 == .forward ? series : series.reversed).yield) }
    }
    record(node, cavity, series: series, found)
  }

  /// Records a discarded cavity, with the same reason for all weights and directions.
  func record(_ node: CentrePlacement.Node, _ cavity: Cavity, discarded reason: Discarded) {
    record(
      node, cavity, series: nil,
      [Entry](repeating: Entry(.failure(reason)), count: Self.weights.count * directions.count))
  }

  /// Returns σ₀ … σ₃ of each node for a weight.
  public func coefficients(_ weight: StressWeight) -> [Double] {
    let w = Self.weights.firstIndex(of: weight)!
    return nodes.indices.flatMap { node in (0..<4).map { coefficients[(node * Self.weights.count + w) * 4 + $0] } }
  }

  /// Returns yield strains or stresses of a weight, node × direction; NaN if there are none.
  public func yields(_ weight: StressWeight, _ value: (YieldPoint) -> Double) -> [Double] {
    let w = Self.weights.firstIndex(of: weight)!
    let width = Self.weights.count * directions.count
    return nodes.indices.flatMap { node in
      directions.indices.map { d in entries[node * width + w * directions.count + d].yield.map(value) ?? .nan }
    }
  }

  /// Returns the number of nodes without a yield stress, by reason, for a weight and a direction. Collective.
  public func discarded(
    _ weight: StressWeight, _ direction: Direction, over communicator: Communicator
  ) throws -> [Discarded: Int] {
    let w = Self.weights.firstIndex(of: weight)!
    let d = directions.firstIndex(of: direction)!
    let width = Self.weights.count * directions.count
    let reasons = Discarded.allCases
    var counts = [Int](repeating: 0, count: reasons.count)
    for node in nodes.indices {
      if let reason = entries[node * width + w * directions.count + d].discarded {
        counts[reasons.firstIndex(of: reason)!] += 1
      }
    }
    try communicator.reduce(&counts, .sum)
    return Dictionary(uniqueKeysWithValues: zip(reasons, counts).filter { $0.1 > 0 })
  }

  /// Returns the map of the lowest yield stress of the cavities that contain each particle. Collective.
  public func map(_ system: ParticleSystem) throws -> ParticleYieldMap {
    try ParticleYieldMap(
      surroundings, lowest.pointer, weights: Self.weights.count, directions: directions.count, system)
  }
}

/// Map of the lowest yield stress of all cavities that contain a particle, for all particles in the order of their
/// identifiers, distributed over the ranks by rows.
public struct ParticleYieldMap {
  /// Rows of this rank: row k is identifier k + 1.
  public let rows: Range<Int>
  public let totalCount: Int
  private let weights: Int
  private let directions: Int
  /// Values, row × weight × direction; NaN if no cavity has a value.
  private let values: [Double]

  /// Distributes the values over the ranks. Collective.
  init(
    _ surroundings: Surroundings, _ lowest: UnsafeMutablePointer<Double>, weights: Int, directions: Int,
    _ system: ParticleSystem
  ) throws {
    let communicator = system.communicator
    totalCount = system.totalCount
    let shares = RowShares(totalCount, over: communicator)
    rows = shares.own
    self.weights = weights
    self.directions = directions
    let width = weights * directions
    // Values are stored at the first copy of each particle.
    let touched = (0..<surroundings.count).filter { copy in
      surroundings.identity[copy] == copy && (0..<width).contains { lowest[copy * width + $0] < .infinity }
    }
    let (counts, order) = shares.sendOrder(of: touched.lazy.map { Int(surroundings.ids[$0]) - 1 })
    let exchange = try Exchange(communicator, sendCounts: counts)
    let ids = try exchange.forward(order.map { surroundings.ids[touched[$0]] })
    var outgoing: [Double] = []
    outgoing.reserveCapacity(order.count * width)
    for k in order { for n in 0..<width { outgoing.append(lowest[touched[k] * width + n]) } }
    let arrived = try exchange.forward(outgoing, width: width)
    var values = [Double](repeating: .infinity, count: rows.count * width)
    for (n, id) in ids.enumerated() {
      let row = Int(id) - 1 - rows.lowerBound
      for k in 0..<width { values[row * width + k] = min(values[row * width + k], arrived[n * width + k]) }
    }
    for k in values.indices where values[k] == .infinity { values[k] = .nan }
    self.values = values
  }

  /// Returns the values of one weight and direction, for the particles of this rank.
  public func values(_ weight: StressWeight, direction: Int) -> [Double] {
    let w = StressWeight.allCases.firstIndex(of: weight)!
    return rows.indices.map { values[(($0 - rows.lowerBound) * weights + w) * directions + direction] }
  }

  /// Returns the values of one weight, particle × direction.
  public func values(_ weight: StressWeight) -> [Double] {
    let w = StressWeight.allCases.firstIndex(of: weight)!
    return rows.indices.flatMap { row in
      (0..<directions).map { values[(row - rows.lowerBound) * weights * directions + w * directions + $0] }
    }
  }
}
