import Checkpoints
import MessagePassing

/// Clusters of active blocks over a run: their sizes, how many span the box, and how many are born (Puosi, Olivier and
/// Martens 2015, Sec. 3.2). Two active blocks that share a face belong to one cluster.
///
/// A cluster is born if none of its blocks was active in the previous sample. Each cluster is counted by the rank that
/// owns its lowest block; all sums are of integers.
public final class ActiveClusters {
  /// Names in checkpoints.
  private enum Key {
    static let state = "/state"
    static let previous = "/previous"
    static let sums = "/sums"
  }

  private struct State: Codable {
    var hasPrevious: Bool
    var unpaired: Int
    var sizes: [[Int64]]
  }

  private let slabs: RowShares
  private let slabSize: Int
  private let labels: ClusterLabels
  private let sums: RunningSums
  private let communicator: Communicator
  /// Number of clusters of each size that this rank has counted.
  private var sizes: [Int: Int64] = [:]
  /// Blocks of this rank that were active in the previous sample, if there is one.
  private var previous: [Bool]
  private var hasPrevious = false
  /// Samples without a previous one to compare with: the first, and those after a restart.
  public private(set) var unpaired = 0
  /// Per block of this rank, while clusters are counted: size, blocks active before, and edges spanned of the cluster
  /// whose lowest block it is.
  private var cluster: [SIMD3<Int64>]

  /// Makes room for a grid. Collective.
  public convenience init(shape: [Int], slabs: RowShares, over communicator: Communicator) throws {
    try self.init(shape, slabs, RunningSums(count: ClusterSummary.quantities, over: communicator))
  }

  private init(_ shape: [Int], _ slabs: RowShares, _ sums: RunningSums) throws {
    self.slabs = slabs
    self.sums = sums
    communicator = sums.communicator
    slabSize = shape.dropFirst().reduce(1, *)
    labels = try ClusterLabels(shape: shape, slabs: slabs, over: communicator)
    previous = [Bool](repeating: false, count: slabs.own.count * slabSize)
    cluster = [SIMD3<Int64>](repeating: .zero, count: previous.count)
  }

  /// Adds the next sample: whether each block of this rank is active. Collective.
  public func add(_ active: [Bool]) throws {
    try labels.find(active)
    let (pieces, counts) = pieces(active)
    let exchange = try Exchange(communicator, sendCounts: counts)
    let arrived = try exchange.forward(pieces, width: 4)
    let first = slabs.own.lowerBound * slabSize
    for row in stride(from: 0, to: arrived.count, by: 4) {
      let block = Int(arrived[row]) - first
      cluster[block].x += arrived[row + 1]
      cluster[block].y += arrived[row + 2]
      cluster[block].z |= arrived[row + 3]
    }
    for block in cluster.indices where cluster[block].x > 0 {
      let size = cluster[block].x
      sizes[Int(size), default: 0] += 1
      sums.add(1, to: ClusterSummary.clusters)
      sums.add(Double(size), to: ClusterSummary.blocks)
      if cluster[block].z != 0 { sums.add(1, to: ClusterSummary.spanning) }
      if hasPrevious, cluster[block].y == 0 { sums.add(1, to: ClusterSummary.births) }
      cluster[block] = .zero
    }
    if communicator.isRoot {
      sums.add(1, to: ClusterSummary.samples)
      if hasPrevious { sums.add(1, to: ClusterSummary.pairs) }
    }
    if !hasPrevious { unpaired += 1 }
    previous = active
    hasPrevious = true
    try sums.endSample()
  }

  /// Returns the pieces of clusters on this rank, each as its label, its number of blocks, how many of them were active
  /// before, and the edges that it spans; in the order of labels, and so of the ranks to which they go.
  private func pieces(_ active: [Bool]) -> (pieces: [Int64], counts: [Int]) {
    var content: [Int: SIMD3<Int64>] = [:]
    for block in active.indices where active[block] {
      let root = labels.root(of: block)
      var piece = content[labels.label[root], default: .zero]
      piece.x += 1
      piece.y += previous[block] ? 1 : 0
      piece.z |= labels.spans[root]
      content[labels.label[root]] = piece
    }
    var rows: [Int64] = []
    var counts = [Int](repeating: 0, count: communicator.size)
    for (label, piece) in content.sorted(by: { $0.key < $1.key }) {
      rows += [Int64(label), piece.x, piece.y, piece.z]
      counts[slabs.owner(of: label / slabSize)] += 1
    }
    return (rows, counts)
  }

  /// Starts anew, as after a flip of the box, which has other blocks: births are not counted in the next sample.
  public func restart() {
    hasPrevious = false
    for block in previous.indices { previous[block] = false }
  }

  // MARK: Results

  /// Returns what is known of the clusters so far. Collective.
  public func summary() throws -> ClusterSummary {
    ClusterSummary(sums: try sums.segments(), sizes: try pooledSizes())
  }

  /// Returns the sizes that occurred, ascending, with the number of clusters of each. Collective.
  private func pooledSizes() throws -> [(size: Int, count: Int64)] {
    let own = sizes.keys.sorted()
    var all: [Int: Int64] = [:]
    let (keys, counts) = (try communicator.gather(own), try communicator.gather(own.map { sizes[$0]! }))
    for (size, count) in zip(keys, counts) { all[size, default: 0] += count }
    return all.sorted { $0.key < $1.key }.map { (size: $0.key, count: $0.value) }
  }

  // MARK: Checkpoints

  /// Saves the state. Collective.
  public func save(to checkpoint: Checkpoint, as name: String) throws {
    let sizes = try pooledSizes().map { [Int64($0.size), $0.count] }
    try checkpoint.put(State(hasPrevious: hasPrevious, unpaired: unpaired, sizes: sizes), as: name + Key.state)
    try sums.save(to: checkpoint, as: name + Key.sums)
    checkpoint.put(
      .init(
        .smallIntegers(previous.map { $0 ? 1 : 0 }), width: 1, firstRow: slabs.own.lowerBound * slabSize,
        totalRows: slabs.count * slabSize), as: name + Key.previous)
  }

  /// Continues what was saved, with the same grid, on any number of ranks. Collective.
  public convenience init(shape: [Int], slabs: RowShares, resuming checkpoint: Checkpoint, as name: String) throws {
    let sums = try RunningSums(count: ClusterSummary.quantities, resuming: checkpoint, as: name + Key.sums)
    try self.init(shape, slabs, sums)
    let state = try checkpoint.value(State.self, of: name + Key.state)
    hasPrevious = state.hasPrevious
    unpaired = state.unpaired
    // The counts are those of all ranks together: one rank holds them on.
    if checkpoint.communicator.isRoot { for row in state.sizes { sizes[Int(row[0])] = row[1] } }
    let first = slabs.own.lowerBound * slabSize
    previous = try checkpoint.rows(Int32.self, of: name + Key.previous, first..<(first + previous.count)).map {
      $0 == 1
    }
  }
}
