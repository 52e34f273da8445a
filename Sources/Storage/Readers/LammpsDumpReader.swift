import Foundation
import Geometry
import MessagePassing
import Particles

/// Reads one frame of a LAMMPS dump in text: orthogonal, tilted, or with any edges (`abc origin`).
///
/// Columns are identified by name: `id`; the species as `type`, `typelabel` or `element`; `x y z` or their unwrapped
/// and scaled forms; `ix iy iz`; `radius` or `diameter`. Others are skipped. Every rank parses its slice of the bytes.
public enum LammpsDumpReader {
  private enum Coordinates: String, CaseIterable {
    case wrapped = ""
    case unwrapped = "u"
    case scaled = "s"
    case scaledUnwrapped = "su"
    var isScaled: Bool { self == .scaled || self == .scaledUnwrapped }
    var isUnwrapped: Bool { self == .unwrapped || self == .scaledUnwrapped }
  }

  private struct Columns {
    var id: Int?
    var species: Int?
    var diameter: (column: Int, factor: Double)?
    var coordinates = Coordinates.wrapped
    /// Columns of the coordinates; two if the file has no z.
    var positions: [Int] = []
    var images: [Int] = []
    var total = 0
  }

  private struct Head {
    var count = (count: 0, line: 0)
    var edges = Tensor.identity
    var origin = Vector(0, 0, 0)
    var isPeriodicAlongZ = true
    var columns = Columns()
    /// Number of the line with the names of the columns.
    var line = 0
  }

  private static let start = "ITEM: TIMESTEP"
  /// Largest number of lines of a frame before its particles.
  private static let longestHead = 64

  /// Reads a frame. The result holds the particles of this rank's slice of the file. Collective.
  /// - Parameters:
  ///   - dimension: 2, 3, or nil to choose 2 if all z are equal.
  ///   - frame: the frame from 0, or negative from the end; nil is the last one.
  ///   - species: the names of the species in the file, in their order; empty to take them from the file.
  /// - Throws: `.input` with file, line, and a remedy.
  public static func read(
    _ path: String, dimension: Int? = nil, frame: Int? = nil, species: [String] = [], over communicator: Communicator
  ) throws -> Snapshot {
    let slice = try TextSlice(path, over: communicator)
    let lines = try frameLines(slice, frame, communicator)
    let head = try readHead(slice, lines, communicator)
    var words = SpeciesWords()
    var records = try communicator.coordinated { try parse(slice, head, upTo: lines.upperBound, &words) }
    let (found, names) = try words.settle(stated: species, path: path, over: communicator)
    if head.columns.species != nil { records.species = records.species.map { found[Int($0)] } }
    var snapshot = try records.snapshot(
      dimension: dimension, isFlat: head.columns.positions.count == 2, announced: head.count, edges: head.edges,
      origin: head.origin, hasSpecies: head.columns.species != nil, hasDiameters: head.columns.diameter != nil,
      over: communicator)
    guard snapshot.dimension == 2 || head.isPeriodicAlongZ else {
      throw Failure.everywhere(
        .input, "\(path):\(head.line): the box is not periodic in z; only boxes that are can be read")
    }
    snapshot.speciesNames = names
    return snapshot
  }

  // MARK: Frames

  /// Returns the range of the lines of a frame, from its first line.
  private static func frameLines(_ slice: TextSlice, _ frame: Int?, _ communicator: Communicator) throws -> Range<Int> {
    var own: [Int] = []
    let item = Array(start.utf8)
    slice.forEachLine { if $0.bytes.starts(with: item) { own.append($0.number) } }
    let starts = try communicator.gather(own)
    let index = (frame ?? -1) < 0 ? starts.count + (frame ?? -1) : frame!
    guard starts.indices.contains(index) else {
      throw Failure.everywhere(
        .input,
        starts.isEmpty
          ? "\(slice.path): has no line '\(start)'; is the dump damaged?"
          : "\(slice.path): has \(starts.count) frames; there is no frame \(frame ?? 0)")
    }
    return starts[index]..<(index + 1 < starts.count ? starts[index + 1] : .max)
  }

