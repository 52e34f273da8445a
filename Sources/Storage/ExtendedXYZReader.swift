import Foundation
import Geometry
import MessagePassing
import Particles

/// Reads one frame of extended XYZ: the number of particles, a line of keys, one line per particle.
///
/// Keys: `Lattice` (nine numbers, edges as rows, any matrix), `Properties` (species:S:1 or :I:1, pos:R:3 or :R:2, and
/// optionally id:I:1, diameter:R:1 or radius:R:1, image:I:3 or :I:2; others are skipped), optionally `strain`, `Origin`,
/// `pbc`. Every rank parses its slice of the bytes.
public enum ExtendedXYZReader {
  /// Where in a particle line a property begins, and how many columns it has.
  private struct Columns {
    var species: Int?
    var position: (first: Int, width: Int)?
    var id: Int?
    var diameter: Int?
    var radius: Int?
    var image: (first: Int, width: Int)?
    var total = 0
  }

  /// Collective. The result holds the particles of this rank's slice of the file.
  /// - Parameter dimension: 2, 3, or nil for 2 where all z are equal.
  /// - Throws: `.input` with file, line, and what to do.
  public static func read(_ path: String, dimension: Int? = nil, over communicator: Communicator) throws -> Snapshot {
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
      let keys = try keyValues(second, path)
      let (edges, origin) = try cell(keys, path)
      let strain = try keys["strain"].map { try numbers($0, 1, "strain", path)[0] } ?? 0
      let isPeriodicAlongZ = try periodicity(keys, path)
      return (count, edges, origin, strain, try propertyColumns(keys, path), isPeriodicAlongZ)
    }
    let records = try communicator.coordinated { try parse(slice, columns, count: count) }
    var snapshot = try records.snapshot(
      dimension: columns.position!.width == 2 ? 2 : dimension, announced: (count, 1), edges: edges, origin: origin,
      hasSpecies: columns.species != nil, hasDiameters: columns.diameter != nil || columns.radius != nil, over: communicator)
    guard snapshot.dimension == 2 || isPeriodicAlongZ else {
      throw Failure.everywhere(
        .input, "\(path):2: pbc says that a three-dimensional cell is not periodic in z; only cells that are are read")
    }
    snapshot.strain = strain
    return snapshot
  }

  // MARK: Keys

  private static func failure(_ path: String, _ what: String) -> Failure { Failure(.input, "\(path):2: \(what)") }

  /// key=value, key="several words", or a bare key, which means true. Keys that matter here ignore upper and lower case.
  private static func keyValues(_ text: String, _ path: String) throws -> [String: String] {
    var values: [String: String] = [:]
    var rest = Substring(text)
    while true {
      rest = rest.drop { $0.isWhitespace }
      guard !rest.isEmpty else { return values }
      let key = rest.prefix { $0 != "=" && !$0.isWhitespace }
      rest = rest.dropFirst(key.count)
      var value = Substring("T")
      if rest.first == "=" {
        rest = rest.dropFirst()
        if let quote = rest.first, quote == "\"" || quote == "'" {
          rest = rest.dropFirst()
          guard let end = rest.firstIndex(of: quote) else {
            throw failure(path, "the quotation mark after \(key)= is not closed")
          }
          value = rest[..<end]
          rest = rest[rest.index(after: end)...]
        } else {
          value = rest.prefix { !$0.isWhitespace }
          rest = rest.dropFirst(value.count)
        }
      }
      let name = key.lowercased()
      guard values[name] == nil else { throw failure(path, "key \(key) occurs twice") }
      values[name] = String(value)
    }
  }

  private static func numbers(_ text: String, _ expected: Int, _ key: String, _ path: String) throws -> [Double] {
    let words = text.split(whereSeparator: { $0.isWhitespace })
    let values = words.compactMap { Double($0) }.filter(\.isFinite)
    guard words.count == expected, values.count == expected else {
      throw failure(path, "\(key) must be \(expected) finite number\(expected == 1 ? "" : "s"), not '\(text.prefix(60))'")
    }
    return values
  }

  private static func cell(_ keys: [String: String], _ path: String) throws -> (edges: Tensor, origin: Vector) {
    guard let lattice = keys["lattice"] else {
      throw failure(path, "no Lattice=\"…\"; extended XYZ with the nine numbers of the cell is needed")
    }
    let values = try numbers(lattice, 9, "Lattice", path)
    let edges = Tensor((0..<3).map { Array(values[(3 * $0)..<(3 * $0 + 3)]) })
    let scale = edges[0].length * edges[1].length * edges[2].length
    guard scale.isFinite, abs(edges.determinant) > 1e-9 * scale else {
      throw failure(path, "the Lattice has no volume: its edges lie in a plane or are zero")
    }
    let origin = try keys["origin"].map { try numbers($0, 3, "Origin", path) } ?? [0, 0, 0]
    return (edges, Vector(origin[0], origin[1], origin[2]))
  }

  /// Whether the cell is periodic along z, which matters in three dimensions only; along x and y it must be.
  private static func periodicity(_ keys: [String: String], _ path: String) throws -> Bool {
    guard let periodic = keys["pbc"] else { return true }
    let flags = periodic.split(whereSeparator: { $0.isWhitespace })
    guard flags.count == 3, flags.allSatisfy({ ["T", "F", "1", "0"].contains($0) }) else {
      throw failure(path, "pbc must be three of T and F, not '\(periodic.prefix(40))'")
    }
    let isPeriodic = flags.map { ["T", "1"].contains($0) }
    guard isPeriodic[0], isPeriodic[1] else {
      throw failure(path, "pbc=\"\(periodic)\": only cells that are periodic in x and y (and z in three dimensions) are read")
    }
    return isPeriodic[2]
  }

  private static func propertyColumns(_ keys: [String: String], _ path: String) throws -> Columns {
    guard let properties = keys["properties"] else {
      throw failure(path, "no Properties=…; for example Properties=species:S:1:pos:R:3:diameter:R:1")
    }
    let parts = properties.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count % 3 == 0 else { throw failure(path, "Properties must be triples name:type:columns") }
    var columns = Columns()
    for k in stride(from: 0, to: parts.count, by: 3) {
      let name = parts[k].lowercased()
      let type = parts[k + 1]
      guard let width = Int(parts[k + 2]), width > 0, width <= 1000 else {
        throw failure(path, "property \(parts[k]) has '\(parts[k + 2])' columns")
      }
      func require(_ isRight: Bool, _ expected: String) throws {
        if !isRight { throw failure(path, "property \(name) must be \(expected), not \(type):\(width)") }
      }
      switch name {
      case "species", "type":
        try require((type == "S" || type == "I") && width == 1, "S:1 or I:1")
        guard columns.species == nil else { throw failure(path, "two properties give the species") }
        columns.species = columns.total
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
    return columns
  }

  // MARK: Particles

  private static func parse(_ slice: TextSlice, _ columns: Columns, count: Int) throws -> ParticleRecords {
    var records = ParticleRecords(path: slice.path)
    var words: [Range<Int>] = []
    try slice.forEachLine { line in
      guard line.number > 2 else { return }
      line.split(into: &words)
      // Empty lines may follow the last particle; one before it leaves the count short.
      if words.isEmpty { return }
      guard line.number - 2 <= count else {
        throw line.failure("more than the \(count) particles of line 1; keep a single frame in the file")
      }
      guard words.count == columns.total else {
        throw line.failure("\(words.count) columns where Properties has \(columns.total); is the line truncated?")
      }
      records.lines.append(line.number)
      records.ids.append(Int64(try columns.id.map { try line.integer(words[$0], "the id") } ?? line.number - 2))
      records.species.append(try columns.species.map { try species(line, words[$0]) } ?? 0)
      var diameter = 1.0
      if let column = columns.diameter { diameter = try line.real(words[column], "the diameter") }
      else if let column = columns.radius { diameter = 2 * (try line.real(words[column], "the radius")) }
      guard diameter > 0, diameter.isFinite else { throw line.failure("the size must be positive, not \(diameter)") }
      records.diameters.append(diameter)
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

  /// "A", "B", … or "1", "2", … from 0.
  private static func species(_ line: TextLine, _ range: Range<Int>) throws -> Int32 {
    if range.count == 1 {
      let letter = line.bytes[range.lowerBound]
      if letter == UInt8(ascii: "A") { return 0 }
      if letter == UInt8(ascii: "B") { return 1 }
    }
    guard let number = Int32(line.word(range)), number >= 1 else {
      throw line.failure("species \(line.quoted(range)) is not known; use A and B, or numbers from 1")
    }
    return number - 1
  }
}
