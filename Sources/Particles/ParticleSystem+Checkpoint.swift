import Checkpoints
import Geometry
import Interactions
import MessagePassing

/// Saving a system and resuming it with the same bits.
///
/// The positions at the last rebuild are part of the state: they determine cells, lists and their order, and the moment
/// at which neighbours are listed next.
extension ParticleSystem {
  private struct State: Codable {
    var dimension: Int
    var quantum: Double
    var fixedEdges: [FixedVector]
    var strain: Double
    /// Nil if unknown, and in checkpoints of earlier builds.
    var strainGenerator: Tensor?
    var speciesCount: Int
    var statistics: EvaluationStatistics
    /// Deformation since the neighbours were listed, and the edges then; nil if there is none.
    var mapSinceListing: Tensor?
    var listedEdges: [FixedVector]?
  }

  /// Name in checkpoints.
  public static let checkpointKey = "system"

  /// Saves the system. Collective.
  public func save(to checkpoint: Checkpoint, as name: String = ParticleSystem.checkpointKey) throws {
    try checkpoint.put(
      State(
        dimension: dimension, quantum: cell.quantum, fixedEdges: (0..<3).map(cell.fixedEdge), strain: strain,
        strainGenerator: strainGenerator, speciesCount: speciesCount, statistics: statistics,
        mapSinceListing: sinceListing.isDeformed ? sinceListing.map : nil, listedEdges: sinceListing.edges), as: name)
    let order = try identifierBlocks()
    for column in columns.all { try column.save(ownedCount, dimension, in: order, to: checkpoint, as: name) }
  }

  /// Restores a saved system with the same bits, on any number of ranks. Its forces must be evaluated next. Collective.
  public convenience init(
    resuming checkpoint: Checkpoint, as name: String = ParticleSystem.checkpointKey, interaction: PairInteraction,
    skin: Double
  ) throws {
    let communicator = checkpoint.communicator
    let state = try checkpoint.value(State.self, of: name)
    func key(_ column: StoredColumn.Name) -> String { column.key(of: name) }
    guard let totalCount = checkpoint.columns[key(.species)]?.totalRows, state.fixedEdges.count == 3 else {
      throw Failure.everywhere(.input, "the checkpoint has no particles '\(name)'")
    }
    let d = state.dimension
    let rows = RowShares(totalCount, over: communicator).own
    var table = ParticleTable()
    table.ids = rows.map { Int64($0 + 1) }
    table.species = try checkpoint.rows(Int32.self, of: key(.species), rows)
    table.diameters = try checkpoint.rows(Double.self, of: key(.diameter), rows)
    table.images = try checkpoint.rows(Int32.self, of: key(.image), rows)
    table.fixedPositions = try checkpoint.rows(Int64.self, of: key(.reference), rows)
    let listedCell = Cell(
      dimension: d, quantum: state.quantum, fixedEdges: state.listedEdges ?? state.fixedEdges)
    var snapshot = Snapshot(dimension: d, edges: listedCell.edges, totalCount: totalCount, particles: table)
    snapshot.strain = state.strain
    snapshot.strainGenerator = state.strainGenerator
    snapshot.speciesCount = state.speciesCount
    snapshot.hasSpecies = interaction.parameter == .species || state.speciesCount > 1
    snapshot.hasDiameters = interaction.parameter == .size
    snapshot.quantum = state.quantum
    try self.init(snapshot, cell: listedCell, interaction: interaction, skin: skin, communicator: communicator)

    // The lists are now those of the last rebuild; move the particles to where they have gone since.
    let order = try identifierBlocks()
    for column in columns.all where column.name?.isDistributed == false {
      try column.restore(d, in: order, from: checkpoint, as: name)
    }
    if let map = state.mapSinceListing, let edges = state.listedEdges {
      cell = Cell(dimension: d, quantum: state.quantum, fixedEdges: state.fixedEdges)
      sinceListing = ListedFrame(map: map, edges: edges)
    }
    statistics = state.statistics
  }

  /// Returns the blocks of identifiers for the present distribution of the particles. Collective.
  public func identifierBlocks() throws -> IdentifierBlocks {
    try IdentifierBlocks(ids: (0..<ownedCount).map { columns.ids[$0] }, totalCount: totalCount, over: communicator)
  }

  // MARK: Fields

  /// Saves a field of this system. Collective.
  public func save(_ field: ParticleField, to checkpoint: Checkpoint, as name: String) throws {
    let order = try identifierBlocks()
    let values = Array(UnsafeBufferPointer(start: field.values, count: ownedCount * field.width))
    let column = try order.column(values, width: field.width)
    checkpoint.put(order.checkpointColumn(.reals(column), width: field.width), as: name)
  }

  /// Restores a field that was saved for this system or for the one that it continues. Collective.
  public func makeField(resuming checkpoint: Checkpoint, as name: String) throws -> ParticleField {
    let order = try identifierBlocks()
    let column = try checkpoint.rows(Double.self, of: name, order.rows)
    let field = makeField(width: checkpoint.columns[name]!.width)
    field.copy(try order.values(ofColumn: column, width: field.width))
    return field
  }

  /// Restores a displacement tracker that was saved as a field; it continues to accumulate. Collective.
  public func makeDisplacementTracker(resuming checkpoint: Checkpoint, as name: String) throws -> ParticleField {
    let field = try makeField(resuming: checkpoint, as: name)
    trackers.removeAll { $0.field == nil }
    trackers.append(WeakField(field: field))
    return field
  }
}

extension IdentifierBlocks {
  /// Returns this rank's rows as a column of a checkpoint.
  public func checkpointColumn(_ numbers: Checkpoint.Numbers, width: Int) -> Checkpoint.Column {
    Checkpoint.Column(numbers, width: width, firstRow: rows.lowerBound, totalRows: totalCount)
  }
}
