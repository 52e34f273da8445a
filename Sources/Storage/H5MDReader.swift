import Geometry
import MessagePassing
import Particles

/// Reads a configuration from an H5MD file: a frame of a trajectory, or a saved state.
///
/// Each rank reads its block of rows. Where the file holds positions in quanta, they come along, and the configuration has
/// the bits that were saved.
public enum H5MDReader {
  /// Collective.
  /// - Parameter frame: from 0; negative counts from the last frame; nil is the last frame.
  /// - Throws: `.input` where the file is damaged, has no such frame or is not H5MD.
  public static func read(
    _ path: String, dimension requested: Int? = nil, frame: Int? = nil, over communicator: Communicator
  ) throws -> Snapshot {
    let file = try HDF5File(path, .read, over: communicator)
    let group = try particlesGroup(of: file)
    let position = group + "/position"
    guard try file.isDataset(position + "/value") else {
      throw try complaint(file, "has no \(position)/value; an H5MD file with positions is needed")
    }
    let shape = try file.shape(of: position + "/value")
    guard shape.count == 3, shape[2] == 2 || shape[2] == 3, shape[1] > 0 else {
      throw try complaint(file, "\(position)/value has the shape \(shape), not [frames, particles, 2 or 3]")
    }
    let (totalCount, dimension) = (shape[1], shape[2])
    // A damaged header may claim any size; a compressed file is smaller than its content, but not a thousand times.
    guard totalCount / 1000 <= (try file.byteCount()) else {
      throw try complaint(file, "claims \(totalCount) particles, which cannot be in a file of this size")
    }
    // The step is the last thing that is written of a frame: a frame without one was never finished.
    let hasSteps = try file.isDataset(position + "/step")
    let frames = min(shape[0], hasSteps ? try file.shape(of: position + "/step").first ?? shape[0] : shape[0])
    if let requested, requested != dimension {
      throw try complaint(file, "holds \(dimension) dimensions, but \(requested) are asked for")
    }
    let index = (frame ?? -1) < 0 ? frames + (frame ?? -1) : frame!
    guard index >= 0, index < frames else {
      throw try complaint(file, "has \(frames) frames; there is no frame \(frame ?? 0)")
    }
    let edges = try readEdges(file, group, frame: index, dimension: dimension)

    let rows = IdentifierBlocks.rows(of: communicator.rank, size: communicator.size, totalCount: totalCount)
    func fixed<Element: HDF5Element>(_ name: String, _ type: Element.Type) throws -> [Element]? {
      let dataset = group + "/" + name
      guard try file.isDataset(dataset) else { return nil }
      let shape = try file.shape(of: dataset)
      guard shape == [totalCount] else { throw try complaint(file, "\(dataset) has the shape \(shape), not [\(totalCount)]") }
      return try file.read(type, from: dataset, start: [rows.lowerBound], count: [rows.count])
    }
    func frameColumn<Element: HDF5Element>(_ name: String, _ type: Element.Type) throws -> [Element]? {
      let dataset = group + "/" + name + "/value"
      guard try file.isDataset(dataset) else { return nil }
      let found = try file.shape(of: dataset)
      guard found.dropFirst() == shape.dropFirst(), found[0] >= frames else {
        throw try complaint(file, "\(dataset) has the shape \(found), not \(shape)")
      }
      return try file.read(
        type, from: dataset, start: [index, rows.lowerBound, 0], count: [1, rows.count, dimension])
    }

    var table = ParticleTable()
    table.ids = try fixed("id", Int64.self) ?? rows.map { Int64($0 + 1) }
    table.species = try fixed("species", Int32.self) ?? [Int32](repeating: 0, count: rows.count)
    let diameters = try fixed("diameter", Double.self)
    table.diameters = diameters ?? [Double](repeating: 1, count: rows.count)
    table.positions = try frameColumn("position", Double.self)!
    table.images = try frameColumn("image", Int32.self) ?? [Int32](repeating: 0, count: rows.count * dimension)
    let quantum = try file.exists(group + "/position_fixed")
      ? try file.attribute("quantum", of: group + "/position_fixed", as: Double.self)?.first : nil
    if quantum != nil { table.fixedPositions = try frameColumn("position_fixed", Int64.self) ?? [] }
    try check(table, edges, quantum, file, communicator)
    try checkIdentifiers(table.ids, totalCount, file, communicator)

    var snapshot = Snapshot(dimension: dimension, edges: edges, totalCount: totalCount, particles: table)
    snapshot.quantum = quantum
    snapshot.hasDiameters = try file.attribute("has_diameters", of: group, as: Int64.self)?.first != 0 && diameters != nil
    snapshot.speciesCount = Int(try communicator.reduce(table.species.max() ?? 0, .maximum)) + 1
    snapshot.strain = try readStrain(file, frame: index)
    if let seal = try file.textAttribute("checksum_sha256", of: group)?.first,
      try StateHash.checksum(of: snapshot, over: communicator) != seal
    {
      throw try complaint(file, "the state does not match its checksum; the file is damaged")
    }
    try file.close()
    return snapshot
  }

