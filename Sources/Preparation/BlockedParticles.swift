import Checkpoints
import Geometry
import Interactions
import MessagePassing
import Particles

/// The particles of a liquid, distributed over the ranks by the blocks of a sweep.
///
/// Each rank owns a brick of blocks and holds ghosts of those around it. When the origin of the blocks moves,
/// particles change blocks, and some of them ranks. The storage order is no part of the state: any code that depends
/// on an order sorts by identifier.
///
/// More than 20 properties: the columns of the particles, with spare ones for sorting, and their distribution.
public final class BlockedParticles {
  /// Name in checkpoints.
  private static let key = "/home"

  let communicator: Communicator
  public let interaction: PairInteraction
  public let cell: Cell
  public let grid: BlockGrid
  public let totalCount: Int
  /// Range of the diameters or species of all particles, which swaps do not change.
  let parameterRange: ClosedRange<Double>
  /// The configuration without its particles.
  private let frame: Snapshot
  /// Diameters of the species; empty if particles have individual sizes.
  private let speciesDiameters: [Double]

  public private(set) var ownedCount = 0
  let columns = Columns()
  /// Memory into which the columns are sorted.
  private let spare = Columns()
  private let blockOf = AlignedBuffer<Int32>()

  private let plan: HaloPlan
  private let halo: Halo
  /// Local numbers of the particles in each block of the brick grown by one layer.
  private var ranges: [Range<Int32>] = []
  let brick: CellBox
  private let grown: CellBox

  struct Columns {
    let ids = AlignedBuffer<Int64>()
    /// Three coordinates in quanta and the bits of the parameter, 4 words per particle; owned particles, then ghosts.
    let records = AlignedBuffer<Int64>()
    /// Image numbers between the stored and the unwrapped position, and the species.
    let tails = AlignedBuffer<SIMD4<Int32>>()

    fileprivate func reserve(_ count: Int, keeping kept: Int = 0) {
      ids.reserve(count, keeping: kept)
      records.reserve(4 * count, keeping: 4 * kept)
      tails.reserve(count, keeping: kept)
    }

    fileprivate func swap(with other: Columns) {
      ids.swap(with: other.ids)
      records.swap(with: other.records)
      tails.swap(with: other.tails)
    }
  }

  /// Copies the configuration of a system and distributes it by blocks. Collective.
  /// - Parameter blockWidth: the smallest width of a block, in units of length.
  public init(_ system: ParticleSystem, blockWidth: Double) throws {
    communicator = system.communicator
    interaction = system.interaction
    cell = system.cell
    totalCount = system.totalCount
    grid = try BlockGrid(cell: system.cell, width: blockWidth)
    let decomposition = Decomposition(
      grid: CellGrid(dimension: grid.dimension, counts: grid.counts), rankCount: communicator.size)
    plan = HaloPlan(decomposition: decomposition, rank: communicator.rank)
    halo = try Halo(communicator)
    brick = decomposition.bricks[communicator.rank]
    grown = brick.grown(dimension: grid.dimension)

    var snapshot = system.snapshot()
    let table = snapshot.particles
    snapshot.particles = ParticleTable()
    frame = snapshot
    let bySize = interaction.parameter == .size
    var range = [Double.infinity, Double.infinity]
    var diameters = [Double](repeating: 0, count: system.speciesCount)
    for i in 0..<table.count {
      let parameter = bySize ? table.diameter(i) : Double(table.species(i))
      range = [min(range[0], parameter), min(range[1], -parameter)]
      if !bySize { diameters[Int(table.species(i))] = table.diameter(i) }
    }
    try communicator.reduce(&range, .minimum)
    parameterRange = range[0]...(-range[1])
    if !bySize { try communicator.reduce(&diameters, .maximum) }
    speciesDiameters = bySize ? [] : diameters
    load(table)
  }

