import Geometry
import MessagePassing

/// The exchange that gives each ghost the values of its owner ("gather": the only particle halo).
///
/// Buffers are kept; a repeated gather allocates nothing. Ghosts are received in place, peer by peer.
public final class Halo {
  /// What this rank gives to one peer of one group of cells: a run of the send list per shift.
  private struct Parcel {
    let peer: Int
    let group: Int
    var particles: Range<Int>
    var segments: [(particles: Range<Int>, shift: SIMD3<Int32>)]
  }

  private struct Arrival {
    let peer: Int
    let group: Int
    var ghosts: Range<Int>
  }

  private let communicator: Communicator
  private let messages: MessageBatch
  private let sendList = AlignedBuffer<Int32>()
  private let sendBuffer = AlignedBuffer<Int64>()
  private var parcels: [Parcel] = []
  private var arrivals: [Arrival] = []
  public private(set) var ghostCount = 0
  /// Since construction: gathers, messages sent and bytes sent to other ranks.
  public private(set) var statistics = (gathers: 0, messages: 0, bytes: 0)

  public init(_ communicator: Communicator) throws {
    // Shared with other halos: each exchange is finished before the next one starts.
    self.communicator = try communicator.channel()
    messages = MessageBatch(self.communicator)
  }

  /// Settles who sends what. `particles(cell)` are the owned particles of a cell; `place(cell, range)` is told where
  /// the ghosts of an unwrapped cell will stand, counted from the first ghost. Cells may be in groups, the same for a
  /// cell and its images; each group can be gathered alone. Collective.
  public func prepare(
    plan: HaloPlan, grid: CellGrid, groups: Int = 1, group: (SIMD3<Int>) -> Int = { _ in 0 },
    particles: (SIMD3<Int>) -> Range<Int32>, place: (SIMD3<Int>, Range<Int>) -> Void
  ) throws {
    // The number of particles in each travelling cell, peer by peer.
    var countsToSend: [Int64] = []
    var cellsToSend = [Int](repeating: 0, count: communicator.size)
    for transfer in plan.sends {
      transfer.ghosts.forEach { countsToSend.append(Int64(particles($0 &- transfer.shift &* grid.counts).count)) }
      cellsToSend[transfer.peer] += transfer.ghosts.count
    }
    let countsReceived = try Exchange(communicator, sendCounts: cellsToSend).forward(countsToSend)

    parcels = []
    arrivals = []
    var (sent, ghost) = (0, 0)
    for g in 0..<groups {
      for transfer in plan.sends {
        if parcels.last?.peer != transfer.peer || parcels.last?.group != g {
          parcels.append(Parcel(peer: transfer.peer, group: g, particles: sent..<sent, segments: []))
        }
        let start = sent
        transfer.ghosts.forEach { cell in
          guard group(cell) == g else { return }
          let run = particles(cell &- transfer.shift &* grid.counts)
          sendList.reserve(sent + run.count, keeping: sent)
          for i in run {
            sendList[sent] = i
            sent += 1
          }
        }
        let shift = SIMD3<Int32>(Int32(transfer.shift.x), Int32(transfer.shift.y), Int32(transfer.shift.z))
        parcels[parcels.count - 1].segments.append((start..<sent, shift))
        parcels[parcels.count - 1].particles = parcels[parcels.count - 1].particles.lowerBound..<sent
      }
      var next = 0
      for transfer in plan.receives {
        if arrivals.last?.peer != transfer.peer || arrivals.last?.group != g {
          arrivals.append(Arrival(peer: transfer.peer, group: g, ghosts: ghost..<ghost))
        }
        transfer.ghosts.forEach { cell in
          let count = Int(countsReceived[next])
          next += 1
          guard group(cell) == g else { return }
          place(cell, ghost..<(ghost + count))
          ghost += count
        }
        arrivals[arrivals.count - 1].ghosts = arrivals[arrivals.count - 1].ghosts.lowerBound..<ghost
      }
    }
    ghostCount = ghost
  }

  /// Copies `width` words per particle from owners to ghosts; ghosts stand behind the `ownedCount` owned particles.
  public func gather(_ values: UnsafeMutablePointer<Int64>, width: Int, ownedCount: Int) throws {
    try gather(values, width: width, ownedCount: ownedCount) { source, target, run, _ in
      var t = target
      for k in run {
        let s = source + Int(self.sendList[k]) * width
        for w in 0..<width { t[w] = s[w] }
        t += width
      }
    }
  }

  /// The same for particle records (three coordinates and a parameter), with the coordinates moved to the ghost's
  /// image; of one group of cells or of all.
  public func gatherRecords(
    _ records: UnsafeMutablePointer<Int64>, ownedCount: Int, cell: Cell, group: Int? = nil
  ) throws {
    try gather(records, width: 4, ownedCount: ownedCount, group: group) { source, target, run, shift in
      let offset = cell.lattice(shift)
      var t = target
      for k in run {
        let s = source + Int(self.sendList[k]) * 4
        t[0] = s[0] &+ offset.x
        t[1] = s[1] &+ offset.y
        t[2] = s[2] &+ offset.z
        t[3] = s[3]
        t += 4
      }
    }
  }

  @inline(__always)
  private func gather(
    _ values: UnsafeMutablePointer<Int64>, width: Int, ownedCount: Int, group: Int? = nil,
    copy: (
      _ source: UnsafePointer<Int64>, _ target: UnsafeMutablePointer<Int64>, _ run: Range<Int>, _ shift: SIMD3<Int32>
    ) -> Void
  ) throws {
    let ghosts = values + ownedCount * width
    @inline(__always) func isAskedFor(_ candidate: Int) -> Bool { group == nil || group == candidate }
    for arrival in arrivals where arrival.peer != communicator.rank && isAskedFor(arrival.group) {
      try messages.receive(
        ghosts + arrival.ghosts.lowerBound * width, count: arrival.ghosts.count * width, from: arrival.peer)
    }
    sendBuffer.reserve((parcels.last?.particles.upperBound ?? 0) * width)
    for parcel in parcels where parcel.peer != communicator.rank && isAskedFor(parcel.group) {
      for segment in parcel.segments {
        copy(values, sendBuffer.pointer + segment.particles.lowerBound * width, segment.particles, segment.shift)
      }
      let count = parcel.particles.count * width
      try messages.send(sendBuffer.pointer + parcel.particles.lowerBound * width, count: count, to: parcel.peer)
      if count > 0 {
        statistics.messages += 1
        statistics.bytes += 8 * count
      }
    }
    // Periodic images of this rank's own particles need no message.
    for parcel in parcels where parcel.peer == communicator.rank && isAskedFor(parcel.group) {
      let arrival = arrivals.first { $0.peer == communicator.rank && $0.group == parcel.group }!
      var target = ghosts + arrival.ghosts.lowerBound * width
      for segment in parcel.segments {
        copy(values, target, segment.particles, segment.shift)
        target += segment.particles.count * width
      }
    }
    try messages.finish()
    statistics.gathers += 1
  }
}
