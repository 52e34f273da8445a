import Foundation
import MessagePassing
import Testing

@testable import Storage

extension StorageTests {
  @Suite(.serialized) struct LammpsData {
    let folder = try! TemporaryFolder()
    let world = try! MessagePassing.startForTests()

    static let head = "title\n\n2 atoms\n2 atom types\n\n0 10 xlo xhi\n0 8 ylo yhi\n-1 1 zlo zhi\n"
    static let atomic = head + "\nAtoms # atomic\n\n1 1 1 2 0\n2 2 3 4 0\n"

    private func message(_ text: String, dimension: Int? = nil) throws -> String {
      let path = try folder.file("bad.data", text)
      do {
        _ = try LammpsDataReader.read(path, dimension: dimension, over: world)
        return "accepted"
      } catch let failure as Failure {
        #expect(failure.kind == .input)
        return String(failure.message.dropFirst(folder.path.count + 1))
      }
    }

    @Test func plain() throws {
      let path = try folder.file("a.data", Self.atomic)
      let snapshot = try ConfigurationReader.read(path: path, over: world)
      #expect(snapshot.dimension == 2)
      #expect(snapshot.totalCount == 2)
      #expect(snapshot.speciesCount == 2)
      #expect(!snapshot.hasDiameters)
      #expect(snapshot.particles.positions == [1, 2, 3, 4])
      #expect(snapshot.particles.species == [0, 1])
      #expect(snapshot.edges.block(2) == [[10, 0], [0, 8]])
    }

    /// Windows line ends, a byte order mark, tabs, comments, sections in an unusual order, an offset origin, a tilt.
    @Test func everythingAllowed() throws {
      let text =
        "\u{feff}title 1 atoms\r\n # a comment\r\n3\tatoms # three\r\n 1 atom  types\r\n2 bonds\r\n1 bond types\r\n"
        + "-1 9 xlo xhi\r\n2 8 ylo yhi\r\n0 7 zlo zhi\r\n1 -2 3.5 xy xz yz\r\n\r\n"
        + "Bonds\r\n\r\n1 1 1 2\r\n2 1 2 3\r\n\r\n"
        + "Velocities\r\n\r\n1 0 0 0\r\n2 0 0 0\r\n3 0 0 0\r\n\r\nAtoms  # sphere extra words\r\n\r\n"
        + "3 1 1.5 1 0 3 1 0 0 -2 # last\r\n\r\n1 1 +.5 1 -1e0 2 0 0 0 0\r\n2\t1 2 1 4 4 4 1 1 1\r\n"
        + "Masses\r\n\r\n1 1\r\n"
      let path = try folder.file("b.data", text)
      let snapshot = try ConfigurationReader.read(path: path, over: world)
      #expect(snapshot.dimension == 3)
      #expect(snapshot.hasDiameters)
      #expect(snapshot.particles.ids == [3, 1, 2])
      #expect(snapshot.particles.diameters == [1.5, 0.5, 2])
      #expect(snapshot.particles.positions == [1, 1, 1, 0, 0, 0, 5, 2, 4])
      #expect(snapshot.particles.images == [0, 0, -2, 0, 0, 0, 1, 1, 1])
      #expect(snapshot.edges.block(3) == [[10, 0, 0], [1, 6, 0], [-2, 3.5, 7]])
    }

    /// On any number of ranks, more than there are bytes too. A share that was the byte order mark alone lost its line.
    @Test func sharesAreTheFile() throws {
      for text in ["\u{feff}title\nx\n\nlast", "\u{feff}a", "\n\n", "a\r\nb\r\n"] {
        let path = try folder.file("shares", text)
        let whole = try TextSlice.read(path, share: 0, of: 1)
        #expect(whole.first != 0xef)
        for ranks in 2...30 {
          #expect(try (0..<ranks).flatMap { try TextSlice.read(path, share: $0, of: ranks) } == whole, "\(ranks) ranks")
        }
      }
    }

    @Test func stylesWithoutComment() throws {
      #expect(try message(Self.atomic.replacingOccurrences(of: " # atomic", with: "")) == "accepted")
      let sphere = Self.head + "\nAtoms\n\n1 1 1 1 1 2 0\n2 2 1 1 3 4 0\n"
      #expect(try message(sphere).hasPrefix("bad.data:10: the atom style is not stated, and 7 columns are of no style"))
      // Image flags, or diameter, density and molecule of a hybrid style.
      let eight = Self.atomic.replacingOccurrences(of: "2 0\n2 2 3 4 0", with: "2 0 1 1 7\n2 2 3 4 0 1 1 7")
      #expect(try message(eight) == "accepted")
      #expect(
        try message(eight.replacingOccurrences(of: " # atomic", with: ""))
          .hasPrefix("bad.data:10: the atom style is not stated, and 8 columns may be atomic with image flags"))
    }