  private func load(_ table: ParticleTable) {
    let d = cell.dimension
    columns.reserve(table.count, keeping: ownedCount)
    for i in 0..<table.count {
      let parameter = interaction.parameter == .size ? table.diameter(i) : Double(table.species(i))
      columns.ids[i] = table.ids[i]
      for k in 0..<3 { columns.records[4 * i + k] = k < d ? table.fixedPositions[i * d + k] : 0 }
      columns.records[4 * i + 3] = Int64(bitPattern: parameter.bitPattern)
      var tail = SIMD4<Int32>(0, 0, 0, table.species(i))
      for k in 0..<d { tail[k] = table.images[i * d + k] }
      columns.tails[i] = tail
    }
    ownedCount = table.count
  }

  // MARK: The blocks of a sweep

  /// Moves the origin of the blocks by `shift`, in blocks, each component in [0, 1), and moves every particle to its
  /// block and rank. Collective.
  func arrange(shift: Vector) throws {
    Heartbeat.beat()
    assignBlocks(shift)
    if communicator.size > 1 { try migrate() }
    sortIntoBlocks()
    try exchangeGhosts()
  }

  /// Wraps each particle into the box that begins at the shifted origin, and computes the
  /// number of its block in the grid.
  private func assignBlocks(_ shift: Vector) {
    blockOf.reserve(ownedCount)
    let counts = SIMD3<Double>(Double(grid.counts.x), Double(grid.counts.y), Double(grid.counts.z))
    let origin = Vector(shift.x / counts.x, shift.y / counts.y, cell.dimension == 3 ? shift.z / counts.z : 0)
    for i in 0..<ownedCount {
      let record = columns.records.pointer + 4 * i
      var position = FixedVector(record[0], record[1], record[2])
      var s = cell.fractions(position) - origin
      if cell.dimension == 2 { s.z = 0 }
      let away = s.rounded(.down)
      if away != Vector.zero {
        let image = SIMD3<Int32>(Int32(away.x), Int32(away.y), Int32(away.z))
        position = position &- cell.lattice(image)
        for k in 0..<3 {
          record[k] = position[k]
          columns.tails[i][k] += image[k]
        }
        s = s - away
      }
      // A position within rounding of the upper face belongs to the last block.
      let bx = min(Int(s.x * counts.x), grid.counts.x - 1)
      let by = min(Int(s.y * counts.y), grid.counts.y - 1)
      let bz = cell.dimension == 3 ? min(Int(s.z * counts.z), grid.counts.z - 1) : 0
      blockOf[i] = Int32(truncatingIfNeeded: grid.number(of: SIMD3(bx, by, bz)))
    }
  }

  private func block(_ number: Int32) -> SIMD3<Int> {
    let n = Int(number)
    return SIMD3(n % grid.counts.x, (n / grid.counts.x) % grid.counts.y, n / (grid.counts.x * grid.counts.y))
  }

  /// Sends each particle to the rank that owns its block. Collective.
  private func migrate() throws {
    var leaving: [(rank: Int, particle: Int)] = []
    for i in 0..<ownedCount {
      let b = block(blockOf[i])
      if !brick.contains(b) { leaving.append((plan.decomposition.owner(of: b), i)) }
    }
    leaving.sort { ($0.rank, $0.particle) < ($1.rank, $1.particle) }
    let width = 10
    var counts = [Int](repeating: 0, count: communicator.size)
    var words: [Int64] = []
    words.reserveCapacity(leaving.count * width)
    for (rank, i) in leaving {
      counts[rank] += 1
      words.append(columns.ids[i])
      for k in 0..<4 { words.append(columns.records[4 * i + k]) }
      for k in 0..<4 { words.append(Int64(columns.tails[i][k])) }
      words.append(Int64(blockOf[i]))
    }
    let arrived = try Exchange(communicator, sendCounts: counts).forward(words, width: width)
    // The last particles fill the gaps, the highest gap first.
    var last = ownedCount
    for i in leaving.map(\.particle).sorted(by: >) {
      last -= 1
      if i == last { continue }
      columns.ids[i] = columns.ids[last]
      for k in 0..<4 { columns.records[4 * i + k] = columns.records[4 * last + k] }
      columns.tails[i] = columns.tails[last]
      blockOf[i] = blockOf[last]
    }
    ownedCount = last
    let count = arrived.count / width
    columns.reserve(ownedCount + count, keeping: ownedCount)
    blockOf.reserve(ownedCount + count, keeping: ownedCount)
    for p in 0..<count {
      let (i, w) = (ownedCount + p, p * width)
      columns.ids[i] = arrived[w]
      for k in 0..<4 { columns.records[4 * i + k] = arrived[w + 1 + k] }
      for k in 0..<4 { columns.tails[i][k] = Int32(arrived[w + 5 + k]) }
      blockOf[i] = Int32(arrived[w + 9])
    }
    ownedCount += count
  }

