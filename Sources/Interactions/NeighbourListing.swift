import Geometry

/// How many consecutive rows are sorted by the length of their lists before they are dealt out to chunks: enough to find
/// rows of like length, few enough to stay close in memory.
private let windowSize = 256

/// Finds the neighbours of each owned particle within the pair's cutoff plus the skin, in the order of the candidate
/// ranges, and packs them into chunks of rows.
// Never inlined into the closures that hold it: inside what the compiler takes for a thunk, the inline C functions of
// the lanes stay calls, and the loop is ten times slower (Swift 6.3).
@inline(never)
func findNeighbours<Potential: PairPotential, S: Space>(
  _ potential: Potential, _ space: S.Type, _ list: NeighbourList, _ records: UnsafePointer<Int64>, _ quantum: Double,
  _ skin: Double, _ range: Double, _ ownedCount: Int, _ cellCount: Int, _ cell: (Int) -> CellNeighbourhood
) {
  let packer = ChunkPacker(list: list, ownedCount: ownedCount, hasScale: Potential.hasScale)
  let largestSquared = Lanes(range * range)
  // Beyond 2⁵¹ quanta the reader's displacements are no longer exact, but they still grow with the distance, and no
  // candidate that far is within any range.
  let reader = FixedPointReader(quantum: quantum)
  let squaredDistances = AlignedBuffer<Double>(capacity: Lanes.count)
  for k in 0..<cellCount {
    let neighbourhood = cell(k)
    for i in neighbourhood.owned {
      let own = records + 4 * Int(i)
      let a = Double(bitPattern: UInt64(bitPattern: own[3]))
      let x0 = reader.row(IntegerLanes(own[0]))
      let y0 = reader.row(IntegerLanes(own[1]))
      let z0 = reader.row(IntegerLanes(own[2]))
      packer.startRow(i)
      for candidates in neighbourhood.candidates {
        var first = Int(candidates.lowerBound)
        let end = Int(candidates.upperBound)
        while first < end {
          // The records behind the last one are read too, and left out by the mask.
          let others = RecordLanes(from: records, first: first)
          let dx = reader.displacement(from: x0, to: others.x)
          let dy = reader.displacement(from: y0, to: others.y)
          var squared = dy.times(dy, plus: dx * dx)
          if S.dimension == 3 {
            let dz = reader.displacement(from: z0, to: others.z)
            squared = dz.times(dz, plus: squared)
          }
          var hits = squared.isLess(than: largestSquared).bits
          if end - first < Lanes.count { hits &= (1 << UInt32(end - first)) - 1 }
          if hits != 0 { squared.store(to: squaredDistances.pointer) }
          while hits != 0 {
            let lane = hits.trailingZeroBitCount
            hits &= hits - 1
            let j = first + lane
            let b = Double(bitPattern: UInt64(bitPattern: records[4 * j + 3]))
            let reach = potential.cutoff(a, b) + skin
            let distance = squaredDistances[lane]
            if distance < reach * reach && j != Int(i) {
              packer.append(Int32(j), scale: Potential.hasScale ? potential.scale(a, b) : 1)
              if distance < list.closestSquared {
                list.closestSquared = distance
                list.closestPair = (i, Int32(j))
              }
            }
          }
          first += Lanes.count
        }
      }
    }
  }
  packer.finish()
}

/// Collects rows, and deals those of like length out to chunks.
private final class ChunkPacker {
  private let list: NeighbourList
  private let padding: Int32
  private var rows: [Int32] = []
  private var starts: [Int32] = []
  private let entries = AlignedBuffer<Int32>(capacity: 64 * windowSize)
  private let scales: AlignedBuffer<Double>
  private let hasScale: Bool
  private var entryCount = 0
  private var rowsDone = 0

  init(list: NeighbourList, ownedCount: Int, hasScale: Bool) {
    self.list = list
    self.hasScale = hasScale
    scales = AlignedBuffer(capacity: hasScale ? 64 * windowSize : 0)
    padding = Int32(ownedCount)
    list.chunkCount = 0
    list.slotCount = 0
    list.entryCount = 0
    list.closestSquared = .infinity
    list.closestPair = (-1, -1)
    let chunks = (ownedCount + Lanes.count - 1) / Lanes.count
    list.rows.reserve(chunks * Lanes.count)
    list.firstSlot.reserve(chunks + 1)
    list.firstSlot[0] = 0
    rows.reserveCapacity(windowSize)
    starts.reserveCapacity(windowSize)
  }

  @inline(__always) func startRow(_ particle: Int32) {
    if rows.count == windowSize { flush() }
    rows.append(particle)
    starts.append(Int32(entryCount))
  }

  @inline(__always) func append(_ neighbour: Int32, scale: Double) {
    if entryCount == entries.capacity { entries.reserve(2 * entryCount, keeping: entryCount) }
    entries[entryCount] = neighbour
    if hasScale {
      if entryCount == scales.capacity { scales.reserve(entries.capacity, keeping: entryCount) }
      scales[entryCount] = scale
    }
    entryCount += 1
  }

  func finish() {
    flush()
  }

  private func flush() {
    guard !rows.isEmpty else { return }
    list.entryCount += entryCount
    let ends = starts.dropFirst() + [Int32(entryCount)]
    let lengths = zip(starts, ends).map { Int($1 - $0) }
    let order = rows.indices.sorted { (lengths[$0], $0) > (lengths[$1], $1) }
    for first in stride(from: 0, to: order.count, by: Lanes.count) {
      let members = order[first..<min(first + Lanes.count, order.count)]
      let slots = lengths[members.first!]
      reserve(slots)
      let target = list.neighbours.pointer + list.slotCount * Lanes.count
      for lane in 0..<Lanes.count {
        let isRow = lane < members.count
        let row = isRow ? members[members.startIndex + lane] : 0
        let own = isRow ? rows[row] : padding
        list.rows[list.chunkCount * Lanes.count + lane] = own
        let length = isRow ? lengths[row] : 0
        let source = entries.pointer + Int(isRow ? starts[row] : 0)
        for s in 0..<length { target[s * Lanes.count + lane] = source[s] }
        for s in length..<max(slots, length) { target[s * Lanes.count + lane] = own }
        if hasScale {
          let sourceScales = scales.pointer + Int(isRow ? starts[row] : 0)
          let targetScales = list.scales.pointer + list.slotCount * Lanes.count
          for s in 0..<length { targetScales[s * Lanes.count + lane] = sourceScales[s] }
          for s in length..<max(slots, length) { targetScales[s * Lanes.count + lane] = 1 }
        }
      }
      list.chunkCount += 1
      list.slotCount += slots
      list.firstSlot[list.chunkCount] = list.slotCount
    }
    rowsDone += rows.count
    rows.removeAll(keepingCapacity: true)
    starts.removeAll(keepingCapacity: true)
    entryCount = 0
  }

  /// Makes room for more slots: for as many as the rows so far foretell, so that a long list is hardly ever moved and never
  /// much larger than needed.
  private func reserve(_ slots: Int) {
    let needed = (list.slotCount + slots) * Lanes.count
    guard needed > list.neighbours.capacity || (hasScale && needed > list.scales.capacity) else { return }
    let rowsTotal = Int(padding)
    let foretold =
      rowsDone == 0 ? 0 : Int(1.03 * Double(list.slotCount * Lanes.count) * Double(rowsTotal) / Double(rowsDone))
    let room = max(needed + 64 * Lanes.count, foretold)
    let kept = list.slotCount * Lanes.count
    list.neighbours.reserve(exactly: room, keeping: kept)
    if hasScale { list.scales.reserve(exactly: room, keeping: kept) }
  }
}
