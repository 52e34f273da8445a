import Foundation
import MessagePassing
import Storage
import Testing

extension StorageTests {
  @Suite(.serialized) struct ExtendedXYZ {
    let folder = try! TemporaryFolder()
    let world = try! MessagePassing.startForTests()

    static let good =
      "2\nLattice=\"10 0 0 0 8 0 0 0 1\" Properties=species:S:1:pos:R:3:radius:R:1:extra:R:2 "
      + "strain=0.25 pbc=\"T T F\"\nA 1 2 0 0.5 7 7\nB 3 4 0 0.75 7 7\n"

    @Test func plain() throws {
      let snapshot = try ConfigurationReader.read(path: try folder.file("a", Self.good), over: world)
      #expect(snapshot.dimension == 2)
      #expect(snapshot.strain == 0.25)
      #expect(snapshot.particles.ids == [1, 2])
      #expect(snapshot.particles.species == [0, 1])
      #expect(snapshot.particles.diameters == [1, 1.5])
      #expect(snapshot.particles.positions == [1, 2, 3, 4])
    }

    @Test func identifiersImagesAndGeneralCell() throws {
      let text =
        "2\r\nProperties=id:I:1:species:I:1:pos:R:3:image:I:3 Lattice=\"5 1 0 0 6 1 1 0 7\"\r\n2 1 1 2 3 0 0 1\r\n"
        + "1 3 4 5 6 -1 0 0\r\n\r\n"
      let snapshot = try ExtendedXYZReader.read(try folder.file("b.xyz", text), over: world)
      #expect(snapshot.dimension == 3)
      #expect(snapshot.speciesCount == 3)
      #expect(snapshot.particles.ids == [2, 1])
      #expect(snapshot.particles.images == [0, 0, 1, -1, 0, 0])
      #expect(snapshot.edges.block(3) == [[5, 1, 0], [0, 6, 1], [1, 0, 7]])
    }

    /// Legal by the published grammar: keys of others never refuse a file, however they are written.
    @Test(arguments: [
      ("strain=0.25", "strain=0.25 virial={1.0 0.0 0.0 0.0 1.0 0.0 0.0 0.0 1.0}"),
      (
        "strain=0.25",
        "strain=0.25 stress=[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]] stress=7 \"a key\" = [a, \"b ]\"]"
      ),
      ("strain=0.25", "strain = 2.5d-1 note=\"he said \\\"Lattice=\\\" loudly\" bare energy = -1 empty=\"\""),
      ("strain=0.25", "strain=0.25 broken={1 2 other=[1,2"),
      ("Lattice=\"10 0 0 0 8 0 0 0 1\"", "Lattice=[[10, 0, 0], [0, 8, 0], [0, 0, 1]]"),
      ("Lattice=\"10 0 0 0 8 0 0 0 1\"", "Lattice = {1.0D+1 0 0 0 8. 0 0 0 1}"),
      ("Lattice=\"10 0 0 0 8 0 0 0 1\"", "\"lattice\"\t= \"10 0 0 0 8 0 0 0 1\""),
      ("pbc=\"T T F\"", "pbc=[T, T, F]"), ("pbc=\"T T F\"", "pbc = \"True true FALSE\""),
      ("pbc=\"T T F\"", "pbc={TRUE T False}"),
      ("Properties=", "Properties = "),
      (
        "Properties=species:S:1:pos:R:3:radius:R:1:extra:R:2",
        "Properties=\"species:S:1:pos:R:3:radius:R:1:z:R:1:Mass:R:1\""
      ),
      ("B 3 4 0 0.75", "B 3.0D0 0.4d+1 0 7.5D-1"),
      ("extra:R:2", "velo:R:1:mask:L:1"),
    ])
    func grammar(part: String, replacement: String) throws {
      #expect(Self.good.contains(part))
      let path = try folder.file("g.xyz", Self.good.replacingOccurrences(of: part, with: replacement))
      #expect(try ConfigurationReader.format(of: path) == .extendedXYZ)
      let snapshot = try ConfigurationReader.read(path: path, over: world)
      #expect(snapshot.edges.block(3) == [[10, 0, 0], [0, 8, 0], [0, 0, 1]])
      #expect(snapshot.strain == 0.25)
      #expect(snapshot.particles.species == [0, 1])
      #expect(snapshot.particles.diameters == [1, 1.5])
      #expect(snapshot.particles.positions == [1, 2, 3, 4])
    }

    /// The strain of another program is no loading of ours.
    @Test func strainTensor() throws {
      let text = Self.good.replacingOccurrences(of: "strain=0.25", with: "strain=\"0 0.1 0 0.1 0 0 0 0 0\"")
      #expect(try ConfigurationReader.read(path: try folder.file("s.xyz", text), over: world).strain == 0)
    }

