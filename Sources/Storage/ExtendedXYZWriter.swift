import Geometry
import MessagePassing
import Particles

/// Writes one frame of extended XYZ in the order of the identifiers, with ids, image flags, sizes and strain.
///
/// Numbers have as many digits as it takes to read the same bits back (up to 17). Two-dimensional systems get z = 0, a unit
/// thickness, and no periodicity along z.
public enum ExtendedXYZWriter {
  /// Collective.
  /// - Throws: `.inputOutput` where the file cannot be written.
  public static func write(_ snapshot: Snapshot, to path: String, over communicator: Communicator) throws {
    let dimension = snapshot.dimension
    let columns = try OrderedColumns(snapshot, over: communicator)
    let hasDiameters = snapshot.hasDiameters
    var edges = snapshot.edges
    if dimension == 2 { edges[2] = Vector(0, 0, 1) }
    let lattice = edges.block(3).flatMap { $0 }.map { "\($0)" }.joined(separator: " ")
    var header = "\(snapshot.totalCount)\nLattice=\"\(lattice)\" Properties=species:S:1:pos:R:3:id:I:1:image:I:3"
    if hasDiameters { header += ":diameter:R:1" }
    header += " pbc=\"T T \(dimension == 3 ? "T" : "F")\" strain=\(snapshot.strain)\n"

    var part: [UInt8] = []
    for (k, row) in columns.blocks.rows.enumerated() {
      let species = columns.species[k]
      var line = species < 2 ? (species == 0 ? "A" : "B") : "\(species + 1)"
      for c in 0..<dimension { line += " \(columns.positions[k * dimension + c])" }
      line += dimension == 2 ? " 0 \(row + 1)" : " \(row + 1)"
      for c in 0..<dimension { line += " \(columns.images[k * dimension + c])" }
      if dimension == 2 { line += " 0" }
      if hasDiameters { line += " \(columns.diameters[k])" }
      part += line.utf8
      part.append(0x0a)
    }
    try OrderedTextFile.write(path, header: header, part: part, over: communicator)
  }
}
