import Foundation
import Geometry
import MessagePassing
import Particles

/// Reads one frame of extended XYZ: the number of particles, a line of keys, one line per particle.
///
/// The keys are `Lattice` (nine numbers, edges as rows, any matrix), `Properties` (pos:R:3 or :R:2, and optionally the
/// species as type, species, or Z; id:I:1, diameter:R:1 or radius:R:1, image:I:3 or :I:2; others are skipped), and
/// optionally `strain`, `Origin`, `pbc`. Every rank parses its slice of the bytes.
public enum ExtendedXYZReader {
  /// The columns of the properties in a particle line: the first one, and their number if it varies.
  private struct Columns {
    /// Columns that give the species, in order of precedence.
    var species: [(rank: Int, name: String, column: Int)] = []
    var position: (first: Int, width: Int)?
    var id: Int?
    var diameter: Int?
    var radius: Int?
    var image: (first: Int, width: Int)?
    var total = 0
  }

  /// Reads the file. The result holds the particles of this rank's slice. Collective.
  /// - Parameters:
  ///   - dimension: 2, 3, or nil to choose 2 if all z are equal.
  ///   - species: the names of the species in the file, in their order; empty to take them from the file.
  /// - Throws: `.input` with file, line, and a remedy.
  public static func read(
    _ path: String, dimension: Int? = nil, species: [String] = [], over communicator: Communicator
  ) throws -> Snapshot {
    let slice = try TextSlice(path, over: communicator)
    let first = try slice.line(1, over: communicator) ?? ""
    let second = try slice.line(2, over: communicator)
    let (count, edges, origin, strain, columns, isPeriodicAlongZ) = try communicator.coordinated {
      let trimmed = first.trimmingCharacters(in: .whitespaces)
      guard let count = Int(trimmed) else {
        throw Failure(.input, "\(path):1: the number of particles is expected, not '\(trimmed.prefix(40))'")
      }
      guard count > 0 else { throw Failure(.input, "\(path):1: \(count) particles; at least one is needed") }
      guard let second else { throw Failure(.input, "\(path):2: the line with Lattice and Properties is missing") }
      let keys = ExtendedXYZKeys(second, at: "\(path):2")
      let (edges, origin) = try cell(keys, path)
      return (
        count, edges, origin, try loadedStrain(keys), try propertyColumns(keys, path), try periodicity(keys, path)
      )
    }
    var words = SpeciesWords()
    var records = try communicator.coordinated { try parse(slice, columns, count: count, &words) }
    let (found, names) = try words.settle(stated: species, path: path, over: communicator)
    if !columns.species.isEmpty { records.species = records.species.map { found[Int($0)] } }
    var snapshot = try records.snapshot(
      dimension: dimension, isFlat: columns.position!.width == 2, announced: (count, 1), edges: edges, origin: origin,
      hasSpecies: !columns.species.isEmpty, hasDiameters: columns.diameter != nil || columns.radius != nil,
      over: communicator)
    guard snapshot.dimension == 2 || isPeriodicAlongZ else {
      throw Failure.everywhere(
        .input, "\(path):2: pbc says that a three-dimensional cell is not periodic in z; only cells that are are read")
    }
    snapshot.strain = strain
    snapshot.speciesNames = names
    return snapshot
  }

  // MARK: Keys

  private static func failure(_ path: String, _ what: String) -> Failure { Failure(.input, "\(path):2: \(what)") }

  /// Returns the strain if it is a single number, as ``FrameWriter`` writes it. A tensor comes from another program and
  /// does not say how far a loading has come, so it counts as 0.
  private static func loadedStrain(_ keys: ExtendedXYZKeys) throws -> Double {
    guard let value = try? keys["strain"], value.words.count > 1 else { return try keys.numbers("strain", 1)?[0] ?? 0 }
    return 0
  }

  private static func cell(_ keys: ExtendedXYZKeys, _ path: String) throws -> (edges: Tensor, origin: Vector) {
    guard let values = try keys.numbers("Lattice", 9) else {
      throw failure(path, "no Lattice=\"…\"; extended XYZ with the nine numbers of the cell is needed")
    }
    let edges = Tensor((0..<3).map { Array(values[(3 * $0)..<(3 * $0 + 3)]) })
    let scale = edges[0].length * edges[1].length * edges[2].length
    guard scale.isFinite, abs(edges.determinant) > 1e-9 * scale else {
      throw failure(path, "the Lattice has no volume: its edges lie in a plane or are zero")
    }
    let origin = try keys.numbers("Origin", 3) ?? [0, 0, 0]
    return (edges, Vector(origin[0], origin[1], origin[2]))
  }

