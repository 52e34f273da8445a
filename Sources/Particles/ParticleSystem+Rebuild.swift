import Geometry
import Interactions
import MessagePassing

/// Rebuild of cells, halo and neighbour lists: wrap, migrate, sort, build the halo, list the neighbours.
///
/// It is part of the state, not mere bookkeeping: the displacements of all particles alone determine when it happens.
extension ParticleSystem {
  /// Moves every particle to its cell and rank and lists all neighbours again. Collective.
  public func rebuild() throws {
    Heartbeat.beat()
    settle()
    let grid = CellGrid(cell: cell, range: range, particleCount: totalCount)
    if grid != decomposition.grid {
      let bricks = Decomposition(grid: grid, rankCount: communicator.size)
      plan = HaloPlan(decomposition: bricks, rank: communicator.rank)
    }
    try migrate()
    sortIntoCells()
    try checkNothingLost()
    try buildHalo()
    listAllNeighbours()
    try checkLists()
    try updateRegion()
    statistics.rebuilds += 1
  }

  /// Makes the present positions, wrapped, those from which motion is measured.
  func settle() {
    accumulateDisplacements()
    sinceListing = ListedFrame()
    wrapPositions()
  }

  /// Adds the motion since the last rebuild to the displacement trackers, before the new
  /// reference positions discard it.
  private func accumulateDisplacements() {
    for field in trackers.compactMap(\.field) {
      for i in 0..<ownedCount {
        let u = displacement(field, of: i)
        for k in 0..<dimension { field.values[i * dimension + k] = u[k] }
      }
    }
  }

  private func wrapPositions() {
    for i in 0..<ownedCount {
      var position = fixedPosition(i)
      let image = cell.wrap(&position)
      for k in 0..<3 {
        columns.records[4 * i + k] = position[k]
        columns.reference[3 * i + k] = position[k]
        columns.images[3 * i + k] += image[k]
      }
    }
  }

  private func cell(of i: Int, in grid: CellGrid) -> SIMD3<Int> {
    grid.cell(ofFractions: cell.fractions(fixedPosition(i)))
  }

  // MARK: Migration

  /// Sends each particle to the rank that owns its cell.
  private func migrate() throws {
    guard communicator.size > 1 else { return }
    let grid = decomposition.grid
    let own = decomposition.bricks[communicator.rank]
    var leaving: [(rank: Int, particle: Int)] = []
    for i in 0..<ownedCount {
      let c = cell(of: i, in: grid)
      if !own.contains(c) { leaving.append((decomposition.owner(of: c), i)) }
    }
    leaving.sort { ($0.rank, $0.particle) < ($1.rank, $1.particle) }
    let particles = leaving.map(\.particle)
    let moving = movingColumns
    let stride = moving.reduce(0) { $0 + $1.sent }
    var counts = [Int](repeating: 0, count: communicator.size)
    for (rank, _) in leaving { counts[rank] += 1 }
    var words = [Int64](repeating: 0, count: leaving.count * stride)
    var place = 0
    for column in moving {
      column.pack(particles, into: &words, at: place, stride: stride)
      place += column.sent
    }
    let exchange = try Exchange(communicator, sendCounts: counts)
    let arrived = try exchange.forward(words, width: stride)
    words = []
    closeGaps(particles.sorted(), moving)
    append(arrived, stride: stride, moving)
  }

  /// Removes the particles with the given ascending local numbers; the others keep their order.
  private func closeGaps(_ gone: [Int], _ moving: [StoredColumn]) {
    guard let first = gone.first else { return }
    var next = 0
    let staying = (first..<ownedCount).filter { i in
      let isGone = next < gone.count && gone[next] == i
      if isGone { next += 1 }
      return !isGone
    }
    for column in moving where column.sent > 0 { column.close(staying, from: first) }
    ownedCount = first + staying.count
  }

  private func append(_ words: [Int64], stride: Int, _ moving: [StoredColumn]) {
    let count = words.count / stride
    guard count > 0 else { return }
    reserveColumns(ownedCount + count)
    var place = 0
    for column in moving {
      column.unpack(words, at: place, stride: stride, from: ownedCount)
      place += column.sent
    }
    for i in ownedCount..<(ownedCount + count) { recordParameter(of: i) }
    ownedCount += count
  }

  // MARK: Storage order

