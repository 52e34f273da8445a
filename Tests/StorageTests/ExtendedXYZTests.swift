import Foundation
import MessagePassing
import Storage
import Testing

extension StorageTests {
  @Suite(.serialized) struct ExtendedXYZ {
    let folder = try! TemporaryFolder()
    let world = try! MessagePassing.startForTests()

    static let good =
      "2\nLattice=\"10 0 0 0 8 0 0 0 1\" Properties=species:S:1:pos:R:3:radius:R:1:extra:R:2 strain=0.25 pbc=\"T T F\"\n"
      + "A 1 2 0 0.5 7 7\nB 3 4 0 0.75 7 7\n"

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
      ("B 3 4", "C 3 4", ":4: species 'C' is not known"),
      ("B 3 4", "0 3 4", ":4: species '0' is not known"),
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
