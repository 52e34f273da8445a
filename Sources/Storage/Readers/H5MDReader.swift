import Geometry
import MessagePassing
import Particles

/// Reads a configuration from an H5MD file: a frame of a trajectory, or a saved state.
///
/// Each rank reads its block of rows. If the file has positions in quanta, they are read too, and the configuration has
/// the same bits as when it was saved.
public struct H5MDReader {
  private let file: HDF5File
  private let communicator: Communicator
  private let group: String
  /// Whether this program wrote the file, so that names outside H5MD have the meaning that they have here.
  private let isOurs: Bool
  private let position: H5MDElement
  private let frame: Int
  private let totalCount: Int
  /// The rows of this rank.
  private let rows: Range<Int>

  /// Reads a configuration. Collective.
  /// - Parameter frame: the frame from 0, or negative from the end; nil is the last one.
  /// - Throws: `.input` if the file is damaged, has no such frame, is not H5MD, or states
  ///   something that would be misread here.
  public static func read(
    _ path: String, dimension requested: Int? = nil, frame: Int? = nil, over communicator: Communicator
  ) throws -> Snapshot {
    let file = try HDF5File(path, .read, over: communicator)
    let snapshot = try H5MDReader(file, frame: frame, over: communicator).snapshot(requested)
    try file.close()
    return snapshot
  }

  /// Returns the group of particles that has positions; nil if there is none. Collective.
  /// - Throws: an input failure if there are several, since none of them is the whole configuration.
  static func particlesGroup(of file: HDF5File) throws -> String? {
    guard try file.kind(of: "/particles") == .group else { return nil }
    let groups = try file.names(in: "/particles").map { "/particles/" + $0 }.filter {
      try file.kind(of: $0) == .group && file.exists($0 + "/position")
    }
    guard groups.count <= 1 else {
      throw try H5MDElement.complaint(
        file,
        "has \(groups.count) groups of particles, \(groups.joined(separator: ", ")); put all particles into one of "
          + "them, and remove the others")
    }
    return groups.first
  }

  /// Finds a frame of a file that is open. Collective.
  init(_ file: HDF5File, frame: Int?, over communicator: Communicator) throws {
    self.file = file
    self.communicator = communicator
    func complaint(_ what: String) throws -> Failure { try H5MDElement.complaint(file, what) }
    try Self.checkVersion(file)
    guard let group = try Self.particlesGroup(of: file) else {
      throw try complaint("has no group in /particles with a 'position'; an H5MD file with positions is needed")
    }
    self.group = group
    isOurs =
      try file.exists("/h5md/creator") && file.attributeNames(of: "/h5md/creator").contains("name")
      && file.textAttribute("name", of: "/h5md/creator") == ["athermal"]
    position = try H5MDElement(group + "/position", in: file)!
    let shape = position.shape
    guard shape.count == 2, shape[1] == 2 || shape[1] == 3, shape[0] > 0 else {
      throw try complaint("\(position.name) has the shape \(shape) in each frame, not [particles, 2 or 3]")
    }
    totalCount = shape[0]
    rows = RowShares(totalCount, over: communicator).own
    let frames = position.frameCount ?? 1
    let index = (frame ?? -1) < 0 ? frames + (frame ?? -1) : frame!
    guard index >= 0, index < frames else {
      throw try complaint("has \(frames) frames; there is no frame \(frame ?? 0)")
    }
    self.frame = index
  }

  private func complaint(_ what: String) throws -> Failure { try H5MDElement.complaint(file, what) }

  private static func checkVersion(_ file: HDF5File) throws {
    guard try file.exists("/h5md"), let version = try file.attribute("version", of: "/h5md", as: Double.self) else {
      return
    }
    guard version.count == 2, version[0] == 1 else {
      throw try H5MDElement.complaint(
        file, "is H5MD of version \(version.map { "\($0)" }.joined(separator: ", ")), not 1.x")
    }
  }

  // MARK: The configuration