    static let labelled =
      head
      + "\nAtom Type Labels\n\n2 P\n1 Ni\n\nMasses\n\nNi 1 # of nickel\nP 1\n\n"
      + "PairIJ Coeffs # lj/cut\n\nNi Ni 1 1\nNi P 1 1\nP P 1 1\n"
      + "\nAtoms # atomic\n\n1 P 1 2 0\n2 Ni 3 4 0\n"

    @Test func typeLabels() throws {
      let path = try folder.file("labels.data", Self.labelled)
      #expect(try LammpsDataReader.read(path, over: world).particles.species == [1, 0])
      #expect(try LammpsDataReader.read(path, species: ["P", "Ni"], over: world).particles.species == [0, 1])
      let numbers = try folder.file("numbers.data", Self.labelled.replacingOccurrences(of: "1 P 1 2", with: "1 2 1 2"))
      #expect(try LammpsDataReader.read(numbers, over: world).particles.species == [1, 0])
      let plain = try folder.file("plain.data", Self.atomic)
      #expect(try LammpsDataReader.read(plain, species: ["2", "1"], over: world).particles.species == [1, 0])
    }

    @Test(arguments: [
      ("2 Ni 3 4", "2 Cu 3 4", "bad.data:29: type 'Cu' has no line in the section 'Atom Type Labels'"),
      ("2 P\n1 Ni", "1 P\n1 Ni", "bad.data:13: type 1 has two labels"),
      ("2 P\n1 Ni", "2 Ni\n1 Ni", "bad.data:13: two types have the label Ni"),
      ("2 P\n1 Ni", "3 P\n1 Ni", "bad.data:12: type 3 is outside 1 … 2"),
      (
        "Atom Type Labels\n\n2 P\n1 Ni\n\n", "",
        "bad.data:12: 'Ni 1' is neither a section nor, without a section 'Atom Type Labels'"
      ),
    ])
    func malformedLabels(part: String, replacement: String, complaint: String) throws {
      #expect(Self.labelled.contains(part))
      let found = try message(Self.labelled.replacingOccurrences(of: part, with: replacement))
      #expect(found.hasPrefix(complaint), "\(found)")
    }

