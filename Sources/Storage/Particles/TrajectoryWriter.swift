import Checkpoints
import Geometry
import MessagePassing
import Particles

/// Writes an H5MD 1.1 trajectory, frame by frame, all ranks together, with the
/// particles in the order of their identifiers.
///
/// The group is /particles/trajectory; the time of a frame is its accumulated strain; edges are rows of the cell
/// matrix. After each frame the file is flushed, so that a killed job loses at most the frames since (or, if the kill
/// comes within a flush, since the last checkpoint). Every frame has the fields and observables of the first.
public final class TrajectoryWriter {
  /// Number of frames written so far.
  public private(set) var frameCount = 0

  private let file: HDF5File
  private let communicator: Communicator
  private let totalCount: Int
  private let dimension: Int
  private let isExact: Bool
  private var quantum: Double?
  private var elements: Set<String> = []

  private static let group = "/particles/trajectory"
  private static let step = "/particles/trajectory/position/step"
  private static let time = "/particles/trajectory/position/time"

  /// Creates the file and writes the constant elements: identifiers, species, diameters. Collective.
  /// - Parameters:
  ///   - snapshot: any configuration of the particles; it is not written as a frame.
  ///   - isExact: whether positions in quanta are written as well, so that a computation can continue
  ///     from the frames with the same bits.
  /// - Throws: `.inputOutput` if the file cannot be written.
  public init(
    path: String, particles snapshot: Snapshot, provenance: Provenance, isExact: Bool = false,
    over communicator: Communicator
  ) throws {
    self.communicator = communicator
    self.isExact = isExact
    totalCount = snapshot.totalCount
    dimension = snapshot.dimension
    let columns = try OrderedColumns(snapshot, over: communicator)
    file = try HDF5File(path, .create, over: communicator)
    try writeHeader(provenance)
    try file.createGroup(Self.group)
    let row = columns.blocks.rows
    try writeFixed("id", row.map { Int64($0 + 1) }, row)
    try writeFixed("species", columns.species, row)
    try writeFixed("diameter", columns.diameters, row)
    try file.setAttribute("has_species", of: Self.group, to: Int64(snapshot.hasSpecies ? 1 : 0))
    try file.setAttribute("has_diameters", of: Self.group, to: Int64(snapshot.hasDiameters ? 1 : 0))
    try file.createGroup(Self.group + "/box")
    try file.setAttribute("dimension", of: Self.group + "/box", to: Int32(dimension))
    try file.setAttribute(
      "boundary", of: Self.group + "/box", to: [String](repeating: "periodic", count: dimension))
    try file.createGroup("/observables")
    try createPositions()
    try file.flush()
  }

  private struct State: Codable {
    var record: HDF5Record
    var frameCount: Int
    var totalCount: Int
    var dimension: Int
    var isExact: Bool
    var quantum: Double?
    var elements: [String]
  }

  /// Saves everything that is needed to continue the file. Collective.
  public func save(to checkpoint: Checkpoint, as name: String) throws {
    try checkpoint.put(
      State(
        record: try file.record(), frameCount: frameCount, totalCount: totalCount, dimension: dimension,
        isExact: isExact,
        quantum: quantum, elements: elements.sorted()), as: name)
    try file.keep(in: checkpoint, as: name)
  }

  /// Continues the file from its state at the checkpoint. Collective.
  /// - Throws: an input failure if the file is missing or has been changed.
  public init(path: String, resuming checkpoint: Checkpoint, as name: String) throws {
    let state = try checkpoint.value(State.self, of: name)
    communicator = checkpoint.communicator
    totalCount = state.totalCount
    dimension = state.dimension
    isExact = state.isExact
    file = try HDF5File(resuming: path, checkpoint, as: name, state.record)
    frameCount = state.frameCount
    quantum = state.quantum
    elements = Set(state.elements)
  }

  private func writeHeader(_ provenance: Provenance) throws {
    try file.createGroup("/h5md")
    try file.setAttribute("version", of: "/h5md", to: [Int32(1), 1])
    // H5MD requires the name of an author. The program does not disclose who started it.
    try file.createGroup("/h5md/author")
    try file.setAttribute("name", of: "/h5md/author", to: "not stated")
    try file.createGroup("/h5md/creator")
    try file.setAttribute("name", of: "/h5md/creator", to: "athermal")
    try file.setAttribute("version", of: "/h5md/creator", to: provenance.version)
    try file.createGroup("/h5md/modules/athermal")
    try file.setAttribute("version", of: "/h5md/modules/athermal", to: [Int32(0), 1])
    try provenance.write(to: file)
  }

  private func writeFixed<Element: HDF5Element>(_ name: String, _ values: [Element], _ rows: Range<Int>) throws {
    let dataset = Self.group + "/" + name
    try file.createDataset(dataset, of: Element.self, shape: [totalCount])
    try file.write(values, to: dataset, start: [rows.lowerBound], count: [rows.count])
  }

