import Checkpoints
import Geometry
import MessagePassing

/// Saving and restoring of configurations that a computation keeps, such as the start of a window of strain.
extension Snapshot {
  private struct State: Codable {
    var dimension: Int
    var edges: Tensor
    var strain: Double
    /// Nil if unknown, and in checkpoints of earlier builds.
    var strainGenerator: Tensor?
    var speciesCount: Int
    /// Nil in checkpoints of earlier builds.
    var hasSpecies: Bool?
    var hasDiameters: Bool
    var quantum: Double?
  }

  /// Names of columns in checkpoints.
  private enum Column: String {
    case species, diameter, image, position
    case fixedPosition = "position_fixed"
  }

  private static func key(_ column: Column, of name: String) -> String { name + "/" + column.rawValue }

  /// Saves the columns that are not empty. Collective.
  public func save(to checkpoint: Checkpoint, as name: String) throws {
    try checkpoint.put(
      State(
        dimension: dimension, edges: edges, strain: strain, strainGenerator: strainGenerator,
        speciesCount: speciesCount,
        hasSpecies: hasSpecies, hasDiameters: hasDiameters, quantum: quantum), as: name)
    let order = try IdentifierBlocks(ids: particles.ids, totalCount: totalCount, over: checkpoint.communicator)
    func put<Element: MessageElement & Numeric>(
      _ values: [Element], _ column: Column, width: Int, _ kind: ([Element]) -> Checkpoint.Numbers
    ) throws {
      // A column exists on all ranks or on none, but a rank without particles cannot tell.
      guard try checkpoint.communicator.reduce(values.count, .maximum) > 0 else { return }
      checkpoint.put(
        order.checkpointColumn(kind(try order.column(values, width: width)), width: width),
        as: Self.key(column, of: name))
    }
    try put(particles.species, .species, width: 1, Checkpoint.Numbers.smallIntegers)
    try put(particles.diameters, .diameter, width: 1, Checkpoint.Numbers.reals)
    try put(particles.images, .image, width: dimension, Checkpoint.Numbers.smallIntegers)
    try put(particles.positions, .position, width: dimension, Checkpoint.Numbers.reals)
    try put(particles.fixedPositions, .fixedPosition, width: dimension, Checkpoint.Numbers.integers)
  }

  /// Restores a saved configuration; each rank gets a block of identifiers. Collective.
  public init(resuming checkpoint: Checkpoint, as name: String) throws {
    let communicator = checkpoint.communicator
    let state = try checkpoint.value(State.self, of: name)
    let columns = checkpoint.columns.filter { $0.key.hasPrefix(name + "/") }
    guard let totalCount = columns.first?.value.totalRows else {
      throw Failure.everywhere(.input, "the checkpoint has no particles '\(name)'")
    }
    let rows = RowShares(totalCount, over: communicator).own
    func column<Element: CheckpointElement>(_ column: Column, _ type: Element.Type) throws -> [Element] {
      let key = Self.key(column, of: name)
      return columns[key] == nil ? [] : try checkpoint.rows(type, of: key, rows)
    }
    var table = ParticleTable()
    table.ids = rows.map { Int64($0 + 1) }
    table.species = try column(.species, Int32.self)
    table.diameters = try column(.diameter, Double.self)
    table.images = try column(.image, Int32.self)
    table.positions = try column(.position, Double.self)
    table.fixedPositions = try column(.fixedPosition, Int64.self)
    self.init(dimension: state.dimension, edges: state.edges, totalCount: totalCount, particles: table)
    strain = state.strain
    strainGenerator = state.strainGenerator
    speciesCount = state.speciesCount
    hasSpecies = state.hasSpecies ?? (speciesCount > 1 || !state.hasDiameters)
    hasDiameters = state.hasDiameters
    quantum = state.quantum
  }
}