  /// Reads the configuration. Collective.
  func snapshot(_ requested: Int?) throws -> Snapshot {
    let columns = position.shape[1]
    let stated = try statedDimension(columns)
    if let requested, requested > columns {
      throw try complaint("holds \(columns) dimensions, but \(requested) are asked for")
    }
    let cell = try edges(columns, stated)
    try checkUnits()
    // Read the positions first: they fail if the file claims more particles than it can contain.
    let positions = try reals(position, width: columns)!
    try checkPositions(positions, columns, cell)
    let dimension = try dimension(positions, columns, requested, stated, cell)
    try checkBoundary(dimension)

    func flat<Element>(_ values: [Element]) -> [Element] {
      guard dimension < columns else { return values }
      var plane: [Element] = []
      plane.reserveCapacity(values.count / columns * 2)
      for row in stride(from: 0, to: values.count, by: columns) { plane += values[row..<(row + 2)] }
      return plane
    }
    var table = ParticleTable()
    table.positions = flat(positions)
    table.ids = try wholeNumbers("id") ?? rows.map { Int64($0 + 1) }
    let species = try wholeNumbers("species")
    table.species = try small(species ?? [Int64](repeating: 0, count: rows.count), "species", table.ids)
    let diameters = try reals(try H5MDElement(group + "/diameter", in: file), width: nil)
    table.diameters = diameters ?? [Double](repeating: 1, count: rows.count)
    let images = try wholeNumbers("image", width: columns)
    table.images = try small(flat(images ?? [Int64](repeating: 0, count: positions.count)), "image", table.ids)
    try check(table)
    try checkIdentifiers(table.ids)

    var edges = cell
    if dimension == 2 { edges[2] = Vector(0, 0, 1) }
    var snapshot = Snapshot(dimension: dimension, edges: edges, totalCount: totalCount, particles: table)
    if isOurs { try addQuanta(to: &snapshot) }
    snapshot.hasDiameters = try diameters != nil && says("has_diameters")
    snapshot.hasSpecies = try species != nil && says("has_species")
    snapshot.speciesCount = Int(try communicator.reduce(table.species.max() ?? 0, .maximum)) + 1
    snapshot.strain = try strain()
    snapshot.strainGenerator = try strainGenerator(dimension)
    try checkSeal(snapshot)
    return snapshot
  }

  /// Whether a column contains more than defaults. Our files always have the column and state this in an attribute.
  private func says(_ name: String) throws -> Bool {
    guard isOurs else { return true }
    return try file.attribute(name, of: group, as: Int64.self)?.first != 0
  }

  private func checkSeal(_ snapshot: Snapshot) throws {
    guard let seal = try file.textAttribute("checksum_sha256", of: group) else { return }
    guard try [StateHash.checksum(of: snapshot, over: communicator)] == seal else {
      throw try complaint("the state does not match its checksum; the file is damaged")
    }
  }

  /// Returns the accumulated strain. The strain of other programs has another meaning, so
  /// their configurations begin at zero.
  func strain() throws -> Double {
    guard let element = try H5MDElement("/observables/strain", in: file) else {
      if isOurs { throw try complaint("has no /observables/strain; the file is damaged") }
      return 0
    }
    guard element.shape.isEmpty else {
      if isOurs {
        throw try complaint("\(element.name) has the shape \(element.shape) in each frame, not a single number")
      }
      return 0
    }
    let strain = try element.reals(try element.row(at: frame, of: position), start: [], count: [])[0]
    guard strain.isFinite else { throw try complaint("\(element.name) is \(strain) in frame \(frame)") }
    return isOurs ? strain : 0
  }

  /// Returns the generator, the deformation per unit of strain; nil if the file does not have it.
  private func strainGenerator(_ dimension: Int) throws -> Tensor? {
    let name = "/observables/strain"
    guard isOurs, let numbers = try file.attribute("generator", of: name, as: Double.self) else { return nil }
    guard numbers.count == dimension * dimension, numbers.allSatisfy(\.isFinite) else {
      throw try complaint(
        "the attribute generator of \(name) is \(numbers), not a matrix of \(dimension) × \(dimension) numbers")
    }
    var generator = Tensor()
    for i in 0..<dimension { for j in 0..<dimension { generator[i, j] = numbers[dimension * i + j] } }
    return generator
  }

  // MARK: Columns

  private func reals(_ element: H5MDElement?, width: Int?) throws -> [Double]? {
    guard let element else { return nil }
    let (row, block) = try place(of: element, width)
    return try element.reals(row, start: block.start, count: block.count)
  }

  private func wholeNumbers(_ name: String, width: Int? = nil) throws -> [Int64]? {
    guard let element = try H5MDElement(group + "/" + name, in: file) else { return nil }
    let (row, block) = try place(of: element, width)
    return try element.wholeNumbers(row, start: block.start, count: block.count)
  }

