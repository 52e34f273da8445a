import MessagePassing

/// Clusters of active blocks of a periodic grid, blocks that share a face being neighbours, labelled as Hoshen and
/// Kopelman (1976) do it, each rank in its slabs of the grid.
///
/// A rank joins its blocks into pieces. Then the labels of the planes between slabs go to both sides, and pieces that
/// touch take the lower label, until no label changes anywhere: a label is the lowest block number of its cluster.
///
/// Each block also knows in which periodic image it stands, seen from the block that gave the label. A cluster in which
/// two ways to one block end in different images goes around the box: it spans that edge.
final class ClusterLabels {
  typealias Image = SIMD3<Int32>

  private let shape: [Int]
  private let slabs: RowShares
  private let slabSize: Int
  private let communicator: Communicator
  /// Messages to the rank of the plane after the last one, and to that of the plane before the first.
  private let (toNext, toPrevious): (Exchange, Exchange)

  /// Per block of this rank: another block of its piece, the same for the root of a piece, and the image in which the
  /// block stands, seen from that one.
  private var parent: [Int]
  private var step: [Image]
  /// Per root: the label of its cluster, the image in which the root stands, and the edges that the piece spans, one
  /// bit for each.
  private(set) var label: [Int]
  private var image: [Image]
  private(set) var spans: [Int64]
  private var isActive: [Bool]

  /// Makes room for a grid. Collective.
  init(shape: [Int], slabs: RowShares, over communicator: Communicator) throws {
    self.shape = shape
    self.slabs = slabs
    self.communicator = communicator
    slabSize = shape.dropFirst().reduce(1, *)
    let count = slabs.own.count * slabSize
    parent = [Int](repeating: 0, count: count)
    step = [Image](repeating: Image(), count: count)
    label = parent
    image = step
    spans = [Int64](repeating: 0, count: count)
    isActive = [Bool](repeating: false, count: count)
    var (next, previous) = (
      [Int](repeating: 0, count: communicator.size), [Int](repeating: 0, count: communicator.size)
    )
    if !slabs.own.isEmpty {
      next[slabs.owner(of: slabs.own.upperBound % slabs.count)] = slabSize
      previous[slabs.owner(of: (slabs.own.lowerBound + slabs.count - 1) % slabs.count)] = slabSize
    }
    toNext = try Exchange(communicator, sendCounts: next)
    toPrevious = try Exchange(communicator, sendCounts: previous)
  }

  /// Labels the active blocks among those of this rank. Collective.
  func find(_ active: [Bool]) throws {
    precondition(active.count == isActive.count, "each block of the rank is active or not")
    isActive = active
    let first = slabs.own.lowerBound * slabSize
    for block in isActive.indices {
      parent[block] = block
      step[block] = Image()
      label[block] = first + block
      image[block] = Image()
      spans[block] = 0
    }
    joinNeighbours()
    try shareLabels()
  }

  /// Returns the root of the piece of an active block.
  func root(of block: Int) -> Int { place(of: block).root }

  // MARK: Within the slabs of a rank

  private func joinNeighbours() {
    // A row of blocks goes along the last edge.
    let (height, depth) = shape.count == 2 ? (1, shape[1]) : (shape[1], shape[2])
    for block in isActive.indices where isActive[block] {
      let z = block % depth
      let y = block / depth % height
      let isLastSlab = block + slabSize >= isActive.count
      if !isLastSlab, isActive[block + slabSize] { join(block, block + slabSize, Image()) }
      if shape.count == 3 {
        let wraps = y + 1 == height
        let other = wraps ? block - y * depth : block + depth
        if isActive[other] { join(block, other, Image(0, wraps ? 1 : 0, 0)) }
      }
      let wraps = z + 1 == depth
      let other = wraps ? block - z : block + 1
      let across = shape.count == 2 ? Image(0, wraps ? 1 : 0, 0) : Image(0, 0, wraps ? 1 : 0)
      if isActive[other] { join(block, other, across) }
    }
  }

