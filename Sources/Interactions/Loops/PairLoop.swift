import Geometry

/// Common part of all loops over neighbour lists: for each chunk its rows, for each slot a neighbour of every row.
///
///     for chunk in loop.chunks {
///       let row = loop.row(chunk)
///       var slot = loop.slots(of: chunk)
///       while slot.isNotEmpty {
///         let pair = loop.pair(row, slot)
///         …
///         slot.advance()
///       }
///     }
struct PairLoop<Potential: PairPotential, S: Space> {
  private let records: UnsafePointer<Int64>
  private let reader: FixedPointReader
  private let rows: UnsafePointer<Int32>
  private let firstSlots: UnsafePointer<Int>
  private let neighbours: UnsafePointer<Int32>
  private let scales: UnsafePointer<Double>
  let chunks: Range<Int>

  @inline(__always)
  init(_ particles: ParticleArrays, _ list: NeighbourList, _ potential: Potential, _ space: S.Type) {
    records = particles.records
    reader = FixedPointReader(quantum: particles.quantum)
    rows = UnsafePointer(list.rows.pointer)
    firstSlots = UnsafePointer(list.firstSlot.pointer)
    neighbours = UnsafePointer(list.neighbours.pointer)
    scales = UnsafePointer(list.scales.pointer)
    chunks = 0..<list.chunkCount
  }

  /// Iterator over the slots of a chunk. Each slot holds the local number of a neighbour per lane.
  struct Slots {
    fileprivate(set) var members: UnsafePointer<Int32>
    fileprivate let end: UnsafePointer<Int32>

    @inline(__always) var isNotEmpty: Bool { members < end }
    @inline(__always) mutating func advance() { members += Lanes.count }
  }

  @inline(__always) func slots(of chunk: Int) -> Slots {
    Slots(
      members: neighbours + firstSlots[chunk] * Lanes.count, end: neighbours + firstSlots[chunk + 1] * Lanes.count)
  }

  /// Particles of a chunk, one per lane.
  struct Row {
    /// Local numbers of the particles.
    let members: UnsafePointer<Int32>
    let parameter: Lanes
    fileprivate let x: IntegerLanes
    fileprivate let y: IntegerLanes
    fileprivate let z: IntegerLanes
  }

  @inline(__always) func row(_ chunk: Int) -> Row {
    let members = rows + chunk * Lanes.count
    let own = RecordLanes(gathering: records, at: members)
    return Row(
      members: members, parameter: own.parameter, x: reader.row(own.x), y: reader.row(own.y), z: reader.row(own.z))
  }

  /// Pairs of each row and one of its neighbours: x_j − x_i, its square, and the data of j and of the
  /// pair that the potential needs.
  struct Pair {
    let dx: Lanes
    let dy: Lanes
    /// Third component of x_j − x_i; zero in two dimensions.
    let dz: Lanes
    let squaredDistance: Lanes
    let parameter: Lanes
    let scale: Lanes
  }

  @inline(__always) func pair(_ row: Row, _ slot: Slots) -> Pair {
    let other = RecordLanes(gathering: records, at: slot.members)
    let dx = reader.displacement(from: row.x, to: other.x)
    let dy = reader.displacement(from: row.y, to: other.y)
    let dz = S.dimension == 3 ? reader.displacement(from: row.z, to: other.z) : Lanes(0)
    var squaredDistance = dy.times(dy, plus: dx * dx)
    if S.dimension == 3 { squaredDistance = dz.times(dz, plus: squaredDistance) }
    return Pair(
      dx: dx, dy: dy, dz: dz, squaredDistance: squaredDistance, parameter: other.parameter,
      scale: Potential.hasScale ? Lanes(loading: scales + (slot.members - neighbours)) : Lanes(1))
  }
}
