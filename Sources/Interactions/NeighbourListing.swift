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
  let largestSquared = range * range
  // Displacements in quanta are exact as doubles only below 2⁵³; far candidates may round, but they are far.
  for k in 0..<cellCount {
    let neighbourhood = cell(k)
    for i in neighbourhood.owned {
      let own = records + 4 * Int(i)
      let a = Double(bitPattern: UInt64(bitPattern: own[3]))
      packer.startRow(i)
      for range in neighbourhood.candidates {
        for j in range {
          let other = records + 4 * Int(j)
          let dx = Double(other[0] &- own[0]) * quantum
          let dy = Double(other[1] &- own[1]) * quantum
          var squared = dx * dx + dy * dy
          if S.dimension == 3 {
            let dz = Double(other[2] &- own[2]) * quantum
            squared += dz * dz
          }
          // Most candidates are beyond any reach; only the others are asked for theirs.
          if squared >= largestSquared { continue }
          let b = Double(bitPattern: UInt64(bitPattern: other[3]))
          let reach = potential.cutoff(a, b) + skin
          if squared < reach * reach && j != i {
            packer.append(j, scale: Potential.hasScale ? potential.scale(a, b) : 1)
            if squared < list.closestSquared {
              list.closestSquared = squared
              list.closestPair = (i, j)
            }
          }
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
      list.neighbours.reserve((list.slotCount + slots) * Lanes.count, keeping: list.slotCount * Lanes.count)
      if hasScale {
        list.scales.reserve((list.slotCount + slots) * Lanes.count, keeping: list.slotCount * Lanes.count)
      }
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
    rows.removeAll(keepingCapacity: true)
    starts.removeAll(keepingCapacity: true)
    entryCount = 0
  }
}