  /// Creates the positions first: the steps and times of all other elements are links to theirs.
  private func createPositions() throws {
    try file.createDataset(
      Self.group + "/position/value", of: Double.self, shape: [0, totalCount, dimension], growing: true)
    try file.createDataset(Self.step, of: Int64.self, shape: [0], growing: true)
    try file.createDataset(Self.time, of: Double.self, shape: [0], growing: true)
    try createElement(Self.group + "/box/edges", of: Double.self, shape: [dimension, dimension])
    try createElement(Self.group + "/image", of: Int32.self, shape: [totalCount, dimension])
    try createElement("/observables/strain", of: Double.self, shape: [])
    if isExact { try createElement(Self.group + "/position_fixed", of: Int64.self, shape: [totalCount, dimension]) }
  }

  private func createElement<Element: HDF5Element>(_ name: String, of type: Element.Type, shape: [Int]) throws {
    try file.createDataset(name + "/value", of: type, shape: [0] + shape, growing: true)
    try file.link(name + "/step", to: Self.step)
    try file.link(name + "/time", to: Self.time)
  }

  /// Writes a frame. Collective.
  /// - Parameters:
  ///   - fields: quantities per particle, in the order of the particles of `snapshot`.
  ///   - observables: quantities of the system; the strain is always written.
  /// - Throws: `.inputOutput` if the frame cannot be written, `.physics` if a particle is missing or occurs twice.
  public func append(
    step: Int, snapshot: Snapshot, fields: [ParticleColumn] = [], observables: [Observable] = []
  ) throws {
    precondition(
      snapshot.totalCount == totalCount && snapshot.dimension == dimension, "the particles of a file are fixed")
    let columns = try OrderedColumns(snapshot, over: communicator)
    let rows = columns.blocks.rows
    try createElements(fields, observables)
    if isExact { try recordQuantum(snapshot.quantum, columns) }

    try appendColumn("/position", columns.positions, [dimension], rows)
    try appendColumn("/image", columns.images, [dimension], rows)
    if isExact { try appendColumn("/position_fixed", columns.fixedPositions, [dimension], rows) }
    for field in fields {
      let shape = field.width == 1 ? [] : [field.width]
      switch field.values {
      case .reals(let values):
        try appendColumn("/" + field.name, try columns.blocks.column(values, width: field.width), shape, rows)
      case .integers(let values):
        try appendColumn("/" + field.name, try columns.blocks.column(values, width: field.width), shape, rows)
      }
    }
    let edges = snapshot.edges.block(dimension).flatMap { $0 }
    try appendNumbers(edges, to: Self.group + "/box/edges/value", shape: [dimension, dimension])
    if frameCount == 0, let generator = snapshot.strainGenerator {
      try file.setAttribute("generator", of: "/observables/strain", to: generator.block(dimension).flatMap { $0 })
    }
    try appendNumbers([snapshot.strain], to: "/observables/strain/value", shape: [])
    for observable in observables {
      try appendNumbers(observable.values, to: "/observables/\(observable.name)/value", shape: observable.shape)
    }
    try appendNumbers([snapshot.strain], to: Self.time, shape: [])
    try appendNumbers([Int64(step)], to: Self.step, shape: [])
    frameCount += 1
    try file.flush()
  }

  /// Creates the elements with the first frame. They stay the same, because each must have one value per frame.
  private func createElements(_ fields: [ParticleColumn], _ observables: [Observable]) throws {
    let names = Set(fields.map { Self.group + "/" + $0.name } + observables.map { "/observables/" + $0.name })
    if frameCount > 0 {
      precondition(names == elements, "every frame has the fields and observables of the first")
      return
    }
    elements = names
    for field in fields {
      let shape = [totalCount] + (field.width == 1 ? [] : [field.width])
      switch field.values {
      case .reals: try createElement(Self.group + "/" + field.name, of: Double.self, shape: shape)
      case .integers: try createElement(Self.group + "/" + field.name, of: Int32.self, shape: shape)
      }
    }
    for observable in observables {
      try createElement("/observables/" + observable.name, of: Double.self, shape: observable.shape)
    }
  }

  private func recordQuantum(_ own: Double?, _ columns: OrderedColumns) throws {
    try communicator.coordinated {
      guard let own, columns.fixedPositions.count == columns.positions.count else {
        throw Failure(.inputOutput, "\(file.path): an exact frame needs positions in quanta")
      }
      if let quantum, quantum != own {
        throw Failure(.inputOutput, "\(file.path): the quantum of length changed from \(quantum) to \(own)")
      }
    }
    if quantum == nil {
      try file.setAttribute("quantum", of: Self.group + "/position_fixed", to: own!)
      quantum = own
    }
  }

  private func appendColumn<Element: HDF5Element>(
    _ name: String, _ values: [Element], _ shape: [Int], _ rows: Range<Int>
  ) throws {
    let dataset = Self.group + name + "/value"
    try file.extend(dataset, to: frameCount + 1)
    try file.write(
      values, to: dataset, start: [frameCount, rows.lowerBound] + shape.map { _ in 0 }, count: [1, rows.count] + shape)
  }

  private func appendNumbers<Element: HDF5Element>(_ values: [Element], to dataset: String, shape: [Int]) throws {
    try file.appendRow(values, to: dataset, index: frameCount, shape: shape)
  }

  /// Stores the checksum of the only frame, which readers compare with the data. Collective.
  func seal(_ checksum: String) throws { try file.setAttribute("checksum_sha256", of: Self.group, to: checksum) }

  public func close() throws { try file.seal() }
}