  private static func readHead(_ slice: TextSlice, _ lines: Range<Int>, _ communicator: Communicator) throws -> Head {
    // Find the last line of the head, which may be on any rank.
    let particles = Array("ITEM: ATOMS".utf8)
    var ownEnd = Int.max
    slice.forEachLine { line in
      if ownEnd == .max, lines.contains(line.number), line.bytes.starts(with: particles) { ownEnd = line.number }
    }
    let end = try communicator.reduce(ownEnd, .minimum)
    guard end < .max, end - lines.lowerBound < longestHead else {
      throw Failure.everywhere(
        .input, "\(slice.path):\(lines.lowerBound): the frame has no line 'ITEM: ATOMS …'; is the dump truncated?")
    }
    var own: [UInt8] = []
    slice.forEachLine { if (lines.lowerBound...end).contains($0.number) { own += Array($0.bytes) + [0x0a] } }
    let text = String(decoding: try communicator.gather(own), as: UTF8.self)
    return try communicator.coordinated {
      try head(
        text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init), from: lines.lowerBound,
        slice.path)
    }
  }

  private static func head(_ lines: [String], from first: Int, _ path: String) throws -> Head {
    var head = Head()
    var hasBox = false
    var k = 0
    func failure(_ what: String, _ line: Int) -> Failure { Failure(.input, "\(path):\(first + line): \(what)") }
    func numbers(_ line: Int) throws -> [Double] {
      let words = line < lines.count ? lines[line].split(whereSeparator: \.isWhitespace) : []
      let numbers = words.compactMap { Double($0) }.filter(\.isFinite)
      guard numbers.count == words.count else {
        throw failure("finite numbers are expected, not '\(lines[line].prefix(40))'", line)
      }
      return numbers
    }
    while k < lines.count {
      defer { k += 1 }
      let words = lines[k].split(whereSeparator: \.isWhitespace).map(String.init)
      guard words.first == "ITEM:" else { continue }
      let item = words.dropFirst()
      if item.starts(with: ["NUMBER", "OF", "ATOMS"]) {
        guard let count = try numbers(k + 1).first.flatMap({ Int(exactly: $0) }), count > 0 else {
          throw failure("the number of atoms is expected, at least 1", k + 1)
        }
        head.count = (count, first + k + 1)
      } else if item.starts(with: ["BOX", "BOUNDS"]) {
        let rows = try (1...3).map { try numbers(k + $0) }
        (head.edges, head.origin) = try box(Array(item.dropFirst(2)), rows) { failure($0, k) }
        let boundaries = item.dropFirst(2).filter { $0.count == 2 && $0.allSatisfy { "pfsm".contains($0) } }
        if boundaries.count == 3 {
          let isPeriodic = boundaries.map { $0 == "pp" }
          guard isPeriodic[0], isPeriodic[1] else {
            throw failure("only boxes that are periodic in x and y (and z in three dimensions) can be read", k)
          }
          head.isPeriodicAlongZ = isPeriodic[2]
        }
        hasBox = true
      } else if item.first == "ATOMS" {
        head.columns = try columns(Array(item.dropFirst())) { failure($0, k) }
        head.line = first + k
      }
    }
    guard head.count.count > 0 else { throw failure("the frame has no 'ITEM: NUMBER OF ATOMS'", 0) }
    guard hasBox else { throw failure("the frame has no 'ITEM: BOX BOUNDS'", 0) }
    return head
  }

  /// Returns the edges and the corner of the box. The bounds of a tilted box enclose it; they are not its edges.
  private static func box(
    _ words: [String], _ rows: [[Double]], _ failure: (String) -> Failure
  ) throws -> (edges: Tensor, origin: Vector) {
    let expected = words.starts(with: ["abc", "origin"]) ? 4 : words.starts(with: ["xy", "xz", "yz"]) ? 3 : 2
    guard rows.allSatisfy({ $0.count == expected }) else {
      throw failure("three lines of \(expected) numbers each are expected below this one")
    }
    var edges: Tensor
    var origin: Vector
    if expected == 4 {
      edges = Tensor(rows.map { Array($0.prefix(3)) })
      origin = Vector(rows[0][3], rows[1][3], rows[2][3])
    } else {
      let tilts: [Double] = expected == 3 ? rows.map { $0[2] } : [0, 0, 0]
      let (xy, xz, yz) = (tilts[0], tilts[1], tilts[2])
      let lower: [Double] = [min(0, xy, xz, xy + xz), min(0, yz), 0]
      let upper: [Double] = [max(0, xy, xz, xy + xz), max(0, yz), 0]
      let first: [Double] = zip(rows, lower).map { $0[0] - $1 }
      let last: [Double] = zip(rows, upper).map { $0[1] - $1 }
      let lengths: [Double] = zip(last, first).map { $0 - $1 }
      origin = Vector(first[0], first[1], first[2])
      edges = Tensor(Vector(lengths[0], 0, 0), Vector(xy, lengths[1], 0), Vector(xz, yz, lengths[2]))
    }
    let scale = edges[0].length * edges[1].length * edges[2].length
    guard scale.isFinite, edges.determinant > 1e-9 * scale else { throw failure("the box has no volume") }
    return (edges, origin)
  }

  private static func columns(_ names: [String], _ failure: (String) -> Failure) throws -> Columns {
    guard names.count <= 1 << 20 else { throw failure("too many columns") }
    var columns = Columns()
    columns.total = names.count
    columns.id = names.firstIndex(of: "id")
    columns.species = ["type", "typelabel", "element"].lazy.compactMap { names.firstIndex(of: $0) }.first
    if let column = names.firstIndex(of: "diameter") {
      columns.diameter = (column, 1)
    } else if let column = names.firstIndex(of: "radius") {
      columns.diameter = (column, 2)
    }
    for kind in Coordinates.allCases {
      let places = ["x", "y", "z"].compactMap { names.firstIndex(of: $0 + kind.rawValue) }
      guard places.count >= 2, names[places[0]] == "x" + kind.rawValue, names[places[1]] == "y" + kind.rawValue else {
        continue
      }
      columns.coordinates = kind
      columns.positions = places
      break
    }
    guard !columns.positions.isEmpty else {
      throw failure("no columns x y z (or xu yu zu, xs ys zs, xsu ysu zsu); dump them as well")
    }
    let images = ["ix", "iy", "iz"].prefix(columns.positions.count).compactMap { names.firstIndex(of: $0) }
    // Unwrapped positions already contain the image flags.
    if images.count == columns.positions.count, !columns.coordinates.isUnwrapped { columns.images = images }
    return columns
  }

  // MARK: Particles

  private static func parse(
    _ slice: TextSlice, _ head: Head, upTo end: Int, _ species: inout SpeciesWords
  ) throws -> ParticleRecords {
    var records = ParticleRecords(path: slice.path)
    let columns = head.columns
    var words: [Range<Int>] = []
    try slice.forEachLine { line in
      guard line.number > head.line, line.number < end else { return }
      line.split(into: &words)
      if words.isEmpty { return }
      // Items such as units and times may precede the next frame.
      if line.number > head.line + head.count.count, line.bytes.starts(with: Array("ITEM:".utf8)) { return }
      if line.number > head.line + head.count.count + 1, end < .max { return }
      guard words.count == columns.total else {
        throw line.failure("\(words.count) columns where ITEM: ATOMS has \(columns.total); is the line truncated?")
      }
      records.lines.append(line.number)
      records.ids.append(Int64(try columns.id.map { try line.integer(words[$0], "the id") } ?? line.number - head.line))
      records.species.append(try columns.species.map { try species.place(of: words[$0], in: line) } ?? 0)
      var diameter = 1.0
      if let (column, factor) = columns.diameter {
        diameter = factor * (try line.real(words[column], "the size"))
        guard diameter > 0, diameter.isFinite else { throw line.failure("the size must be positive, not \(diameter)") }
      }
      records.diameters.append(diameter)
      var position = Vector(0, 0, 0)
      for (c, column) in columns.positions.enumerated() { position[c] = try line.real(words[column], "the position") }
      if columns.coordinates.isScaled {
        let scaled = position
        position = head.origin
        for c in 0..<3 { position = position + scaled[c] * head.edges[c] }
      }
      for c in 0..<3 {
        records.positions.append(position[c])
        records.images.append(c < columns.images.count ? try line.int32(words[columns.images[c]], "the image flag") : 0)
      }
    }
    return records
  }
}
