import Foundation
import Geometry
import MessagePassing
import Particles

/// Reads LAMMPS data files with atom style atomic or sphere, orthogonal or triclinic.
///
/// Every rank parses its slice of the bytes. Types 1, 2, …, or their labels, become species 0, 1, …; the diameter of
/// style sphere is the size of the particle. Positions are relative to the corner (xlo, ylo, zlo).
public enum LammpsDataReader {
  private enum Style: Int {
    case unstated, atomic, sphere, other
    var columnCount: Int { self == .sphere ? 7 : 5 }
  }

  /// Keywords of the header lines with a count.
  private static let counts = [
    "atoms", "atom types", "bonds", "bond types", "angles", "angle types", "dihedrals", "dihedral types", "impropers",
    "improper types", "ellipsoids", "lines", "triangles", "bodies", "extra bond per atom", "extra angle per atom",
    "extra dihedral per atom", "extra improper per atom", "extra special per atom", "bond/atom", "extra",
  ]
  /// Keywords of the header lines with bounds or tilts.
  private static let bounds = ["xlo xhi", "ylo yhi", "zlo zhi", "xy xz yz"]
  private static var headerKeywords: [String] { counts + bounds }

  /// Names of the sections, with the count of the header that gives their number of lines.
  private static let sections = [
    ("Atoms", "atoms"), ("Velocities", "atoms"), ("Masses", "atom types"), ("Pair Coeffs", "atom types"),
    ("PairIJ Coeffs", "pairs of atom types"), ("Bonds", "bonds"), ("Angles", "angles"), ("Dihedrals", "dihedrals"),
    ("Impropers", "impropers"), ("Ellipsoids", "ellipsoids"), ("Lines", "lines"), ("Triangles", "triangles"),
    ("Bond Coeffs", "bond types"), ("Angle Coeffs", "angle types"), ("Dihedral Coeffs", "dihedral types"),
    ("Improper Coeffs", "improper types"), ("BondBond Coeffs", "angle types"), ("BondAngle Coeffs", "angle types"),
    ("MiddleBondTorsion Coeffs", "dihedral types"), ("EndBondTorsion Coeffs", "dihedral types"),
    ("AngleTorsion Coeffs", "dihedral types"), ("AngleAngleTorsion Coeffs", "dihedral types"),
    ("BondBond13 Coeffs", "dihedral types"), ("AngleAngle Coeffs", "improper types"),
    ("Atom Type Labels", "atom types"), ("Bond Type Labels", "bond types"), ("Angle Type Labels", "angle types"),
    ("Dihedral Type Labels", "dihedral types"), ("Improper Type Labels", "improper types"),
  ]

  /// Whether the lines of a section may begin with the label of a type.
  private static func mayHaveLabels(_ section: String) -> Bool { section == "Masses" || section.hasSuffix(" Coeffs") }

  private struct SectionStart {
    let line: Int
    let section: Int
    let style: Style
    var name: String { sections[section].0 }
  }

  private struct Header {
    var values: [String: (line: Int, numbers: [Double], count: Int)] = [:]

    func count(_ keyword: String) -> Int {
      if keyword == "pairs of atom types" {
        let types = count("atom types")
        return types < 1 << 31 ? types * (types + 1) / 2 : .max
      }
      return values[keyword]?.count ?? 0
    }
  }

  /// Reads the file. The result holds the particles of this rank's slice. Collective.
  /// - Parameters:
  ///   - dimension: 2, 3, or nil to choose 2 if all z are equal.
  ///   - species: the labels (or numbers) of the types in the order of the species; empty for the order of the file.
  /// - Throws: `.input` with file, line, and a remedy.
  public static func read(
    _ path: String, dimension: Int? = nil, species: [String] = [], over communicator: Communicator
  ) throws -> Snapshot {
    let slice = try TextSlice(path, over: communicator)
    let starts = try findSections(slice, communicator)
    try checkUnknownSections(slice, starts, communicator)
    let header = try readHeader(slice, upTo: starts.first?.line ?? .max, communicator)
    let (edges, origin) = try communicator.coordinated { try cell(header, path: path, dimension: dimension) }
    try communicator.coordinated {
      guard starts.contains(where: { $0.name == "Atoms" }) else {
        throw Failure(.input, "\(path): has no section 'Atoms'")
      }
    }
    try checkLineCounts(slice, starts, header, communicator)
    let (style, columnCount) = try layout(slice, starts, communicator)
    let labels = try typeLabels(slice, starts, types: header.count("atom types"), communicator)
    let types = Types(count: header.count("atom types"), labels: labels, species: species)
    let records = try communicator.coordinated {
      try parseAtoms(slice, starts, style: style, columnCount: columnCount, types)
    }
    let atoms = header.values["atoms"]!
    return try records.snapshot(
      dimension: dimension, announced: (atoms.count, atoms.line), edges: edges, origin: origin,
      hasSpecies: true, hasDiameters: style == .sphere, over: communicator)
  }