  /// Whether the cell is periodic along z, which matters only in three dimensions. It must be periodic along x and y.
  private static func periodicity(_ keys: ExtendedXYZKeys, _ path: String) throws -> Bool {
    guard let periodic = try keys["pbc"] else { return true }
    let isPeriodic = periodic.words.compactMap(ExtendedXYZKeys.logical)
    guard periodic.words.count == 3, isPeriodic.count == 3 else {
      throw failure(path, "pbc must be three of T and F, not '\(periodic.text.prefix(40))'")
    }
    guard isPeriodic[0], isPeriodic[1] else {
      throw failure(
        path,
        "pbc=\"\(periodic.text.prefix(40))\": only cells that are periodic in x and y "
          + "(and z in three dimensions) are read")
    }
    return isPeriodic[2]
  }

  private static func propertyColumns(_ keys: ExtendedXYZKeys, _ path: String) throws -> Columns {
    guard let properties = try keys["Properties"]?.text else {
      throw failure(path, "no Properties=…; for example Properties=species:S:1:pos:R:3:radius:R:1")
    }
    let parts = properties.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count % 3 == 0 else { throw failure(path, "Properties must be triples name:type:columns") }
    var columns = Columns()
    var known: Set<String> = []
    for k in stride(from: 0, to: parts.count, by: 3) {
      // Another program may write a coordinate as z, but not as Z.
      let name = parts[k] == "Z" ? "Z" : parts[k].lowercased()
      let type = parts[k + 1]
      guard let width = Int(parts[k + 2]), width > 0, width <= 1 << 20, columns.total <= 1 << 20 else {
        throw failure(path, "property \(parts[k].prefix(40)) has '\(parts[k + 2].prefix(40))' columns")
      }
      func require(_ isRight: Bool, _ expected: String) throws {
        if !isRight { throw failure(path, "property \(parts[k]) must be \(expected), not \(type):\(width)") }
        guard known.insert(name).inserted else { throw failure(path, "property \(parts[k]) occurs twice") }
      }
      switch name {
      // Types say more than names of elements, so `type` has precedence.
      case "type", "species", "Z", "atomic_number", "atomic_numbers", "numbers":
        try require((type == "S" || type == "I") && width == 1, "S:1 or I:1")
        let rank = name == "type" ? 0 : name == "species" ? 1 : 2
        columns.species.append((rank, String(parts[k]), columns.total))
      case "pos":
        try require(type == "R" && (width == 2 || width == 3), "R:3 or R:2")
        columns.position = (columns.total, width)
      case "id":
        try require(type == "I" && width == 1, "I:1")
        columns.id = columns.total
      case "diameter":
        try require(type == "R" && width == 1, "R:1")
        columns.diameter = columns.total
      case "radius":
        try require(type == "R" && width == 1, "R:1")
        columns.radius = columns.total
      case "image":
        try require(type == "I" && (width == 2 || width == 3), "I:3 or I:2")
        columns.image = (columns.total, width)
      default: break
      }
      columns.total += width
    }
    guard columns.position != nil else { throw failure(path, "Properties has no pos:R:3") }
    columns.species.sort { $0.rank < $1.rank }
    return columns
  }

  // MARK: Particles

  private static func parse(
    _ slice: TextSlice, _ columns: Columns, count: Int, _ species: inout SpeciesWords
  ) throws -> ParticleRecords {
    var records = ParticleRecords(path: slice.path)
    var words: [Range<Int>] = []
    try slice.forEachLine { line in
      guard line.number > 2 else { return }
      line.split(into: &words)
      // Empty lines may follow the last particle. An earlier one leaves the count short, which is reported later.
      if words.isEmpty { return }
      guard line.number - 2 <= count else {
        throw line.failure("more than the \(count) particles of line 1; keep a single frame in the file")
      }
      guard words.count == columns.total else {
        throw line.failure("\(words.count) columns where Properties has \(columns.total); is the line truncated?")
      }
      records.lines.append(line.number)
      records.ids.append(Int64(try columns.id.map { try line.integer(words[$0], "the id") } ?? line.number - 2))
      records.species.append(try columns.species.first.map { try species.place(of: words[$0.column], in: line) } ?? 0)
      records.diameters.append(try diameter(line, words, columns))
      let position = columns.position!
      for c in 0..<3 {
        records.positions.append(c < position.width ? try line.real(words[position.first + c], "pos") : 0)
        if let image = columns.image, c < image.width {
          records.images.append(try line.int32(words[image.first + c], "image"))
        } else {
          records.images.append(0)
        }
      }
    }
    return records
  }

  private static func diameter(_ line: TextLine, _ words: [Range<Int>], _ columns: Columns) throws -> Double {
    let radius = try columns.radius.map { try line.real(words[$0], "the radius") }
    guard let column = columns.diameter else {
      guard let radius else { return 1 }
      guard radius > 0, (2 * radius).isFinite else {
        throw line.failure("the size must be positive, not \(2 * radius)")
      }
      return 2 * radius
    }
    let diameter = try line.real(words[column], "the diameter")
    guard diameter > 0 else { throw line.failure("the size must be positive, not \(diameter)") }
    if let radius, abs(2 * radius - diameter) > 1e-5 * diameter {
      throw line.failure("the diameter \(diameter) is not twice the radius \(radius); remove one of the columns")
    }
    return diameter
  }
}
