import Geometry
import MessagePassing
import Particles

/// The columns of a configuration in the order of the identifiers, for this rank's block of
/// rows. All files are written from them.
struct OrderedColumns {
  let blocks: IdentifierBlocks
  let species: [Int32]
  let diameters: [Double]
  /// Positions in units of length, computed from the positions in quanta if those exist.
  let positions: [Double]
  let images: [Int32]
  /// Positions in quanta; empty on all ranks if one rank has none.
  let fixedPositions: [Int64]

  /// Sorts the columns by the identifiers. Collective.
  /// - Throws: a failure unless each identifier from 1 to N occurs once.
  init(_ snapshot: Snapshot, over communicator: Communicator) throws {
    let table = snapshot.particles
    let dimension = snapshot.dimension
    blocks = try IdentifierBlocks(ids: table.ids, totalCount: snapshot.totalCount, over: communicator)
    let isFixed = snapshot.quantum != nil && table.fixedPositions.count == table.count * dimension
    let allFixed = try communicator.reduce(isFixed ? Int64(1) : 0, .minimum) == 1
    // Use defaults for missing columns: no image flags, and diameters of one.
    species = try blocks.column(table.species)
    diameters = try blocks.column(
      table.diameters.isEmpty ? [Double](repeating: 1, count: table.count) : table.diameters)
    images = try blocks.column(
      table.images.isEmpty ? [Int32](repeating: 0, count: table.count * dimension) : table.images, width: dimension)
    if allFixed, let quantum = snapshot.quantum {
      fixedPositions = try blocks.column(table.fixedPositions, width: dimension)
      positions = fixedPositions.map { Double($0) * quantum }
    } else {
      fixedPositions = []
      positions = try blocks.column(table.positions, width: dimension)
    }
  }
}