  /// Sorts the columns cell by cell, and by id inside each cell.
  private func sortIntoCells() {
    let grid = decomposition.grid
    let own = decomposition.bricks[communicator.rank]
    let cellCount = own.count
    var cellOf = [Int32](repeating: 0, count: ownedCount)
    var starts = [Int32](repeating: 0, count: cellCount + 1)
    for i in 0..<ownedCount {
      let c = own.index(of: cell(of: i, in: grid))
      cellOf[i] = Int32(c)
      starts[c + 1] += 1
    }
    for c in 0..<cellCount { starts[c + 1] += starts[c] }
    var place = starts
    var order = [Int32](repeating: 0, count: ownedCount)
    for i in 0..<ownedCount {
      let c = Int(cellOf[i])
      order[Int(place[c])] = Int32(i)
      place[c] += 1
    }
    // Insertion sort by id: a cell holds a handful of particles, and after the first time they are nearly in order.
    for c in 0..<cellCount {
      let range = Int(starts[c])..<Int(starts[c + 1])
      for k in range.dropFirst() {
        let moving = order[k]
        let id = columns.ids[Int(moving)]
        var gap = k
        while gap > range.lowerBound && columns.ids[Int(order[gap - 1])] > id {
          order[gap] = order[gap - 1]
          gap -= 1
        }
        order[gap] = moving
      }
    }
    for column in movingColumns where column.sent > 0 { column.permute(order) }
    for i in 0..<ownedCount { for k in 0..<3 { columns.reference[3 * i + k] = columns.records[4 * i + k] } }
    cellStarts = starts
  }

  private func checkNothingLost() throws {
    var idSum: Int64 = 0
    for i in 0..<ownedCount { idSum &+= columns.ids[i] }
    var totals = [Int64(ownedCount), idSum]
    try communicator.reduce(&totals, .sum)
    let n = Int64(totalCount)
    guard totals[0] == n, totals[1] == n * (n + 1) / 2 else {
      throw Failure.everywhere(
        .physics, "particles were lost or doubled: \(totals[0]) of \(n) are left, and their ids add up to \(totals[1])")
    }
  }

  // MARK: Ghosts and lists

  private func buildHalo() throws {
    let own = decomposition.bricks[communicator.rank]
    let grown = own.grown(dimension: dimension)
    cellRanges = [Range<Int32>](repeating: 0..<0, count: grown.count)
    own.forEachCell { c in
      let k = own.index(of: c)
      cellRanges[grown.index(of: c)] = cellStarts[k]..<cellStarts[k + 1]
    }
    let owned = ownedCount
    try halo.prepare(
      plan: plan,
      particles: { c in
        let k = own.index(of: c)
        return cellStarts[k]..<cellStarts[k + 1]
      },
      place: { c, range in
        cellRanges[grown.index(of: c)] = Int32(owned + range.lowerBound)..<Int32(owned + range.upperBound)
      })
    // The search for neighbours reads one vector beyond the last particle.
    columns.records.reserve(4 * (ownedCount + ghostCount + Lanes.count), keeping: 4 * ownedCount)
    try halo.gatherRecords(columns.records.pointer, ownedCount: ownedCount, cell: cell)
  }

  private func listAllNeighbours() {
    let around = cellsAround
    let search = NeighbourSearch(
      records: columns.records.pointer, quantum: cell.quantum, skin: skin, ownedCount: ownedCount,
      cellCount: decomposition.bricks[communicator.rank].count)
    interaction.neighbours.list(search, list) { k in
      CellNeighbourhood(owned: cellStarts[k]..<cellStarts[k + 1], candidates: around(k))
    }
  }

  /// Returns a function that gives, for an owned cell, the local numbers of the particles in it and in the cells around
  /// it, in the global order of cells.
  var cellsAround: (_ ownedCell: Int) -> [Range<Int32>] {
    let own = decomposition.bricks[communicator.rank]
    let grown = own.grown(dimension: dimension)
    let extent = own.extent
    var offsets: [Int] = []
    CellBox(lower: SIMD3(0, 0, 0), upper: SIMD3(1, 1, 1)).grown(dimension: dimension).forEachCell {
      offsets.append(grown.index(of: own.lower &+ $0) - grown.index(of: own.lower))
    }
    return { [cellRanges] k in
      let c = SIMD3<Int>(k % extent.x, (k / extent.x) % extent.y, k / (extent.x * extent.y))
      let centre = grown.index(of: own.lower &+ c)
      return offsets.map { cellRanges[centre + $0] }
    }
  }

  /// Verifies that some particles are near each other, and that no two are at the same point, where the direction of
  /// their force would be undefined. Collective.
  private func checkLists() throws {
    var counts = [Int64(list.entryCount), list.coincidence == nil ? 0 : 1]
    try communicator.reduce(&counts, .sum)
    if counts[1] > 0 {
      let names = makeField(width: 1)
      for i in 0..<ownedCount { names.values[i] = Double(columns.ids[i]) }
      try gather(names)
      var failure: Failure?
      if let (i, j) = list.coincidence {
        let pair = [i, j].map { Int(names.values[Int($0)]) }
        let place = (0..<dimension).map { position(Int(i))[$0].shown }.joined(separator: ", ")
        failure = Failure(
          statistics.rebuilds == 0 ? .input : .physics,
          "particles \(pair.min()!) and \(pair.max()!) stand at the same point (\(place)); move one of them")
      }
      try communicator.agree(on: failure)
    }
    if counts[0] == 0 && totalCount > 1 && largestCutoff > 2 * spacing {
      throw Failure.everywhere(
        .physics, "no two of \(totalCount) particles are near each other: the configuration is broken")
    }
  }
}
