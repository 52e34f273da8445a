import MessagePassing
import Particles

/// The contents of an H5MD file, frame by frame: configurations, strains, steps, and fields per particle.
public final class TrajectoryContents {
  /// Number of complete frames.
  public let frameCount: Int
  /// Names of fields per particle, as elements of the file.
  public let fields: [String]

  private let file: HDF5File
  private let group: String
  private let position: H5MDElement
  private let communicator: Communicator
  private var totalCount: Int { position.shape[0] }

  /// Names of the elements that belong to a configuration.
  private static let configuration: Set = ["position", "position_fixed", "image", "box", "id", "species", "diameter"]

  /// Opens a file and finds its fields. Collective.
  /// - Throws: `.input` if the file is not H5MD.
  public init(_ path: String, over communicator: Communicator) throws {
    self.communicator = communicator
    file = try HDF5File(path, .read, over: communicator)
    guard let group = try H5MDReader.particlesGroup(of: file) else {
      throw try H5MDElement.complaint(file, "has no group of particles")
    }
    self.group = group
    let position = try H5MDElement(group + "/position", in: file)!
    guard position.shape.count == 2 else {
      throw try H5MDElement.complaint(
        file, "\(position.name) has the shape \(position.shape) in each frame, not [particles, 2 or 3]")
    }
    self.position = position
    frameCount = position.frameCount ?? 1
    var fields: [String] = []
    for name in try file.names(in: group) where !Self.configuration.contains(name) {
      let value = "\(group)/\(name)/value"
      guard try file.isDataset(value) else { continue }
      let shape = try file.shape(of: value)
      if (2...4).contains(shape.count), shape[1] == position.shape[0] { fields.append(name) }
    }
    self.fields = fields
  }

  /// Returns the step of a frame; its number if the file counts no steps.
  public func step(of frame: Int) throws -> Int {
    try position.step(of: frame).map { Int($0) } ?? frame
  }

  /// Returns the accumulated strain of a frame; 0 in a file of another program. Collective.
  public func strain(of frame: Int) throws -> Double {
    try H5MDReader(file, frame: frame, over: communicator).strain()
  }

  /// Reads the configuration of a frame, of which each rank gets a part. Collective.
  /// - Parameter dimension: 2, 3, or nil to take it from the file.
  /// - Throws: `.input` if the frame is damaged or is no configuration.
  public func snapshot(of frame: Int, dimension: Int? = nil) throws -> Snapshot {
    try H5MDReader(file, frame: frame, over: communicator).snapshot(dimension)
  }

  /// Reads fields of a frame, for the particles that a reader of configurations gives this rank. Collective.
  /// - Throws: `.input` if a field has no value at the step of the frame.
  public func read(_ names: [String], frame: Int) throws -> [ParticleColumn] {
    let rows = RowShares(totalCount, over: communicator).own
    return try names.map { name in
      let field = try H5MDElement("\(group)/\(name)", in: file)!
      let row = try field.row(at: frame, of: position)!
      let value = field.name + "/value"
      let rest = Array(field.shape.dropFirst())
      let start = [row, rows.lowerBound] + rest.map { _ in 0 }
      let count = [1, rows.count] + rest
      let width = rest.reduce(1, *)
      return try file.typeName(of: value) == "int32"
        ? ParticleColumn(name, try file.read(Int32.self, from: value, start: start, count: count), width: width)
        : ParticleColumn(name, try file.read(Double.self, from: value, start: start, count: count), width: width)
    }
  }

  public func close() throws { try file.close() }
}