  /// Returns the row of the frame, and the block of this rank's particles in it.
  private func place(of element: H5MDElement, _ width: Int?) throws -> (row: Int?, block: (start: [Int], count: [Int]))
  {
    let wanted = [totalCount] + (width.map { [$0] } ?? [])
    // Some programs write a column as a matrix of one column.
    guard element.shape == wanted || (width == nil && element.shape == [totalCount, 1]) else {
      throw try complaint("\(element.name) has the shape \(element.shape) in each frame, not \(wanted)")
    }
    let row =
      element.name == position.name
      ? (position.frameCount == nil ? nil : frame) : try element.row(at: frame, of: position)
    return (
      row, ([rows.lowerBound] + element.shape.dropFirst().map { _ in 0 }, [rows.count] + element.shape.dropFirst())
    )
  }

  private func small(_ values: [Int64], _ name: String, _ ids: [Int64]) throws -> [Int32] {
    let width = max(1, values.count / max(1, ids.count))
    return try communicator.coordinated {
      try values.enumerated().map { k, value in
        guard abs(Double(value)) <= 1e9 else {
          throw file.failure("the \(name) \(value) of particle id \(ids[k / width]) is too large")
        }
        return Int32(value)
      }
    }
  }

  /// Adds positions in quanta, which replace the positions and must agree with them.
  private func addQuanta(to snapshot: inout Snapshot) throws {
    guard let element = try H5MDElement(group + "/position_fixed", in: file) else { return }
    guard let quantum = try file.attribute("quantum", of: element.name, as: Double.self)?.first else {
      throw try complaint("\(element.name) has no attribute 'quantum'")
    }
    let (row, block) = try place(of: element, snapshot.dimension)
    let fixed = try element.wholeNumbers(row, start: block.start, count: block.count)
    let longest = (0..<snapshot.dimension).map { snapshot.edges[$0].length }.max()!
    let (positions, ids, dimension) = (snapshot.particles.positions, snapshot.particles.ids, snapshot.dimension)
    try communicator.coordinated {
      guard quantum > 0, quantum.significand == 1, quantum < 0x1p-20 * longest else {
        throw file.failure(
          "the quantum \(quantum) of position_fixed is not a power of two that is small against the cell")
      }
      for k in fixed.indices {
        let position = Double(fixed[k]) * quantum
        // One of the two is the other one, rounded once.
        guard abs(position - positions[k]) <= max(quantum, 0x1p-51 * abs(position)), abs(position) <= 4 * longest else {
          throw file.failure(
            "position_fixed of particle id \(ids[k / dimension]) is \(position), and its position \(positions[k]); "
              + "the file is damaged")
        }
      }
    }
    snapshot.quantum = quantum
    snapshot.particles.fixedPositions = fixed
  }

  // MARK: The cell

  /// Returns the dimension in the attributes of the box; nil if there is none. Programs may rely on the attributes
  /// without reading the numbers, so both must agree.
  private func statedDimension(_ columns: Int) throws -> Int? {
    guard try file.kind(of: group + "/box") == .group else { throw try complaint("has no group \(group)/box") }
    guard let stated = try file.attribute("dimension", of: group + "/box", as: Double.self) else { return nil }
    guard stated.count == 1, stated[0] == Double(columns) || (stated[0] == 2 && columns == 3) else {
      throw try complaint(
        "\(group)/box has the dimension \(stated.map { "\($0)" }.joined(separator: ", ")), and the positions have "
          + "\(columns) columns")
    }
    return Int(stated[0])
  }

  private func checkBoundary(_ dimension: Int) throws {
    let remedy = "only cells that are periodic along all their edges are read"
    guard let boundary = try file.textAttribute("boundary", of: group + "/box") else {
      throw try complaint(
        "\(group)/box does not say what its boundary is; \(remedy), and H5MD says so by the attribute 'boundary'")
    }
    guard boundary.count >= dimension, boundary.prefix(dimension).allSatisfy({ $0 == "periodic" }) else {
      throw try complaint("\(group)/box has the boundary \(boundary.joined(separator: ", ")); \(remedy)")
    }
  }

