import Geometry
import MessagePassing
import Particles

/// Writes frames of particles to a text file one after the other, in the order of the
/// identifiers, with fields per particle.
///
/// Numbers have as many digits as are needed to read back the same bits (up to 17). Two-dimensional
/// systems get z = 0 and a unit thickness.
public final class FrameWriter {
  public enum Format: Sendable {
    /// Types and radii in the columns that other programs understand, with ids and image flags.
    case extendedXYZ
    /// A dump in text. Cells that are not lower triangular are written by their edges (`abc origin`).
    case lammpsDump
  }

  private let format: Format
  private let file: OrderedTextFile
  private let communicator: Communicator

  /// Creates a writer. The file is created with the first frame.
  public init(_ format: Format, to path: String, over communicator: Communicator) {
    self.format = format
    self.communicator = communicator
    file = OrderedTextFile(path, over: communicator)
  }

  /// Appends a frame. Collective.
  /// - Parameter fields: the fields, in the order of the particles of the snapshot.
  /// - Throws: `.inputOutput` if the file cannot be written; nothing of it is then left.
  public func append(_ snapshot: Snapshot, step: Int, fields: [ParticleColumn] = []) throws {
    let columns = try OrderedColumns(snapshot, over: communicator)
    let dimension = snapshot.dimension
    let ordered = try fields.map { try Field($0, columns.blocks, dimension: dimension) }
    let header = format == .extendedXYZ ? xyzHeader(snapshot, step, ordered) : dumpHeader(snapshot, step, ordered)
    let isDump = format == .lammpsDump
    let hasDiameters = snapshot.hasDiameters
    try file.append(header: header, lines: columns.blocks.rows.count) { k in
      let id = columns.blocks.rows.lowerBound + k + 1
      let radius = hasDiameters ? " \(columns.diameters[k] / 2)" : ""
      var line = isDump ? "\(id) \(columns.species[k] + 1)" + radius : "\(columns.species[k] + 1)"
      for c in 0..<dimension { line += " \(columns.positions[k * dimension + c])" }
      if dimension == 2 { line += " 0" }
      if !isDump { line += radius + " \(id)" }
      for c in 0..<dimension { line += " \(columns.images[k * dimension + c])" }
      if dimension == 2 { line += " 0" }
      for field in ordered { field.append(k, to: &line) }
      return line
    }
  }

  /// Gives the file its final name. Collective.
  public func finish() throws { try file.finish() }

  // MARK: Headers

  private func xyzHeader(_ snapshot: Snapshot, _ step: Int, _ fields: [Field]) -> String {
    var edges = snapshot.edges
    if snapshot.dimension == 2 { edges[2] = Vector(0, 0, 1) }
    let lattice = edges.block(3).flatMap { $0 }.map { "\($0)" }.joined(separator: " ")
    var properties = "type:I:1:pos:R:3" + (snapshot.hasDiameters ? ":radius:R:1" : "") + ":id:I:1:image:I:3"
    for field in fields { properties += ":\(field.name):\(field.isReal ? "R" : "I"):\(field.width)" }
    return "\(snapshot.totalCount)\nLattice=\"\(lattice)\" Properties=\(properties) "
      + "pbc=\"T T \(snapshot.dimension == 3 ? "T" : "F")\" step=\(step) strain=\(snapshot.strain)\n"
  }

  private func dumpHeader(_ snapshot: Snapshot, _ step: Int, _ fields: [Field]) -> String {
    let edges = snapshot.edges
    let isFlat = snapshot.dimension == 2
    let isLower = edges[0, 1] == 0 && (isFlat || (edges[0, 2] == 0 && edges[1, 2] == 0))
    let isPositive = (0..<snapshot.dimension).allSatisfy { edges[$0, $0] > 0 }
    let (low, high) = isFlat ? (-0.5, 0.5) : (0, edges[2, 2])
    var box: String
    if isLower, isPositive {
      let (xy, xz, yz) = (edges[1, 0], isFlat ? 0 : edges[2, 0], isFlat ? 0 : edges[2, 1])
      let isTilted = xy != 0 || xz != 0 || yz != 0
      // The bounds of a tilted box enclose it.
      let x = (min(0, xy, xz, xy + xz), edges[0, 0] + max(0, xy, xz, xy + xz))
      let y = (min(0, yz), edges[1, 1] + max(0, yz))
      func row(_ bounds: (Double, Double), _ tilt: Double) -> String {
        "\(bounds.0) \(bounds.1)" + (isTilted ? " \(tilt)" : "") + "\n"
      }
      box = (isTilted ? " xy xz yz pp pp pp\n" : " pp pp pp\n") + row(x, xy) + row(y, xz) + row((low, high), yz)
    } else {
      box = " abc origin pp pp pp\n"
      for c in 0..<3 {
        let edge = isFlat && c == 2 ? Vector(0, 0, 1) : edges[c]
        box += "\(edge.x) \(edge.y) \(edge.z) \(c == 2 ? low : 0)\n"
      }
    }
    let names =
      ["id", "type"] + (snapshot.hasDiameters ? ["radius"] : []) + ["x", "y", "z", "ix", "iy", "iz"]
      + fields.flatMap(\.columns)
    return "ITEM: TIMESTEP\n\(step)\nITEM: NUMBER OF ATOMS\n\(snapshot.totalCount)\nITEM: BOX BOUNDS\(box)ITEM: ATOMS "
      + names.joined(separator: " ") + "\n"
  }

  // MARK: Fields

  /// A field in the order of the identifiers.
  private struct Field {
    let name: String
    let width: Int
    /// Names of the columns of the field.
    let columns: [String]
    private let reals: [Double]
    private let integers: [Int32]
    let isReal: Bool

    init(_ column: ParticleColumn, _ blocks: IdentifierBlocks, dimension: Int) throws {
      let name = column.name
      self.name = name
      width = column.width
      let axes = ["x", "y", "z"].prefix(dimension)
      columns =
        switch column.width {
        case 1: [name]
        // Other programs know the components of the force by these names.
        case dimension: axes.map { name == "force" ? "f\($0)" : "\(name)_\($0)" }
        case dimension * dimension: axes.flatMap { i in axes.map { "\(name)_\(i)\($0)" } }
        default: (1...column.width).map { "\(column.name)_\($0)" }
        }
      switch column.values {
      case .reals(let values):
        (reals, integers, isReal) = (try blocks.column(values, width: width), [], true)
      case .integers(let values):
        (reals, integers, isReal) = ([], try blocks.column(values, width: width), false)
      }
    }

    func append(_ k: Int, to line: inout String) {
      for c in 0..<width { line += isReal ? " \(reals[k * width + c])" : " \(integers[k * width + c])" }
    }
  }
}