  // MARK: Structure

  /// Whether a line is the title: the first line of the file, whatever it says.
  private static func isTitle(_ line: TextLine) -> Bool { line.number == 1 }

  private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a }

  /// Limit of lists that are short in every real file, so that a damaged file cannot fill the memory.
  private static let factLimit = 256

  /// Returns the sections of the whole file in order, on all ranks.
  private static func findSections(_ slice: TextSlice, _ communicator: Communicator) throws -> [SectionStart] {
    let own = try communicator.coordinated {
      var found: [Int] = []
      var words: [Range<Int>] = []
      try slice.forEachLine { line in
        guard let name = name(line, &words), let section = sections.firstIndex(where: { $0.0 == name }) else { return }
        found += [line.number, section, style(of: line).rawValue]
        guard found.count <= 3 * factLimit else { throw line.failure("too many sections") }
      }
      return found
    }
    let all = try communicator.gather(own)
    let starts = stride(from: 0, to: all.count, by: 3).map {
      SectionStart(line: all[$0], section: all[$0 + 1], style: Style(rawValue: all[$0 + 2])!)
    }
    try communicator.coordinated {
      for (k, start) in starts.enumerated() {
        if let earlier = starts[..<k].first(where: { $0.section == start.section }) {
          throw Failure(
            .input, "\(slice.path):\(start.line): second section '\(start.name)'; the first is in line \(earlier.line)")
        }
        if start.name == "Atoms", start.style == .other {
          throw Failure(
            .input,
            "\(slice.path):\(start.line): this atom style cannot be read; use 'Atoms # atomic' or 'Atoms # sphere'")
        }
      }
    }
    return starts
  }

  /// Returns a line that begins with a letter, as headings do, without its comment; nil for other lines.
  private static func name(_ line: TextLine, _ words: inout [Range<Int>]) -> String? {
    guard !isTitle(line) else { return nil }
    line.split(into: &words, comment: UInt8(ascii: "#"))
    guard let first = words.first, isLetter(line.bytes[first.lowerBound]) else { return nil }
    return words.map { line.word($0) }.joined(separator: " ")
  }

  /// Checks the lines that begin with a letter: they must be headings, or describe a type by its label.
  private static func checkUnknownSections(
    _ slice: TextSlice, _ starts: [SectionStart], _ communicator: Communicator
  ) throws {
    let hasLabels = starts.contains { $0.name.hasSuffix("Type Labels") }
    try communicator.coordinated {
      var words: [Range<Int>] = []
      var hint = 0
      try slice.forEachLine { line in
        guard let name = name(line, &words) else { return }
        let start = section(of: line.number, starts, hint: &hint)
        if let start, start.line == line.number || (hasLabels && mayHaveLabels(start.name)) { return }
        throw line.failure(
          start.map { mayHaveLabels($0.name) } == true
            ? "'\(name.prefix(40))' is neither a section nor, without a section 'Atom Type Labels', about a type"
            : "'\(name.prefix(40))' is not a section that can be read here; remove it, or convert the file to atom "
              + "style atomic or sphere")
      }
    }
  }

  /// Returns the labels of the types 1, 2, …; none if the file has no section of labels. Collective.
  private static func typeLabels(
    _ slice: TextSlice, _ starts: [SectionStart], types: Int, _ communicator: Communicator
  ) throws -> [String] {
    guard starts.contains(where: { $0.name == "Atom Type Labels" }) else { return [] }
    let own = try communicator.coordinated {
      var lines: [UInt8] = []
      try forEachDataLine(slice, starts) { line, start, words in
        guard start.name == "Atom Type Labels" else { return }
        guard words.count == 2 else { throw line.failure("a type and its label are expected") }
        let type = try line.integer(words[0], "the type")
        guard type >= 1, type <= types else {
          throw line.failure("type \(type) is outside 1 … \(types), the atom types in the header")
        }
        lines += Array("\(line.number) \(type) ".utf8) + Array(line.bytes[words[1]]) + [0x0a]
      }
      return lines
    }
    let lines = String(decoding: try communicator.gather(own), as: UTF8.self).split(separator: "\n").map {
      $0.split(separator: " ", maxSplits: 2).map(String.init)
    }
    return try communicator.coordinated {
      var labels: [String?] = []
      for line in lines {
        let (number, type, label) = (line[0], Int(line[1])!, line[2])
        // There are as many lines as types, as checked before. So a type lacks a label only if another one has two.
        if labels.isEmpty { labels = [String?](repeating: nil, count: lines.count) }
        guard labels[type - 1] == nil else {
          throw Failure(.input, "\(slice.path):\(number): type \(type) has two labels")
        }
        guard !labels.contains(label) else {
          throw Failure(.input, "\(slice.path):\(number): two types have the label \(label)")
        }
        labels[type - 1] = label
      }
      return labels.map { $0! }
    }
  }

  /// Translation of the types of atoms to species.
  private struct Types {
    let count: Int
    let labels: [String]
    private let numbers: [String: Int]
    /// Numbers of the species, by the names of their types; empty if no order is stated.
    private let places: [String: Int]

    init(count: Int, labels: [String], species: [String]) {
      self.count = count
      self.labels = labels
      numbers = Dictionary(uniqueKeysWithValues: labels.enumerated().map { ($1, $0 + 1) })
      places = Dictionary(uniqueKeysWithValues: species.enumerated().map { ($1, $0) })
    }

    func species(_ line: TextLine, _ range: Range<Int>) throws -> Int32 {
      let first = line.bytes[range.lowerBound]
      let type: Int
      if labels.isEmpty || first <= UInt8(ascii: "9") {
        type = try line.integer(range, "the type")
      } else {
        guard let number = numbers[line.word(range)] else {
          throw line.failure("type \(line.quoted(range)) has no line in the section 'Atom Type Labels'")
        }
        type = number
      }
      guard type >= 1, type <= count, type <= Int(Int32.max) else {
        throw line.failure("type \(type) is outside 1 … \(count), the atom types in the header")
      }
      if places.isEmpty { return Int32(type - 1) }
      let name = labels.isEmpty ? "\(type)" : labels[type - 1]
      guard let place = places[name] else { throw line.failure("type \(name) is not in the list of system.species") }
      return Int32(place)
    }
  }

  /// Returns the atom style, which is the first word of the comment of a section line.
  private static func style(of line: TextLine) -> Style {
    guard let sign = line.bytes.firstIndex(of: UInt8(ascii: "#")) else { return .unstated }
    let comment = String(decoding: line.bytes[(sign + 1)...], as: UTF8.self)
    switch comment.split(whereSeparator: { $0.isWhitespace }).first {
    case nil: return .unstated
    case "atomic": return .atomic
    case "sphere": return .sphere
    default: return .other
    }
  }

  private static func readHeader(
    _ slice: TextSlice, upTo firstSection: Int, _ communicator: Communicator
  ) throws -> Header {
    let width = headerWidth
    let own = try communicator.coordinated {
      var found: [Int] = []
      var words: [Range<Int>] = []
      try slice.forEachLine { line in
        guard line.number < firstSection, !isTitle(line) else { return }
        line.split(into: &words, comment: UInt8(ascii: "#"))
        guard !words.isEmpty else { return }
        found += try headerNumbers(line, words)
        guard found.count <= width * factLimit else { throw line.failure("too many header lines") }
      }
      return found
    }
    let all = try communicator.gather(own)
    return try communicator.coordinated {
      var header = Header()
      for k in stride(from: 0, to: all.count, by: width) {
        let keyword = headerKeywords[all[k + 1]]
        if let earlier = header.values[keyword] {
          throw Failure(.input, "\(slice.path):\(all[k]): '\(keyword)' again; it was set in line \(earlier.line)")
        }
        header.values[keyword] = (
          all[k], (0..<3).map { Double(bitPattern: UInt64(UInt(bitPattern: all[k + 3 + $0]))) }, all[k + 2]
        )
      }
      return header
    }
  }

  /// Number of integers that stand for a header line: line number, keyword, the count, the bits of three reals.
  private static let headerWidth = 6

  /// Returns a header line as integers.
  private static func headerNumbers(_ line: TextLine, _ words: [Range<Int>]) throws -> [Int] {
    // The longest end of the line that is a keyword counts. Numbers precede it.
    var keywordStart = 0
    var known: Int?
    while known == nil, keywordStart < words.count {
      let ending = words[keywordStart...].map { line.word($0) }.joined(separator: " ")
      known = headerKeywords.firstIndex(of: ending)
      if known == nil { keywordStart += 1 }
    }
    guard let index = known else {
      throw line.failure(
        "'\(line.text.prefix(40))' is not a header line that can be read here, "
          + "such as '1000 atoms' or '0 10 xlo xhi'")
    }
    let keyword = headerKeywords[index]
    let isCount = index < counts.count
    let expected = isCount ? 1 : keyword == "xy xz yz" ? 3 : 2
    guard keywordStart == expected else {
      throw line.failure("\(expected) number\(expected == 1 ? "" : "s") must stand before '\(keyword)'")
    }
    var numbers = [line.number, index] + [Int](repeating: 0, count: headerWidth - 2)
    if isCount {
      numbers[2] = try line.integer(words[0], "the number of \(keyword)")
      guard numbers[2] >= 0 else { throw line.failure("the number of \(keyword) is negative") }
    } else {
      for k in 0..<expected {
        let value = try line.real(words[k], keyword.split(separator: " ").map(String.init)[k])
        numbers[3 + k] = Int(bitPattern: UInt(value.bitPattern))
      }
    }
    return numbers
  }

  private static func cell(_ header: Header, path: String, dimension: Int?) throws -> (edges: Tensor, origin: Vector) {
    guard let atoms = header.values["atoms"] else {
      throw Failure(.input, "\(path): no line 'N atoms' in the header (the first line is a title and is not read)")
    }
    guard atoms.count > 0 else { throw Failure(.input, "\(path):\(atoms.line): no atoms; at least one is needed") }
    guard let types = header.values["atom types"], types.count > 0 else {
      let line = header.values["atom types"].map { ":\($0.line)" } ?? ""
      throw Failure(.input, "\(path)\(line): the header needs a line 'T atom types' with T of at least 1")
    }
    var lengths = Vector(1, 1, 1)
    var origin = Vector(0, 0, 0)
    for (axis, letter) in ["x", "y", "z"].enumerated() {
      guard let bound = header.values["\(letter)lo \(letter)hi"] else {
        // A two-dimensional file may omit the thickness.
        if axis == 2, dimension == 2 { continue }
        throw Failure(.input, "\(path): no line '\(letter)lo \(letter)hi' in the header")
      }
      let length = bound.numbers[1] - bound.numbers[0]
      guard length > 0, length.isFinite else {
        throw Failure(
          .input,
          "\(path):\(bound.line): \(letter)hi = \(bound.numbers[1]) must be larger than \(letter)lo = "
            + "\(bound.numbers[0])")
      }
      lengths[axis] = length
      origin[axis] = bound.numbers[0]
    }
    let tilt = header.values["xy xz yz"]?.numbers ?? [0, 0, 0]
    if let line = header.values["xy xz yz"]?.line, tilt.contains(where: { abs($0) > 1e6 * min(lengths.x, lengths.y) }) {
      throw Failure(.input, "\(path):\(line): a tilt of more than a million edges; reduce it")
    }
    let edges = Tensor(
      Vector(lengths.x, 0, 0), Vector(tilt[0], lengths.y, 0), Vector(tilt[1], tilt[2], lengths.z))
    return (edges, origin)
  }

  /// Returns the section that contains a line; nil for the header.
  private static func section(of line: Int, _ starts: [SectionStart], hint: inout Int) -> SectionStart? {
    while hint < starts.count, starts[hint].line <= line { hint += 1 }
    return hint > 0 ? starts[hint - 1] : nil
  }

  private static func forEachDataLine(
    _ slice: TextSlice, _ starts: [SectionStart],
    _ body: (_ line: TextLine, _ section: SectionStart, _ words: [Range<Int>]) throws -> Void
  ) rethrows {
    var words: [Range<Int>] = []
    var hint = 0
    try slice.forEachLine { line in
      guard !isTitle(line), let start = section(of: line.number, starts, hint: &hint), start.line < line.number else {
        return
      }
      line.split(into: &words, comment: UInt8(ascii: "#"))
      if !words.isEmpty { try body(line, start, words) }
    }
  }

  /// Checks the number of lines of the sections that are skipped. Atoms are checked when they are read.
  private static func checkLineCounts(
    _ slice: TextSlice, _ starts: [SectionStart], _ header: Header, _ communicator: Communicator
  ) throws {
    var lineCounts = [Int](repeating: 0, count: sections.count)
    forEachDataLine(slice, starts) { _, start, _ in lineCounts[start.section] += 1 }
    try communicator.reduce(&lineCounts, .sum)
    try communicator.coordinated {
      for start in starts where start.name != "Atoms" {
        let keyword = sections[start.section].1
        let expected = header.count(keyword)
        if lineCounts[start.section] != expected {
          throw Failure(
            .input,
            "\(slice.path):\(start.line): section '\(start.name)' has \(lineCounts[start.section]) lines, but the "
              + "header asks for \(expected) (\(keyword))")
        }
      }
    }
  }

  // MARK: Atoms

  /// Returns the style and the number of columns, which the first line of Atoms determines for all.
  private static func layout(
    _ slice: TextSlice, _ starts: [SectionStart], _ communicator: Communicator
  ) throws -> (Style, Int) {
    var first: (line: Int, columns: Int)?
    forEachDataLine(slice, starts) { line, start, words in
      if first == nil, start.name == "Atoms" { first = (line.number, words.count) }
    }
    let holder = try communicator.reduce(first == nil ? communicator.size : communicator.rank, .minimum)
    let atoms = starts.first { $0.name == "Atoms" }!
    guard holder < communicator.size else { return (atoms.style, 5) }
    let line = try communicator.broadcast(first?.line ?? 0, from: holder)
    let columns = try communicator.broadcast(first?.columns ?? 0, from: holder)
    return try communicator.coordinated {
      var style = atoms.style
      if style == .unstated {
        guard columns == 5 else {
          let known =
            columns == 8
            ? "may be atomic with image flags, or of another style" : "are of no style that is known by itself"
          throw Failure(
            .input,
            "\(slice.path):\(atoms.line): the atom style is not stated, and \(columns) columns \(known); write "
              + "'Atoms # atomic' or 'Atoms # sphere' if it is one of these")
        }
        style = .atomic
      }
      guard columns == style.columnCount || columns == style.columnCount + 3 else {
        let names = style == .sphere ? "id type diameter density x y z" : "id type x y z"
        throw Failure(
          .input,
          "\(slice.path):\(line): \(columns) columns; atom style \(style) has \(style.columnCount) (\(names)) and "
            + "optionally three image flags")
      }
      return (style, columns)
    }
  }

  private static func parseAtoms(
    _ slice: TextSlice, _ starts: [SectionStart], style: Style, columnCount: Int, _ types: Types
  ) throws -> ParticleRecords {
    var records = ParticleRecords(path: slice.path)
    let base = style.columnCount
    try forEachDataLine(slice, starts) { line, start, words in
      guard start.name == "Atoms" else { return }
      guard words.count == columnCount else {
        throw line.failure("\(words.count) columns where the first atom has \(columnCount); is the line truncated?")
      }
      records.ids.append(Int64(try line.integer(words[0], "the id")))
      records.species.append(try types.species(line, words[1]))
      if style == .sphere {
        let diameter = try line.real(words[2], "the diameter")
        guard diameter > 0 else { throw line.failure("the diameter must be positive, not \(diameter)") }
        records.diameters.append(diameter)
        _ = try line.real(words[3], "the density")
      } else {
        records.diameters.append(1)
      }
      for (c, name) in ["x", "y", "z"].enumerated() {
        records.positions.append(try line.real(words[base - 3 + c], name))
      }
      for c in 0..<3 {
        records.images.append(columnCount > base ? try line.int32(words[base + c], "the image flag") : 0)
      }
      records.lines.append(line.number)
    }
    return records
  }
}
