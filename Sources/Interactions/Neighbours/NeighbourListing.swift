import Geometry

/// The particles whose neighbours are to be listed, cell by cell.
public struct NeighbourSearch {
  /// Three coordinates in quanta and the bits of the parameter of each particle, owned first, then ghosts. The loops
  /// read one vector beyond the last record.
  public var records: UnsafePointer<Int64>
  public var quantum: Double
  /// Distance by which the list extends beyond the cutoff of a pair.
  public var skin: Double
  public var ownedCount: Int
  /// Number of owned cells.
  public var cellCount: Int

  public init(records: UnsafePointer<Int64>, quantum: Double, skin: Double, ownedCount: Int, cellCount: Int) {
    self.records = records
    self.quantum = quantum
    self.skin = skin
    self.ownedCount = ownedCount
    self.cellCount = cellCount
  }
}

/// Loops that find neighbours and measure how they move.
public struct NeighbourLoops {
  /// Fills a list for all owned particles. `neighbourhood(k)` describes the k-th owned cell.
  public let list: (NeighbourSearch, NeighbourList, _ neighbourhood: (Int) -> CellNeighbourhood) -> Void
  /// Fits affine maps to the motion of the neighbours within the cutoff, ``AffineFit`` for each owned particle.
  public let fit:
    (ParticleArrays, NeighbourList, _ motion: UnsafePointer<Double>, _ result: UnsafeMutablePointer<Double>) -> Void

  @inline(__always)
  init<Potential: PairPotential, S: Space>(_ potential: Potential, in space: S.Type) {
    list = { findNeighbours(potential, S.self, $0, into: $1, $2) }
    fit = { fitAffineMaps(potential, S.self, $0, $1, $2, $3) }
  }
}

/// Number of consecutive rows that are sorted by the length of their lists before they are assigned to chunks: large
/// enough to find rows of similar length, small enough to stay close in memory.
private let windowSize = 256

/// Finds the neighbours of each owned particle within the pair's cutoff plus the skin, in the order of the candidate
/// ranges, and packs them into chunks of rows.
// Never inline it into the closures that hold it: within a function that the compiler takes for a thunk, the inline C
// functions of the lanes remain calls, and the loop is ten times slower (Swift 6.3).
@inline(never)
func findNeighbours<Potential: PairPotential, S: Space>(
  _ potential: Potential, _ space: S.Type, _ search: NeighbourSearch, into list: NeighbourList,
  _ cell: (Int) -> CellNeighbourhood
) {
  let records = search.records
  let packer = ChunkPacker(list: list, ownedCount: search.ownedCount, hasScale: Potential.hasScale)
  // Beyond 2⁵¹ quanta the reader's displacements are no longer exact. They still grow with the distance, and no
  // candidate that far away is within reach.
  let reader = FixedPointReader(quantum: search.quantum)
  let zero = Lanes(0)
  let margin = Lanes(search.skin)
  for k in 0..<search.cellCount {
    let neighbourhood = cell(k)
    for i in neighbourhood.owned {
      let own = records + 4 * Int(i)
      let parameter = Lanes(Double(bitPattern: UInt64(bitPattern: own[3])))
      let x0 = reader.row(IntegerLanes(own[0]))
      let y0 = reader.row(IntegerLanes(own[1]))
      let z0 = reader.row(IntegerLanes(own[2]))
      var coincidences = -1  // the particle with itself
      packer.startRow(i)
      for candidates in neighbourhood.candidates {
        var first = Int(candidates.lowerBound)
        let end = Int(candidates.upperBound)
        while first < end {
          // Records beyond the last one are read too; the mask excludes them.
          let others = RecordLanes(from: records, first: first)
          let dx = reader.displacement(from: x0, to: others.x)
          let dy = reader.displacement(from: y0, to: others.y)
          var squared = dy.times(dy, plus: dx * dx)
          if S.dimension == 3 {
            let dz = reader.displacement(from: z0, to: others.z)
            squared = dz.times(dz, plus: squared)
          }
          let reach = potential.cutoff(parameter, others.parameter) + margin
          let valid: UInt32 = end - first < Lanes.count ? (1 << UInt32(end - first)) - 1 : ~0
          let apart = zero.isLess(than: squared)
          let hits = (squared.isLess(than: reach * reach) & apart).bits & valid
          coincidences += Int((~apart.bits & valid & Lanes.allBits).nonzeroBitCount)
          if hits != 0 {
            packer.append(
              hits, first: Int32(first),
              scales: Potential.hasScale ? potential.scale(parameter, others.parameter) : zero)
          }
          first += Lanes.count
        }
      }
      if coincidences > 0 { list.coincidence = (i, coincidentParticle(of: i, records, neighbourhood.candidates)) }
    }
  }
  packer.finish()
}

/// Returns another particle at exactly the position of particle i.
private func coincidentParticle(of i: Int32, _ records: UnsafePointer<Int64>, _ candidates: [Range<Int32>]) -> Int32 {
  let own = records + 4 * Int(i)
  for range in candidates {
    for j in range where j != i {
      let other = records + 4 * Int(j)
      if other[0] == own[0] && other[1] == own[1] && other[2] == own[2] { return j }
    }
  }
  return i
}

/// Collects rows and assigns those of similar length to chunks.
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
    list.coincidence = nil
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

  /// Appends the particles `first` + l for all lanes l whose bit is set in `hits`. Every lane is written and only the
  /// hits are counted, since a branch per candidate would be mispredicted half of the time.
  @inline(__always) func append(_ hits: UInt32, first: Int32, scales lanes: Lanes) {
    if entryCount + Lanes.count > entries.capacity {
      entries.reserve(2 * entries.capacity, keeping: entryCount)
      if hasScale { scales.reserve(exactly: entries.capacity, keeping: entryCount) }
    }
    let target = entries.pointer
    var next = entryCount
    if hasScale {
      let targetScales = scales.pointer
      for lane in 0..<Lanes.count {
        target[next] = first + Int32(lane)
        targetScales[next] = lanes[lane]
        next += Int((hits >> UInt32(lane)) & 1)
      }
    } else {
      for lane in 0..<Lanes.count {
        target[next] = first + Int32(lane)
        next += Int((hits >> UInt32(lane)) & 1)
      }
    }
    entryCount = next
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

  /// Reserves more slots: as many as the rows so far predict, so that a long list is hardly ever moved and
  /// never much larger than needed.
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
