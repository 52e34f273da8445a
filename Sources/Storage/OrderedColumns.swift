import Geometry
import MessagePassing
import Particles

/// The columns of a configuration in the order of the identifiers, this rank's block of rows: what all files are
/// written from.
struct OrderedColumns {
  let blocks: IdentifierBlocks
  let species: [Int32]
  let diameters: [Double]
  /// In units of length; computed from the positions in quanta where there are such.
  let positions: [Double]
  let images: [Int32]
  /// In quanta; empty on all ranks where a rank has none.
  let fixedPositions: [Int64]

  /// Collective. Throws where the identifiers are not each of 1 … N once.
  init(_ snapshot: Snapshot, over communicator: Communicator) throws {
    let table = snapshot.particles
    let dimension = snapshot.dimension
    blocks = try IdentifierBlocks(ids: table.ids, totalCount: snapshot.totalCount, over: communicator)
    let isFixed = snapshot.quantum != nil && table.fixedPositions.count == table.count * dimension
    let allFixed = try communicator.reduce(isFixed ? Int64(1) : 0, .minimum) == 1
    // What a source does not state: no image flags, diameters of one.
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
