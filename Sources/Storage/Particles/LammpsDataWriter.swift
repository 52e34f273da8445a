import Geometry
import MessagePassing
import Particles

/// Writes LAMMPS data in the order of the identifiers, with atom style sphere if the
/// particles have sizes, otherwise atomic.
///
/// Numbers have as many digits as are needed to read back the same bits (up to 17). In two
/// dimensions z is 0 in a cell from −1/2 to 1/2.
public enum LammpsDataWriter {
  /// Writes the file. Collective.
  /// - Throws: `.input` if the cell is not lower triangular, which the format cannot represent;
  ///   `.inputOutput` if the file cannot be written.
  public static func write(_ snapshot: Snapshot, to path: String, over communicator: Communicator) throws {
    let dimension = snapshot.dimension
    let edges = snapshot.edges
    try communicator.coordinated {
      let isLower = edges[0, 1] == 0 && (dimension == 2 || (edges[0, 2] == 0 && edges[1, 2] == 0))
      let isPositive = (0..<dimension).allSatisfy { edges[$0, $0] > 0 }
      guard isLower, isPositive else {
        throw Failure(
          .input,
          "\(path): LAMMPS data needs edges (lx, 0, 0), (xy, ly, 0), (xz, yz, lz), and this cell has "
            + "\(edges.block(dimension)); export to extended XYZ instead")
      }
    }
    let columns = try OrderedColumns(snapshot, over: communicator)
    let hasDiameters = snapshot.hasDiameters
    var header = "LAMMPS data written by athermal, strain \(snapshot.strain)\n\n"
    header += "\(snapshot.totalCount) atoms\n\(snapshot.speciesCount) atom types\n\n"
    header += "0 \(edges[0, 0]) xlo xhi\n0 \(edges[1, 1]) ylo yhi\n"
    header += dimension == 3 ? "0 \(edges[2, 2]) zlo zhi\n" : "-0.5 0.5 zlo zhi\n"
    let tilt = dimension == 3 ? [edges[1, 0], edges[2, 0], edges[2, 1]] : [edges[1, 0], 0, 0]
    if tilt.contains(where: { $0 != 0 }) { header += "\(tilt[0]) \(tilt[1]) \(tilt[2]) xy xz yz\n" }
    header += "\nAtoms # \(hasDiameters ? "sphere" : "atomic")\n\n"

    try OrderedTextFile.write(path, header: header, lines: columns.blocks.rows.count, over: communicator) { k in
      var line = "\(columns.blocks.rows.lowerBound + k + 1) \(columns.species[k] + 1)"
      if hasDiameters { line += " \(columns.diameters[k]) 1" }
      for c in 0..<dimension { line += " \(columns.positions[k * dimension + c])" }
      if dimension == 2 { line += " 0" }
      for c in 0..<dimension { line += " \(columns.images[k * dimension + c])" }
      if dimension == 2 { line += " 0" }
      return line
    }
  }
}