  /// Sorts the columns block by block.
  private func sortIntoBlocks() {
    let blockCount = brick.count
    var starts = [Int32](repeating: 0, count: blockCount + 1)
    // Convert the number of the block in the grid to that in the brick.
    for i in 0..<ownedCount {
      let b = Int32(truncatingIfNeeded: brick.index(of: block(blockOf[i])))
      blockOf[i] = b
      starts[Int(b) + 1] += 1
    }
    for b in 0..<blockCount { starts[b + 1] += starts[b] }
    spare.reserve(ownedCount)
    var place = starts
    place.withUnsafeMutableBufferPointer { place in
      for i in 0..<ownedCount {
        let b = Int(blockOf[i])
        let target = Int(place[b])
        place[b] += 1
        spare.ids[target] = columns.ids[i]
        let (from, to) = (columns.records.pointer + 4 * i, spare.records.pointer + 4 * target)
        for k in 0..<4 { to[k] = from[k] }
        spare.tails[target] = columns.tails[i]
      }
    }
    columns.swap(with: spare)
    ranges = [Range<Int32>](repeating: 0..<0, count: grown.count)
    brick.forEachCell { b in
      let k = brick.index(of: b)
      ranges[grown.index(of: b)] = starts[k]..<starts[k + 1]
    }
  }

  private func exchangeGhosts() throws {
    let owned = ownedCount
    let (mine, all) = (brick, grown)
    let own = ranges
    try halo.prepare(
      plan: plan, groups: grid.colourCount, group: grid.colour, particles: { own[all.index(of: $0)] },
      place: { b, range in
        if !mine.isEmpty {
          ranges[all.index(of: b)] = Int32(owned + range.lowerBound)..<Int32(owned + range.upperBound)
        }
      })
    columns.ids.reserve(owned + halo.ghostCount, keeping: owned)
    columns.records.reserve(4 * (owned + halo.ghostCount), keeping: 4 * owned)
    try halo.gather(columns.ids.pointer, width: 1, ownedCount: owned)
    try halo.gatherRecords(columns.records.pointer, ownedCount: owned, cell: cell)
  }

  /// Gives the ghosts in blocks of a colour the positions and sizes of their owners. Collective.
  func updateGhosts(ofColour colour: Int) throws {
    try halo.gatherRecords(columns.records.pointer, ownedCount: ownedCount, cell: cell, group: colour)
  }

  /// Returns the local numbers of the particles of a block of the brick; `around` receives
  /// those of the blocks around it.
  func particles(of b: SIMD3<Int>, around: inout [Range<Int32>]) -> Range<Int32> {
    around.removeAll(keepingCapacity: true)
    let depth = grid.dimension == 3 ? 1 : 0
    for z in -depth...depth {
      for y in -1...1 {
        for x in -1...1 where x != 0 || y != 0 || z != 0 {
          around.append(ranges[grown.index(of: b &+ SIMD3(x, y, z))])
        }
      }
    }
    return ranges[grown.index(of: b)]
  }

