import Geometry
import MessagePassing
import Particles

/// The particle lines of a text file as a rank has parsed them, always in three dimensions,
/// before the checks that need all ranks.
struct ParticleRecords {
  let path: String
  var lines: [Int] = []
  var ids: [Int64] = []
  var species: [Int32] = []
  var diameters: [Double] = []
  /// Coordinates, three per particle.
  var positions: [Double] = []
  /// Image flags, three per particle.
  var images: [Int32] = []

  init(path: String) { self.path = path }

  var count: Int { ids.count }

  /// Checks the number of particles and the identifiers, determines the dimension, and
  /// returns the configuration. Collective.
  /// - Parameters:
  ///   - requested: the dimension that the user states; if nil, it is 2 if all z are equal.
  ///   - isFlat: whether the file has no third coordinate.
  ///   - announced: the number of particles in the header, and its line.
  ///   - edges: the edges as rows; the third is replaced by (0, 0, 1) in two dimensions.
  ///   - origin: the corner to which positions are relative.
  func snapshot(
    dimension requested: Int?, isFlat: Bool = false, announced: (count: Int, line: Int), edges: Tensor, origin: Vector,
    hasSpecies: Bool, hasDiameters: Bool,
    over communicator: Communicator
  ) throws -> Snapshot {
    try checkCount(announced, communicator)
    try checkIdentifiers(announced.count, communicator)
    guard !isFlat || requested != 3 else {
      throw Failure.everywhere(.input, "\(path): has positions of two coordinates, but the dimension is stated as 3")
    }
    let dimension = isFlat ? 2 : try inferDimension(requested, edges, communicator)
    try communicator.coordinated {
      if dimension == 2, edges[0, 2] != 0 || edges[1, 2] != 0 || edges[2, 0] != 0 || edges[2, 1] != 0 {
        throw Failure(.input, "\(path): the cell is tilted along z, which a two-dimensional system cannot be")
      }
    }
    try checkReach(edges, communicator)
    var flat = edges
    if dimension == 2 { flat[2] = Vector(0, 0, 1) }
    var table = ParticleTable()
    table.ids = ids
    table.species = species
    table.diameters = diameters
    table.positions.reserveCapacity(count * dimension)
    table.images.reserveCapacity(count * dimension)
    for k in 0..<count {
      for c in 0..<dimension {
        table.positions.append(positions[3 * k + c] - origin[c])
        table.images.append(images[3 * k + c])
      }
    }
    var snapshot = Snapshot(dimension: dimension, edges: flat, totalCount: announced.count, particles: table)
    snapshot.hasSpecies = hasSpecies
    snapshot.hasDiameters = hasDiameters
    snapshot.speciesCount = Int(try communicator.reduce(species.max() ?? 0, .maximum)) + 1
    return snapshot
  }

  /// Checks that positions and image flags cannot overflow the count of cell edges. Positions may lie outside the cell.
  private func checkReach(_ edges: Tensor, _ communicator: Communicator) throws {
    let longest = max(edges[0].length, edges[1].length, edges[2].length)
    try communicator.coordinated {
      for k in 0..<(3 * count) where abs(positions[k]) > 1e6 * longest {
        throw Failure(
          .input,
          "\(path):\(lines[k / 3]): coordinate \(positions[k]) lies more than a million cell edges away; wrap it "
            + "into the cell")
      }
      // Images must still fit 32 bits after a tilt is reduced and positions are wrapped.
      var tilt = 1.0
      for (a, b) in [(1, 0), (2, 0), (2, 1)] where edges[b, b] != 0 { tilt += abs(edges[a, b] / edges[b, b]) }
      for k in 0..<(3 * count) where abs(Double(images[k])) * tilt > 1e9 {
        throw Failure(.input, "\(path):\(lines[k / 3]): image flag \(images[k]) is too large to be counted with")
      }
    }
  }

  private func checkCount(_ announced: (count: Int, line: Int), _ communicator: Communicator) throws {
    let before = try communicator.exclusiveSum(count)
    let total = try communicator.reduce(count, .sum)
    try communicator.coordinated {
      if total > announced.count, before <= announced.count, announced.count < before + count {
        throw Failure(
          .input,
          "\(path):\(lines[announced.count - before]): more particles than the \(announced.count) announced in line "
            + "\(announced.line)")
      }
      if total < announced.count, communicator.isRoot {
        throw Failure(
          .input,
          "\(path):\(announced.line): announces \(announced.count) particles but the file has \(total); is it "
            + "truncated?")
      }
    }
  }

  private func checkIdentifiers(_ totalCount: Int, _ communicator: Communicator) throws {
    try communicator.coordinated {
      for k in 0..<count where ids[k] < 1 || ids[k] > totalCount {
        throw Failure(
          .input, "\(path):\(lines[k]): id \(ids[k]) is outside 1 … \(totalCount); number the particles without gaps")
      }
    }
    let (_, problem) = try IdentifierBlocks.arrange(ids: ids, totalCount: totalCount, over: communicator)
    guard let problem else { return }
    // There are as many identifiers as particles, all in range, so one is missing only if another occurs twice.
    var places = [Int]()
    if case .duplicate(let id) = problem {
      for k in 0..<count where ids[k] == id && places.count < 2 { places.append(lines[k]) }
    }
    let all = try communicator.gather(places).sorted()
    try communicator.coordinated {
      switch problem {
      case .duplicate(let id):
        throw Failure(.input, "\(path):\(all[1]): id \(id) was already used in line \(all[0]); ids must be unique")
      case .missing(let id), .outOfRange(let id):
        throw Failure(.input, "\(path): id \(id) of 1 … \(totalCount) is missing")
      }
    }
  }

  /// Largest difference of z, in edges, that counts as noise of a program that computes in three dimensions.
  private static let noise = 1e-9
  /// Largest difference of z, in edges, that more likely belongs to a flat system than to one with a third dimension.
  private static let flat = 1e-4

  private func inferDimension(_ requested: Int?, _ edges: Tensor, _ communicator: Communicator) throws -> Int {
    if let requested, requested != 2 { return requested }
    let holder = try communicator.reduce(count > 0 ? communicator.rank : communicator.size, .minimum)
    let reference = try communicator.broadcast(count > 0 ? positions[2] : 0, from: holder)
    let edge = max(edges[0].length, edges[1].length)
    let tolerance = requested == 2 ? Self.noise * edge : 0
    let other = (0..<count).first { abs(positions[3 * $0 + 2] - reference) > tolerance }
    guard requested == nil else {
      try communicator.coordinated {
        if let other {
          throw Failure(
            .input,
            "\(path):\(lines[other]): z = \(positions[3 * other + 2]) differs from z = \(reference) of the first "
              + "particle by more than 1e-9 of an edge, but the dimension is stated as 2; write the same z for all, or "
              + "set the dimension to 3")
        }
      }
      return 2
    }
    let spread = try communicator.reduce(
      (0..<count).map { abs(positions[3 * $0 + 2] - reference) }.max() ?? 0, .maximum)
    if spread == 0 { return 2 }
    try communicator.coordinated {
      if let other, spread <= Self.flat * edge {
        throw Failure(
          .input,
          "\(path):\(lines[other]): z = \(positions[3 * other + 2]) differs from z = \(reference) of the first "
            + "particle, and no z by more than \(spread.shown): state whether the system has two or three dimensions "
            + "(system.dimension)")
      }
    }
    return 3
  }
}
