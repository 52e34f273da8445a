import Geometry
import Interactions
import MessagePassing

/// The particles of a glass, distributed over the ranks by global cells, and the forces between them.
///
/// Each rank owns the particles of its brick of cells and holds ghosts of those around it. Every sum over particles is
/// taken inside each cell in the order of ids, and over cells exactly. So every result has the same bits on any number
/// of ranks (Docs/Architecture.md, "Same bits").
///
/// More than 20 properties: the columns of the particles, their distribution and their neighbour lists change together.
public final class ParticleSystem {
  public let communicator: Communicator
  public let interaction: PairInteraction
  /// Distance added to the cutoff of each pair when neighbours are listed, in units of length.
  public let skin: Double
  public let totalCount: Int
  public let speciesCount: Int
  /// Largest cutoff of any pair present, in units of length.
  public let largestCutoff: Double
  public internal(set) var cell: Cell
  /// Accumulated strain; flips of the box do not change it.
  public var strain: Double
  /// Generator A of the deformation exp(γA) that the strain γ measures; nil if unknown.
  public private(set) var strainGenerator: Tensor?

  /// Number of particles that this rank owns.
  public internal(set) var ownedCount = 0
  public var ghostCount: Int { halo.ghostCount }
  /// Gathers since the system was made, and the messages and bytes that they sent to other ranks.
  public var haloStatistics: (gathers: Int, messages: Int, bytes: Int) { halo.statistics }

  let columns = ParticleColumns()
  /// What evaluations compute for owned particles: forces, and shares of energy and stress.
  let evaluated = (forces: AlignedBuffer<Double>(), contributions: AlignedBuffer<Double>())

  var fields: [WeakField] = []
  /// Fields that accumulate nonaffine displacements.
  var trackers: [WeakField] = []

  var plan: HaloPlan
  let halo: Halo
  let list = NeighbourList()
  /// What has happened since the neighbours were listed.
  var sinceListing = ListedFrame()
  /// First particle of each owned cell, in storage order, and the end of the last cell.
  var cellStarts: [Int32] = []
  /// Local numbers of the particles in each cell of the brick grown by one layer.
  var cellRanges: [Range<Int32>] = []
  /// The region to which force evaluations are restricted, or nil for the whole system.
  var region: Region?
  let working = WorkingSet()
  public internal(set) var statistics = EvaluationStatistics()
  /// Callback after each evaluation, on every rank: for progress lines during long minimisations.
  public var onEvaluation: ((EvaluationStatistics) -> Void)?

  struct WeakField {
    weak var field: ParticleField?
  }

  public var dimension: Int { cell.dimension }
  /// Ranges of the local numbers of the particles that are worked on, ascending.
  public var runs: [Range<Int>] { working.runs }
  /// Counter that changes whenever ``runs`` change.
  public var workingSet: Int { working.version }
  var decomposition: Decomposition { plan.decomposition }
  /// Mean distance between particles, d = ρ^(−1/dimension), in units of length.
  public var spacing: Double { meanSpacing(volume: cell.volume, count: totalCount, dimension: dimension) }
  /// Largest distance of two particles at which they can be listed as neighbours: the largest cutoff plus the skin.
  public var range: Double { largestCutoff + skin }
  /// Forces on owned particles, `dimension` per particle, in storage order.
  public var forces: UnsafeMutablePointer<Double> { evaluated.forces.pointer }

  /// Lets the strain measure the deformation by a generator from now on. It restarts at 0 if it measured another one.
  public func countStrain(by generator: Tensor) {
    if let strainGenerator, strainGenerator != generator { strain = 0 }
    strainGenerator = generator
  }

  /// Distributes a configuration over the ranks and lists the neighbours. Collective.
  /// - Parameter loaded: called while this rank holds the particles of its share of the snapshot, in that order. Fields
  ///   that are made and filled here go with the particles.
  public convenience init(
    _ snapshot: Snapshot, interaction: PairInteraction, skin: Double, communicator: Communicator,
    loaded: (ParticleSystem) -> Void = { _ in }
  ) throws {
    try self.init(
      snapshot, cell: nil, interaction: interaction, skin: skin, communicator: communicator, loaded: loaded)
  }