  // MARK: Saving and resuming

  /// Saves the configuration, and the images of the cell in which the blocks hold the particles, since rounded
  /// fractions of the cell depend on them. Collective.
  func save(to checkpoint: Checkpoint, as name: String) throws {
    try snapshot().save(to: checkpoint, as: name)
    let order = try identifierBlocks()
    let d = cell.dimension
    var homes: [Int32] = []
    for i in 0..<ownedCount {
      var position = FixedVector(columns.records[4 * i], columns.records[4 * i + 1], columns.records[4 * i + 2])
      let image = cell.wrap(&position)
      for k in 0..<d { homes.append(image[k]) }
    }
    checkpoint.put(
      order.checkpointColumn(.smallIntegers(try order.column(homes, width: d)), width: d), as: name + Self.key)
  }

  /// Moves the particles of the saved configuration back to the images in which they were. Collective.
  func resume(_ checkpoint: Checkpoint, as name: String) throws {
    let order = try identifierBlocks()
    let d = cell.dimension
    let homes = try order.values(
      ofColumn: try checkpoint.rows(Int32.self, of: name + Self.key, order.rows), width: d)
    for i in 0..<ownedCount {
      // The blocks of a shifted checkerboard may have moved the particle to another image: first wrap it into the cell.
      var position = FixedVector(columns.records[4 * i], columns.records[4 * i + 1], columns.records[4 * i + 2])
      let here = cell.wrap(&position)
      var home = SIMD3<Int32>()
      for k in 0..<d { home[k] = homes[d * i + k] }
      position = position &+ cell.lattice(home)
      for k in 0..<3 {
        columns.records[4 * i + k] = position[k]
        columns.tails[i][k] += here[k] - home[k]
      }
    }
  }

  private func identifierBlocks() throws -> IdentifierBlocks {
    try IdentifierBlocks(ids: (0..<ownedCount).map { columns.ids[$0] }, totalCount: totalCount, over: communicator)
  }

  // MARK: Reading

  /// Returns the present configuration: this rank's particles, with positions wrapped into the cell.
  public func snapshot() -> Snapshot {
    let d = cell.dimension
    var table = ParticleTable()
    let bySize = interaction.parameter == .size
    for i in 0..<ownedCount {
      var position = FixedVector(columns.records[4 * i], columns.records[4 * i + 1], columns.records[4 * i + 2])
      let image = cell.wrap(&position)
      let real = cell.position(position)
      let parameter = Double(bitPattern: UInt64(bitPattern: columns.records[4 * i + 3]))
      table.ids.append(columns.ids[i])
      table.species.append(bySize ? columns.tails[i].w : Int32(parameter))
      table.diameters.append(bySize ? parameter : speciesDiameters[Int(parameter)])
      for k in 0..<d {
        table.positions.append(real[k])
        table.fixedPositions.append(position[k])
        table.images.append(columns.tails[i][k] + image[k])
      }
    }
    var snapshot = frame
    snapshot.particles = table
    return snapshot
  }

  func id(_ i: Int) -> Int64 { columns.ids[i] }
  func parameter(_ i: Int) -> Double { Double(bitPattern: UInt64(bitPattern: columns.records[4 * i + 3])) }

  /// Returns the unwrapped position, in units of length.
  func unwrapped(_ i: Int) -> Vector {
    let position = FixedVector(columns.records[4 * i], columns.records[4 * i + 1], columns.records[4 * i + 2])
    return cell.position(position &+ cell.lattice(SIMD3(columns.tails[i].x, columns.tails[i].y, columns.tails[i].z)))
  }

  /// Returns the stored position in fractions of the edges, which may lie outside [0, 1).
  func fractions(_ i: Int) -> Vector {
    cell.fractions(FixedVector(columns.records[4 * i], columns.records[4 * i + 1], columns.records[4 * i + 2]))
  }
}