    /// Programs that compute in three dimensions leave z that are not quite equal.
    @Test func noiseAlongZ() throws {
      let noisy = Self.atomic.replacingOccurrences(of: "3 4 0", with: "3 4 1e-17")
      let path = try folder.file("noise.data", noisy)
      let snapshot = try LammpsDataReader.read(path, dimension: 2, over: world)
      #expect(snapshot.dimension == 2)
      #expect(snapshot.particles.positions == [1, 2, 3, 4])
      #expect(
        try message(noisy)
          == "bad.data:13: z = 1e-17 differs from z = 0.0 of the first particle, and no z by more than 1e-17: state "
          + "whether the system has two or three dimensions (system.dimension)")
      #expect(try LammpsDataReader.read(path, dimension: 3, over: world).dimension == 3)
      // 1e-9 of the longest edge, 10.
      #expect(
        try message(Self.atomic.replacingOccurrences(of: "3 4 0", with: "3 4 0.9e-8"), dimension: 2) == "accepted")
      #expect(
        try message(Self.atomic.replacingOccurrences(of: "3 4 0", with: "3 4 1.1e-8"), dimension: 2) != "accepted")
    }

    /// What is replaced in the good file, by what, and how the complaint begins.
    @Test(arguments: [
      ("2 atoms", "0 atoms", "bad.data:3: no atoms"),
      ("2 atoms", "-5 atoms", "bad.data:3: the number of atoms is negative"),
      (
        "2 atoms", "1000000000000000000 atoms", "bad.data:3: announces 1000000000000000000 particles but the file has 2"
      ),
      ("2 atoms", "99999999999999999999 atoms", "bad.data:3: the number of atoms must be a whole number"),
      ("2 atoms", "2.0 atoms", "bad.data:3: the number of atoms must be a whole number"),
      ("2 atoms", "3 atoms", "bad.data:3: announces 3 particles but the file has 2"),
      ("2 atoms", "1 atoms", "bad.data:13: more particles than the 1 announced in line 3"),
      ("2 atoms\n", "", "bad.data: no line 'N atoms'"),
      ("2 atoms", "2 atoms\n2 atoms", "bad.data:4: 'atoms' again"),
      ("2 atoms", "2 atmos", "bad.data:3: '2 atmos' is not a header line"),
      ("2 atom types", "0 atom types", "bad.data:4: the header needs a line 'T atom types'"),
      ("0 10 xlo", "10 0 xlo", "bad.data:6: xhi = 0.0 must be larger than xlo = 10.0"),
      ("0 10 xlo", "0 nan xlo", "bad.data:6: xhi must be a finite number, not 'nan'"),
      ("0 10 xlo", "10 xlo", "bad.data:6: 2 numbers must stand before 'xlo xhi'"),
      ("0 8 ylo yhi\n", "", "bad.data: no line 'ylo yhi'"),
      ("0 10 xlo", "0 1e999 xlo", "bad.data:6: xhi must be a finite number"),
      ("Atoms # atomic", "Atoms # full", "bad.data:10: this atom style cannot be read"),
      ("Atoms # atomic", "Atom # atomic", "bad.data:10: 'Atom' is not a section"),
      ("Atoms # atomic", "Velocities", "bad.data: has no section 'Atoms'"),
      ("2 2 3 4 0", "2 2 3 4", "bad.data:13: 4 columns where the first atom has 5; is the line truncated?"),
      ("2 2 3 4 0", "2 2 3 4 0 0 0 0", "bad.data:13: 8 columns where the first atom has 5"),
      ("1 1 1 2 0", "1 1 1 2", "bad.data:12: 4 columns; atom style atomic has 5"),
      ("2 2 3 4 0", "2 3 3 4 0", "bad.data:13: type 3 is outside 1 … 2"),
      ("2 2 3 4 0", "2 0 3 4 0", "bad.data:13: type 0 is outside 1 … 2"),
      ("2 2 3 4 0", "2 A 3 4 0", "bad.data:13: the type must be a whole number, not 'A'"),
      ("2 2 3 4 0", "2 2 3 inf 0", "bad.data:13: y must be a finite number, not 'inf'"),
      ("2 2 3 4 0", "2 2 0x1p3 4 0", "bad.data:13: x must be a finite number, not '0x1p3'"),
      ("2 2 3 4 0", "2 2 3- 4 0", "bad.data:13: x must be a finite number, not '3-'"),
      ("2 2 3 4 0", "2 2 1e300 4 0", "bad.data:13: coordinate 1e+300 lies more than a million"),
      ("2 2 3 4 0", "1 2 3 4 0", "bad.data:13: id 1 was already used in line 12"),
      ("2 2 3 4 0", "0 2 3 4 0", "bad.data:13: id 0 is outside 1 … 2"),
      ("2 2 3 4 0", "-2 2 3 4 0", "bad.data:13: id -2 is outside 1 … 2"),
      ("2 2 3 4 0", "3 2 3 4 0", "bad.data:13: id 3 is outside 1 … 2"),
      ("2 2 3 4 0", "2 2 3 4 0\nMasses\n\n1 1", "bad.data:14: section 'Masses' has 1 lines, but the header asks for 2"),
      ("2 2 3 4 0", "2 2 3 4 0\nAtoms\n", "bad.data:14: second section 'Atoms'"),
      ("title", "ti\0tle", "bad.data: contains zero bytes"),
    ])
    func malformed(part: String, replacement: String, complaint: String) throws {
      #expect(Self.atomic.contains(part))
      let found = try message(Self.atomic.replacingOccurrences(of: part, with: replacement))
      #expect(found.hasPrefix(complaint), "\(found)")
    }

    @Test(arguments: [
      ("2 2 0 1 3 4 0", "bad.data:13: the diameter must be positive"),
      ("2 2 -1 1 3 4 0", "bad.data:13: the diameter must be positive"),
      ("2 2 nan 1 3 4 0", "bad.data:13: the diameter must be a finite number, not 'nan'"),
      ("2 2 1 x 3 4 0", "bad.data:13: the density must be a finite number"),
      ("2 2 1 1 3 4 0 0 0 3000000000", "bad.data:13: 10 columns where the first atom has 7"),
    ])
    func malformedSphere(line: String, complaint: String) throws {
      let found = try message(Self.head + "\nAtoms # sphere\n\n1 1 1 1 1 2 0\n\(line)\n")
      #expect(found.hasPrefix(complaint), "\(found)")
    }

    @Test func dimension() throws {
      let lifted = Self.atomic.replacingOccurrences(of: "3 4 0", with: "3 4 0.5")
      #expect(try message(lifted, dimension: 2).hasPrefix("bad.data:13: z = 0.5 differs from z = 0.0"))
      #expect(try LammpsDataReader.read(try folder.file("l.data", lifted), over: world).dimension == 3)
      #expect(
        try LammpsDataReader.read(try folder.file("p.data", Self.atomic), dimension: 3, over: world).dimension == 3)
      let tilted = Self.atomic.replacingOccurrences(of: "zlo zhi", with: "zlo zhi\n7 1 0 xy xz yz")
      #expect(try message(tilted).contains("tilted along z"))
      // A tilt beyond one half is the engine's to reduce.
      #expect(try message(tilted.replacingOccurrences(of: "7 1 0", with: "7 0 0")) == "accepted")
    }

    @Test func unreadable() throws {
      #expect(throws: Failure.self) { try ConfigurationReader.read(path: folder.file("nothing"), over: world) }
      #expect(throws: Failure.self) { try ConfigurationReader.read(path: folder.path, over: world) }
      #expect(try message("").hasPrefix("bad.data: is empty"))
      #expect(try message(String(repeating: "x", count: 3_000_000)) != "accepted")
      // Cut at every length: never accepted unless only the last line end, or digits of an unused z, are missing.
      for length in 0..<(Self.atomic.utf8.count - 2) {
        #expect(try message(String(Self.atomic.prefix(length))) != "accepted", "cut at \(length)")
      }
    }
  }
}