  /// Distributes a configuration over the ranks and lists the neighbours. Collective.
  /// - Parameter cell: the cell to which the snapshot's positions in quanta belong; nil to derive one from its edges.
  init(
    _ snapshot: Snapshot, cell: Cell?, interaction: PairInteraction, skin: Double, communicator: Communicator,
    loaded: (ParticleSystem) -> Void = { _ in }
  ) throws {
    let table = snapshot.particles
    self.communicator = communicator
    self.interaction = interaction
    self.skin = skin
    totalCount = snapshot.totalCount
    speciesCount = snapshot.speciesCount
    strain = snapshot.strain
    strainGenerator = snapshot.strainGenerator
    let layout = try SystemLayout(
      snapshot, cell: cell, interaction: interaction, skin: skin, ranks: communicator.size, over: communicator)
    largestCutoff = layout.largestCutoff
    self.cell = layout.cell
    plan = HaloPlan(decomposition: layout.decomposition, rank: communicator.rank)
    halo = try Halo(communicator)
    try communicator.coordinated { try load(table, quantum: snapshot.quantum) }
    loaded(self)
    try rebuild()
  }

  /// Stores the parameter of particle `i` in the pair potential, its size or its species, in its record.
  func recordParameter(of i: Int) {
    let parameter = interaction.parameter == .size ? columns.diameters[i] : Double(columns.species[i])
    columns.records[4 * i + 3] = Int64(bitPattern: parameter.bitPattern)
  }

  /// Copies this rank's share of the configuration into the columns, with positions as fixed-point numbers.
  private func load(_ table: ParticleTable, quantum: Double?) throws {
    reserveColumns(table.count)
    ownedCount = table.count
    let d = dimension
    for i in 0..<ownedCount {
      columns.ids[i] = table.ids[i]
      columns.species[i] = table.species(i)
      columns.diameters[i] = table.diameter(i)
      let (position, away) = try place(of: i, in: table, quantum: quantum)
      for k in 0..<3 {
        columns.records[4 * i + k] = position[k]
        columns.reference[3 * i + k] = position[k]
        columns.images[3 * i + k] = away[k] + (k < d && !table.images.isEmpty ? table.images[i * d + k] : 0)
      }
      recordParameter(of: i)
    }
  }

  /// Returns the place of particle `i` of a table as a fixed-point number, and the whole edges that were subtracted.
  /// - Parameter quantum: quantum of the fixed-point numbers of the table, which replace its positions; nil if it has
  ///   none.
  func place(of i: Int, in table: ParticleTable, quantum: Double?) throws -> (FixedVector, away: SIMD3<Int32>) {
    let d = dimension
    var position = FixedVector.zero
    guard let quantum, !table.fixedPositions.isEmpty else {
      var away = SIMD3<Int32>()
      var v = Vector.zero
      for k in 0..<d { v[k] = table.positions[i * d + k] }
      // Subtract whole edges before converting to an integer, which could not hold a thousand of them.
      let s = cell.fractionsOfPosition * v
      for k in 0..<d where abs(s[k]) > 2 {
        let edgesAway = s[k].rounded(.down)
        v -= edgesAway * cell.edges[k]
        away[k] = Int32(edgesAway)
      }
      return (cell.fixed(v), away)
    }
    // Quanta are powers of two: positions in finer quanta are rounded, positions in coarser ones are kept exactly.
    let ratio = quantum / cell.quantum
    for k in 0..<d {
      let fixed = table.fixedPositions[i * d + k]
      let product = (Double(fixed) * ratio).rounded(.toNearestOrEven)
      guard abs(product) < 0x1p62 else {
        throw Failure(.input, "the position in quanta of particle id \(table.ids[i]) lies far outside of the cell")
      }
      position[k] = ratio >= 1 ? fixed * Int64(ratio) : Int64(product)
    }
    return (position, SIMD3<Int32>())
  }

