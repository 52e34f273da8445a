import MessagePassing
import Particles

/// What an H5MD file holds beside the configurations: how many frames, at which steps, and fields per particle.
public final class TrajectoryContents {
  /// Frames that were finished.
  public let frameCount: Int
  /// Names of fields per particle, as elements of the file.
  public let fields: [String]

  private let file: HDF5File
  private let group: String
  private let particles: Int
  private let hasSteps: Bool
  private let communicator: Communicator

  /// What configurations are made of.
  private static let configuration: Set = ["position", "position_fixed", "image", "box", "id", "species", "diameter"]

  /// Collective.
  /// - Throws: `.input` where the file is not H5MD.
  public init(_ path: String, over communicator: Communicator) throws {
    self.communicator = communicator
    file = try HDF5File(path, .read, over: communicator)
    let found: String? = try H5MDReader.particlesGroup(of: file)
    guard let found else { throw Failure.everywhere(.input, "\(path): has no group of particles") }
    group = found
    let position = group + "/position/value"
    let shape = try file.isDataset(position) ? try file.shape(of: position) : []
    guard shape.count == 3 else { throw Failure.everywhere(.input, "\(path): has no positions frame by frame") }
    hasSteps = try file.isDataset(group + "/position/step")
    particles = shape[1]
    let steps = hasSteps ? try file.shape(of: group + "/position/step").first ?? shape[0] : shape[0]
    frameCount = min(shape[0], steps)
    var fields: [String] = []
    for name in try file.names(in: group) where !Self.configuration.contains(name) {
      let value = "\(group)/\(name)/value"
      guard try !file.isDataset("\(group)/\(name)"), try file.exists(value), try file.isDataset(value) else { continue }
      let found = try file.shape(of: value)
      if found.count >= 2, found.count <= 4, found[0] >= frameCount, found[1] == shape[1] { fields.append(name) }
    }
    self.fields = fields
  }

  /// The step of a frame; its number where the file counts no steps.
  public func step(of frame: Int) throws -> Int {
    guard hasSteps, try file.shape(of: group + "/position/step").count == 1 else { return frame }
    return Int(try file.read(Int64.self, from: group + "/position/step", start: [frame], count: [1])[0])
  }

  /// Fields of a frame for the particles that a reader of configurations gives this rank. Collective.
  public func read(_ names: [String], frame: Int) throws -> [ParticleColumn] {
    let rows = IdentifierBlocks.rows(of: communicator.rank, size: communicator.size, totalCount: particles)
    return try names.map { name in
      let value = "\(group)/\(name)/value"
      let rest = Array(try file.shape(of: value).dropFirst(2))
      let start = [frame, rows.lowerBound] + rest.map { _ in 0 }
      let count = [1, rows.count] + rest
      let width = rest.reduce(1, *)
      return try file.typeName(of: value) == "int32"
        ? ParticleColumn(name, try file.read(Int32.self, from: value, start: start, count: count), width: width)
        : ParticleColumn(name, try file.read(Double.self, from: value, start: start, count: count), width: width)
    }
  }

  public func close() throws { try file.close() }
}