  /// Returns the edges of the frame as rows. The file may keep them per frame or once, as a
  /// matrix or as the lengths of a cuboid.
  private func edges(_ columns: Int, _ stated: Int?) throws -> Tensor {
    guard let element = try H5MDElement(group + "/box/edges", in: file) else {
      throw try complaint("has no \(group)/box/edges")
    }
    let shape = element.shape
    guard let d = shape.first, d == columns || d == stated, shape == [d] || shape == [d, d] else {
      throw try complaint("\(element.name) has the shape \(shape) in each frame, not [\(columns), \(columns)]")
    }
    let numbers = try element.reals(try element.row(at: frame, of: position), start: shape.map { _ in 0 }, count: shape)
    var edges = Tensor.identity
    for i in 0..<d { for j in 0..<d { edges[i, j] = shape.count == 2 ? numbers[d * i + j] : i == j ? numbers[i] : 0 } }
    let scale = (0..<d).reduce(1) { $0 * edges[$1].length }
    guard numbers.allSatisfy(\.isFinite), scale.isFinite, abs(edges.determinant) > 1e-9 * scale else {
      throw try complaint("\(element.name) are not the edges of a cell: \(numbers)")
    }
    return edges
  }

  /// Determines the dimension. Programs that know only three dimensions write two-dimensional systems with constant z.
  private func dimension(_ positions: [Double], _ columns: Int, _ requested: Int?, _ stated: Int?, _ edges: Tensor)
    throws -> Int
  {
    guard columns == 3, requested != 3 else { return columns }
    let z = stride(from: 2, to: positions.count, by: 3).map { positions[$0] }
    let lowest = try communicator.reduce(z.min() ?? .infinity, .minimum)
    let highest = try communicator.reduce(z.max() ?? -.infinity, .maximum)
    let longest = max(edges[0].length, edges[1].length)
    let isStated = requested == 2 || stated == 2
    // Our own files have as many columns as dimensions.
    guard isStated || (!isOurs && lowest == highest) else { return 3 }
    guard highest - lowest <= 1e-9 * longest else {
      throw try complaint("the dimension is stated as 2, but z differs between particles, from \(lowest) to \(highest)")
    }
    guard edges[0, 2] == 0, edges[1, 2] == 0, edges[2, 0] == 0, edges[2, 1] == 0 else {
      throw try complaint("the cell is tilted along z, which a two-dimensional system cannot be")
    }
    return 2
  }

  /// Names of units that stand for reduced units of length.
  private static let reducedUnits: Set = [
    "", "1", "lj", "sigma", "σ", "lambda", "λ", "reduced", "dimensionless", "none",
  ]

  private func checkUnits() throws {
    for name in ["position", "box/edges", "diameter"] {
      guard let unit = try H5MDElement(group + "/" + name, in: file)?.unit(),
        !Self.reducedUnits.contains(unit.lowercased())
      else { continue }
      throw try complaint(
        "\(group)/\(name) has the unit '\(unit)', and lengths are read in reduced units; convert them, or remove the "
          + "attribute 'unit'")
    }
  }

  // MARK: The particles

  private func checkPositions(_ positions: [Double], _ columns: Int, _ edges: Tensor) throws {
    let longest = max(edges[0].length, edges[1].length, columns == 3 ? edges[2].length : 0)
    try communicator.coordinated {
      func particle(_ k: Int) -> String { "the particle in row \(rows.lowerBound + k / columns + 1)" }
      if let k = positions.firstIndex(where: { !$0.isFinite }) {
        throw file.failure("the position of \(particle(k)) is not finite")
      }
      if let k = positions.firstIndex(where: { abs($0) > 1e6 * longest }) {
        throw file.failure("\(particle(k)) lies more than a million cell edges away; wrap it into the cell")
      }
    }
  }

  private func check(_ table: ParticleTable) throws {
    try communicator.coordinated {
      if let k = table.diameters.firstIndex(where: { !($0 > 0) || !$0.isFinite }) {
        throw file.failure("the diameter of particle id \(table.ids[k]) is \(table.diameters[k])")
      }
      if let k = table.species.firstIndex(where: { $0 < 0 }) {
        throw file.failure("the species of particle id \(table.ids[k]) is \(table.species[k])")
      }
    }
  }

  private func checkIdentifiers(_ ids: [Int64]) throws {
    let (_, problem) = try IdentifierBlocks.arrange(ids: ids, totalCount: totalCount, over: communicator)
    try communicator.coordinated {
      switch problem {
      case .outOfRange(let id):
        throw file.failure("particle id \(id) is outside 1 … \(totalCount); number the particles without gaps")
      case .duplicate(let id): throw file.failure("particle id \(id) occurs twice")
      case .missing(let id): throw file.failure("particle id \(id) is missing")
      case nil: break
      }
    }
  }
}