  /// The columns and the fields, which move with the particles alike.
  var movingColumns: [StoredColumn] { columns.all + fields.compactMap(\.field).map(StoredColumn.init) }

  func reserveColumns(_ count: Int) {
    // Room for one more particle, into which the padding of the last chunk is written.
    for column in movingColumns { column.reserve(count + 1, keeping: ownedCount) }
  }

  /// Makes room for forces and for shares of energy and stress. It is not made earlier, since a system may be used for
  /// its neighbour lists alone.
  func reserveForces() {
    evaluated.forces.reserve(dimension * (ownedCount + 1))
    evaluated.contributions.reserve(ParticleArrays.contributionStride(dimension: dimension) * (ownedCount + 1))
  }

  // MARK: Columns for reading, in storage order

  public func id(_ i: Int) -> Int64 { columns.ids[i] }
  public func species(_ i: Int) -> Int32 { columns.species[i] }
  public func diameter(_ i: Int) -> Double { columns.diameters[i] }
  public func fixedPosition(_ i: Int) -> FixedVector {
    FixedVector(columns.records[4 * i], columns.records[4 * i + 1], columns.records[4 * i + 2])
  }
  /// Positions of owned particles for methods that move them: 4 words per particle in storage order, of which the first
  /// three are coordinates in quanta.
  public var records: UnsafeMutablePointer<Int64> { columns.records.pointer }
  public func position(_ i: Int) -> Vector { cell.position(fixedPosition(i)) }

  // MARK: Fields

  /// Makes a field of `width` numbers per particle that follows the particles. All values are zero.
  public func makeField(width: Int) -> ParticleField {
    let field = ParticleField(width: width, capacity: (ownedCount + 1) * width, of: working)
    fields.removeAll { $0.field == nil }
    fields.append(WeakField(field: field))
    return field
  }

  /// Makes a field that tracks the nonaffine displacement of each particle from now on: its motion minus the affine
  /// maps of all later deformations. Read it with ``displacement(_:of:)``.
  public func makeDisplacementTracker() -> ParticleField {
    let field = makeField(width: dimension)
    let back = sinceListing.isDeformed ? sinceListing.map.inverse : .identity
    for i in 0..<ownedCount {
      let motion = sinceListing.isDeformed ? back * motionSinceListing(i) : motionSinceListing(i)
      for k in 0..<dimension { field.values[i * dimension + k] = -motion[k] }
    }
    trackers.removeAll { $0.field == nil }
    trackers.append(WeakField(field: field))
    return field
  }

  /// Returns the nonaffine displacement of owned particle `i` since `tracker` was made, in units of length.
  public func displacement(_ tracker: ParticleField, of i: Int) -> Vector {
    var u = Vector.zero
    for k in 0..<dimension { u[k] = tracker.values[i * dimension + k] }
    if sinceListing.isDeformed { u = sinceListing.map * u }
    return u + motionSinceListing(i)
  }

  /// Returns the motion of owned particle `i` since the neighbours were listed, minus that of the box.
  @inline(__always) func motionSinceListing(_ i: Int) -> Vector {
    let then = FixedVector(columns.reference[3 * i], columns.reference[3 * i + 1], columns.reference[3 * i + 2])
    var motion = fixedPosition(i) &- then
    if sinceListing.isDeformed { motion = motion &- cell.fixed((sinceListing.map - .identity) * cell.position(then)) }
    return cell.position(motion)
  }
}

/// Returns the mean distance between particles, (volume / count)^(1/dimension).
public func meanSpacing(volume: Double, count: Int, dimension: Int) -> Double {
  let perParticle = volume / Double(count)
  return dimension == 2 ? perParticle.squareRoot() : cubeRoot(perParticle)
}