    /// Columns that tell species: which words are numbers, which are letters, and which are names.
    @Test(
      arguments: [
        ("Z:I:1", "2", "1", [], [1, 0], []), ("atomic_number:I:1", "1", "2", [], [0, 1], []),
        ("type:S:1", "B", "A", [], [1, 0], []),
        ("species:S:1", "P", "Ni", [], [1, 0], ["Ni", "P"]), ("species:S:1", "P", "Ni", ["P", "Ni"], [0, 1], []),
        ("numbers:I:1", "28", "15", ["28", "15"], [0, 1], []), ("species:S:1", "Ar", "Ar", [], [0, 0], ["Ar"]),
      ] as [(String, String, String, [String], [Int32], [String])])
    func species(column: String, first: String, second: String, stated: [String], expected: [Int32], names: [String])
      throws
    {
      let text = "2\nLattice=\"9 0 0 0 9 0 0 0 9\" Properties=pos:R:3:\(column)\n1 2 3 \(first)\n4 5 6 \(second)\n"
      let snapshot = try ConfigurationReader.read(path: try folder.file("t.xyz", text), species: stated, over: world)
      #expect(snapshot.particles.species == expected)
      #expect(snapshot.speciesNames == names)
      #expect(snapshot.hasSpecies)
    }

    /// Numbers of types go before names of elements; without any column nothing is stated.
    @Test func typeBesideSpecies() throws {
      let text = "2\nLattice=\"9 0 0 0 9 0 0 0 9\" Properties=species:S:1:pos:R:3:type:I:1\nX 1 2 3 2\nX 4 5 6 1\n"
      let snapshot = try ConfigurationReader.read(path: try folder.file("u.xyz", text), over: world)
      #expect(snapshot.particles.species == [1, 0])
      #expect(snapshot.speciesNames.isEmpty)
      let bare = "1\nLattice=\"9 0 0 0 9 0 0 0 9\" Properties=pos:R:3\n1 2 3\n"
      #expect(!(try ConfigurationReader.read(path: try folder.file("v.xyz", bare), over: world).hasSpecies))
    }

    @Test(arguments: [
      (["Ni", "Cu"], "w.xyz:3: species 'P' is none of Ni, Cu, which system.species names"),
      (["Ni"], "w.xyz:3: species 'P' is none of Ni"),
    ])
    func strangers(stated: [String], complaint: String) throws {
      let text = "2\nLattice=\"9 0 0 0 9 0 0 0 9\" Properties=species:S:1:pos:R:3\nP 1 2 3\nNi 4 5 6\n"
      let path = try folder.file("w.xyz", text)
      let failure = #expect(throws: Failure.self) {
        try ConfigurationReader.read(path: path, species: stated, over: world)
      }
      #expect(failure?.message.hasPrefix(folder.path + "/" + complaint) == true, "\(failure?.message ?? "")")
    }

    @Test(arguments: [
      ("2\nL", "x\nL", ":1: the number of particles is expected"),
      ("2\nL", "0\nL", ":1: 0 particles"),
      // The number of the last line would not fit.
      ("2\nL", "9223372036854775807\nL", ":1: announces 9223372036854775807 particles but the file has 2"),
      ("2\nL", "3\nL", ":1: announces 3 particles but the file has 2"),
      ("2\nL", "1\nL", ":4: more than the 1 particles of line 1"),
      ("Lattice=", "Box=", ":2: no Lattice"),
      ("0 0 1\"", "0 0\"", ":2: Lattice must be 9 finite numbers"),
      ("0 0 1\"", "0 0 0\"", ":2: the Lattice has no volume"),
      ("0 0 1\"", "0 0 nan\"", ":2: Lattice must be 9 finite numbers"),
      ("pos:R:3", "pos:R:4", ":2: property pos must be R:3 or R:2"),
      ("pos:R:3", "position:R:3", ":2: Properties has no pos:R:3"),
      ("extra:R:2", "extra:R", ":2: Properties must be triples"),
      ("strain=0.25", "strain=big", ":2: strain must be 1 finite number"),
      ("\"T T F\"", "\"F T F\"", ":2: pbc=\"F T F\": only cells"),
      ("\"T T F\"", "\"T T F", ":2: the quotation mark after pbc= is not closed"),
      ("3 4 0 ", "3 4 0.5 ", ":2: pbc says that a three-dimensional cell is not periodic in z"),
      ("B 3 4", "2 3 4", ":4: species '2' and 'A' in one file"),
      ("radius:R:1", "pos:R:3", ":2: property pos occurs twice"),
      ("radius:R:1:extra:R:2", "radius:R:1:diameter:R:1:extra:I:1", ":3: the diameter 7.0 is not twice the radius 0.5"),
      ("pbc=\"T T F\"", "pbc=\"T T F\" pbc=\"T T F\"", ":2: key pbc occurs twice"),
      ("B 3 4", "B 3 inf", ":4: pos must be a finite number"),
      ("0.75", "-0.75", ":4: the size must be positive"),
      ("0.75 7 7", "0.75 7", ":4: 6 columns where Properties has 7"),
      ("B 3 4", "\nB 3 4", ":5: more than the 2 particles"),
    ])
    func malformed(part: String, replacement: String, complaint: String) throws {
      #expect(Self.good.contains(part))
      let path = try folder.file("bad.xyz", Self.good.replacingOccurrences(of: part, with: replacement))
      do {
        _ = try ExtendedXYZReader.read(path, over: world)
        Issue.record("accepted")
      } catch let failure as Failure {
        #expect(failure.kind == .input)
        #expect(failure.message.hasPrefix(path + complaint), "\(failure.message)")
      }
    }
  }
}