  /// `trajectory`, or the first group of particles.
  static func particlesGroup(of file: HDF5File) throws -> String {
    guard try file.exists("/particles") else {
      throw try complaint(file, "has no group /particles; it is not an H5MD file")
    }
    let names = try file.names(in: "/particles")
    guard let name = names.contains("trajectory") ? "trajectory" : names.first else {
      throw try complaint(file, "the group /particles is empty")
    }
    return "/particles/" + name
  }

  /// The edges of a frame as rows; the file may keep them per frame or once, as a matrix or as the lengths of a cuboid.
  private static func readEdges(_ file: HDF5File, _ group: String, frame: Int, dimension: Int) throws -> Tensor {
    let name = group + "/box/edges"
    var numbers: [Double]
    var shape: [Int]
    if try file.isDataset(name) {
      shape = try file.shape(of: name)
      numbers = shape.reduce(1, *) <= 9 ? try file.readAll(Double.self, from: name) : []
    } else if try file.isDataset(name + "/value") {
      shape = try file.shape(of: name + "/value")
      guard let frames = shape.first, frame < frames, shape.dropFirst().reduce(1, *) <= 9 else {
        throw try complaint(file, "\(name)/value has the shape \(shape)")
      }
      shape.removeFirst()
      numbers = try file.read(
        Double.self, from: name + "/value", start: [frame] + shape.map { _ in 0 }, count: [1] + shape)
    } else {
      throw try complaint(file, "has no \(name)")
    }
    var edges = Tensor.identity
    if shape == [dimension] {
      for k in 0..<dimension { edges[k, k] = numbers[k] }
    } else if shape == [dimension, dimension] {
      for i in 0..<dimension { for j in 0..<dimension { edges[i, j] = numbers[dimension * i + j] } }
    } else {
      throw try complaint(file, "\(name) has the shape \(shape), not [\(dimension), \(dimension)]")
    }
    let scale = (0..<dimension).reduce(1) { $0 * edges[$1].length }
    guard numbers.allSatisfy(\.isFinite), scale.isFinite, abs(edges.determinant) > 1e-9 * scale else {
      throw try complaint(file, "\(name) are not the edges of a cell: \(numbers)")
    }
    return edges
  }

  private static func readStrain(_ file: HDF5File, frame: Int) throws -> Double {
    let name = "/observables/strain/value"
    guard try file.isDataset(name) else { return 0 }
    guard let frames = try file.shape(of: name).first, frame < frames else { return 0 }
    return try file.read(Double.self, from: name, start: [frame], count: [1])[0]
  }

  private static func check(
    _ table: ParticleTable, _ edges: Tensor, _ quantum: Double?, _ file: HDF5File, _ communicator: Communicator
  ) throws {
    let dimension = table.count > 0 ? table.positions.count / table.count : 1
    try communicator.coordinated {
      if let k = table.positions.firstIndex(where: { !$0.isFinite }) {
        throw Failure(.input, "\(file.path): the position of particle id \(table.ids[k / dimension]) is not finite")
      }
      let longest = max(edges[0].length, edges[1].length, edges[2].length)
      if let k = table.positions.firstIndex(where: { abs($0) > 1e6 * longest }) {
        throw Failure(
          .input, "\(file.path): particle id \(table.ids[k / dimension]) lies more than a million cell edges away; wrap it into "
            + "the cell")
      }
      if let k = table.images.firstIndex(where: { abs(Double($0)) > 1e9 }) {
        throw Failure(.input, "\(file.path): the image \(table.images[k]) of particle id \(table.ids[k / dimension]) is too large")
      }
      if let k = table.diameters.firstIndex(where: { !($0 > 0) || !$0.isFinite }) {
        throw Failure(.input, "\(file.path): the diameter of particle id \(table.ids[k]) is \(table.diameters[k])")
      }
      if let k = table.species.firstIndex(where: { $0 < 0 }) {
        throw Failure(.input, "\(file.path): the species of particle id \(table.ids[k]) is \(table.species[k])")
      }
      if let quantum, !(quantum > 0) || quantum.significand != 1 {
        throw Failure(.input, "\(file.path): the quantum \(quantum) of position_fixed is not a power of two")
      }
    }
  }

  private static func checkIdentifiers(
    _ ids: [Int64], _ totalCount: Int, _ file: HDF5File, _ communicator: Communicator
  ) throws {
    let (_, problem) = try IdentifierBlocks.arrange(ids: ids, totalCount: totalCount, over: communicator)
    try communicator.coordinated {
      switch problem {
      case .outOfRange(let id): throw file.failure("particle id \(id) is outside 1 … \(totalCount)")
      case .duplicate(let id): throw file.failure("particle id \(id) occurs twice")
      case .missing(let id): throw file.failure("particle id \(id) is missing")
      case nil: break
      }
    }
  }

  /// All ranks see the same file, and so the same fault; the failure is agreed so that it is printed once.
  private static func complaint(_ file: HDF5File, _ what: String) throws -> Failure {
    try file.agreed { throw file.failure(what) }
  }
}