  /// Joins the pieces of two blocks; the second block stands in the image `across`, seen from the first.
  private func join(_ a: Int, _ b: Int, _ across: Image) {
    let (first, second) = (place(of: a), place(of: b))
    let between = first.image &+ across &- second.image
    if first.root == second.root { return note(between, on: first.root) }
    // The lower root stays, so that it is the lowest block of the piece.
    let (low, high) = (min(first.root, second.root), max(first.root, second.root))
    parent[high] = low
    step[high] = first.root == low ? between : Image() &- between
    spans[low] |= spans[high]
  }

  /// Notes that a way around ends in another image.
  private func note(_ image: Image, on root: Int) {
    for k in 0..<3 where image[k] != 0 { spans[root] |= 1 << Int64(k) }
  }

  /// Returns the root of a block and the image in which the block stands, seen from it; shortens the way there.
  private func place(of block: Int) -> (root: Int, image: Image) {
    var root = block
    var total = Image()
    while parent[root] != root {
      total = total &+ step[root]
      root = parent[root]
    }
    var node = block
    var rest = total
    while parent[node] != root, node != root {
      let (next, part) = (parent[node], step[node])
      parent[node] = root
      step[node] = rest
      rest = rest &- part
      node = next
    }
    return (root, total)
  }

  // MARK: Across slabs

  /// Lowers labels until those of all pieces that touch are the same. Collective.
  private func shareLabels() throws {
    let lastPlane = max(0, isActive.count - slabSize)
    let isFirst: Int32 = slabs.own.lowerBound == 0 ? 1 : 0
    let isLast: Int32 = slabs.own.upperBound == slabs.count ? 1 : 0
    while true {
      let below = try toNext.forward(plane(from: lastPlane), width: 4)
      let above = try toPrevious.forward(plane(from: 0), width: 4)
      var isChanged = false
      for (row, start, across) in [(below, 0, Image(isFirst, 0, 0)), (above, lastPlane, Image(-isLast, 0, 0))] {
        forEachContact(row, start) { place, label, image in
          guard label < self.label[place.root] else { return }
          self.label[place.root] = label
          self.image[place.root] = image &+ across &- place.image
          isChanged = true
        }
      }
      if try communicator.reduce(isChanged ? 1 : 0, .maximum) == 1 { continue }
      // The last messages hold the final labels and images.
      for (row, start, across) in [(below, 0, Image(isFirst, 0, 0)), (above, lastPlane, Image(-isLast, 0, 0))] {
        forEachContact(row, start) { place, _, image in
          note(image &+ across &- (self.image[place.root] &+ place.image), on: place.root)
        }
      }
      return
    }
  }

  /// Returns the label and the image of each block of a plane of this rank; −1 for those that are not active.
  private func plane(from start: Int) -> [Int64] {
    var row: [Int64] = []
    guard !isActive.isEmpty else { return row }
    row.reserveCapacity(4 * slabSize)
    for block in start..<(start + slabSize) {
      guard isActive[block] else {
        row += [-1, 0, 0, 0]
        continue
      }
      let place = place(of: block)
      let image = image[place.root] &+ place.image
      row += [Int64(label[place.root]), Int64(image.x), Int64(image.y), Int64(image.z)]
    }
    return row
  }

  /// Visits the active blocks of a plane that touch an active block of another rank's plane.
  private func forEachContact(
    _ row: [Int64], _ start: Int, _ visit: (_ place: (root: Int, image: Image), _ label: Int, _ image: Image) -> Void
  ) {
    for k in 0..<(row.count / 4) where row[4 * k] >= 0 && isActive[start + k] {
      let image = Image(Int32(row[4 * k + 1]), Int32(row[4 * k + 2]), Int32(row[4 * k + 3]))
      visit(place(of: start + k), Int(row[4 * k]), image)
    }
  }
}
