import Configuration
import Geometry
import Measurement

extension BlockGrids {
  /// Finds the grids whose blocks have the sides closest to those that the keys `block` and `small_block` of a table
  /// ask for.
  /// - Throws: an input failure, with the place of the key, if there is none.
  init(of cell: Cell, block: Double, smallBlock: Double, in table: String, _ places: KeyPlaces) throws {
    self.init(
      blocks: try places.namingPlace(of: table + ".block") { try CoMovingBlocks.shape(of: cell, side: block) },
      small: try places.namingPlace(of: table + ".small_block") {
        try CoMovingBlocks.shape(of: cell, side: smallBlock)
      })
  }
}
