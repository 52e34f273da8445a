import Geometry
import MessagePassing

/// The exchange that gives each ghost the values of its owner ("gather": the only particle halo).
///
/// Its buffers are kept, so that a repeated gather allocates nothing. Ghosts are received in place, peer by peer.
public final class Halo {
  /// The particles of one group of cells that this rank sends to one peer: for each shift, a range of the send list.
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
  /// Numbers of gathers, and of messages and bytes sent to other ranks, since the halo was made.
  public private(set) var statistics = (gathers: 0, messages: 0, bytes: 0)

  public init(_ communicator: Communicator) throws {
    // The channel is shared with other halos: each exchange is finished before the next one starts.
    self.communicator = try communicator.channel()
    messages = MessageBatch(self.communicator)
  }

  /// Determines which particles each rank sends and receives. Collective.
  /// - Parameters:
  ///   - groups: the number of groups of cells; each group can be gathered alone.
  ///   - group: the group of a cell, the same for a cell and its images.
  ///   - particles: the local numbers of the owned particles of a cell.
  ///   - place: called with the range that the ghosts of each unwrapped cell will have, counted from the first ghost.
  public func prepare(
    plan: HaloPlan, groups: Int = 1, group: (SIMD3<Int>) -> Int = { _ in 0 },
    particles: (SIMD3<Int>) -> Range<Int32>, place: (SIMD3<Int>, Range<Int>) -> Void
  ) throws {
    let grid = plan.decomposition.grid
    // Number of particles in each cell that is sent, peer by peer.
    var countsToSend: [Int64] = []
    var cellsToSend = [Int](repeating: 0, count: communicator.size)
    for transfer in plan.sends {
      transfer.ghosts.forEachCell { countsToSend.append(Int64(particles($0 &- transfer.shift &* grid.counts).count)) }
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
        transfer.ghosts.forEachCell { cell in
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
        transfer.ghosts.forEachCell { cell in
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

  /// Copies `width` words per particle from owners to ghosts, which follow the `ownedCount`
  /// owned particles. Collective.
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

  /// Copies particle records (three coordinates and a parameter) from owners to ghosts, with the coordinates shifted to
  /// the ghost's image; for one group of cells or for all. Collective.
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
