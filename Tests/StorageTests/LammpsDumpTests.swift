import Foundation
import MessagePassing
import Testing

@testable import Storage

extension StorageTests {
  @Suite(.serialized) struct LammpsDump {
    let folder = try! TemporaryFolder()
    let world = try! MessagePassing.startForTests()

    static func frame(
      _ step: Int = 0, bounds: String = "pp pp pp\n1 11\n0 8\n-0.5 0.5", columns: String = "id type x y z",
      atoms: String = "2 2 3 4 0\n1 1 2 2 0"
    ) -> String {
      "ITEM: TIMESTEP\n\(step)\nITEM: NUMBER OF ATOMS\n2\nITEM: BOX BOUNDS \(bounds)\nITEM: ATOMS \(columns)\n"
        + "\(atoms)\n"
    }

    @Test func lastFrameOrAnother() throws {
      let path = try folder.file(
        "d", "ITEM: UNITS\nlj\n" + Self.frame() + "ITEM: TIME\n0.5\n" + Self.frame(1, atoms: "2 2 3 4 0\n1 1 2.5 2 0"))
      #expect(try ConfigurationReader.format(of: path) == .lammpsDump)
      let last = try ConfigurationReader.read(path: path, over: world)
      #expect(last.dimension == 2)
      #expect(last.particles.ids == [2, 1])
      #expect(last.particles.species == [1, 0])
      #expect(last.particles.positions == [2, 4, 1.5, 2])
      #expect(last.edges.block(2) == [[10, 0], [0, 8]])
      #expect(last.hasSpecies && !last.hasDiameters)
      #expect(try ConfigurationReader.read(path: path, frame: 0, over: world).particles.positions == [2, 4, 1, 2])
      #expect(try ConfigurationReader.read(path: path, frame: -2, over: world).particles.positions == [2, 4, 1, 2])
      #expect(throws: Failure.self) { try ConfigurationReader.read(path: path, frame: 2, over: world) }
    }

    /// The bounds of a tilted box enclose it: xlo − min(0, xy, xz, xy + xz) is its corner, and so on.
    @Test func tilted() throws {
      let bounds = "xy xz yz pp pp pp\n-1 13 -1\n0 8.5 3\n0 7 0.5"
      let path = try folder.file(
        "t",
        Self.frame(
          bounds: bounds, columns: "id type xs ys zs radius ix iy iz",
          atoms: "1 1 0.5 0.5 0.5 0.6 1 0 -1\n2 2 0 0 0 0.5 0 0 0"))
      let snapshot = try ConfigurationReader.read(path: path, over: world)
      #expect(snapshot.edges.block(3) == [[10, 0, 0], [-1, 8, 0], [3, 0.5, 7]])
      #expect(snapshot.particles.positions == [6, 4.25, 3.5, 0, 0, 0])
      #expect(snapshot.particles.diameters == [1.2, 1])
      #expect(snapshot.particles.images == [1, 0, -1, 0, 0, 0])
    }

    @Test func unwrappedAndNamed() throws {
      let path = try folder.file(
        "u", Self.frame(columns: "element xu yu ix iy iz id c_1", atoms: "P 13 4 1 0 0 1 7\nNi 3 4 0 0 0 2 7"))
      let snapshot = try ConfigurationReader.read(path: path, over: world)
      #expect(snapshot.dimension == 2)
      #expect(snapshot.particles.positions == [12, 4, 2, 4])
      #expect(snapshot.particles.images == [0, 0, 0, 0])
      #expect(snapshot.particles.species == [1, 0])
      #expect(snapshot.speciesNames == ["Ni", "P"])
      let failure = #expect(throws: Failure.self) {
        try ConfigurationReader.read(path: path, dimension: 3, over: world)
      }
      #expect(failure?.message == "\(path): has positions of two coordinates, but the dimension is stated as 3")
      #expect(try ConfigurationReader.read(path: path, species: ["P", "Ni"], over: world).particles.species == [0, 1])
    }

    @Test func edgesOfAnyDirection() throws {
      let bounds = "abc origin pp pp pp\n5 1 0 1\n0 6 1 2\n1 0 7 3"
      let path = try folder.file("g", Self.frame(bounds: bounds, atoms: "1 1 2 3 4\n2 1 1 2 3"))
      let snapshot = try ConfigurationReader.read(path: path, over: world)
      #expect(snapshot.edges.block(3) == [[5, 1, 0], [0, 6, 1], [1, 0, 7]])
      #expect(snapshot.particles.positions == [1, 1, 1, 0, 0, 0])
    }

    @Test(arguments: [
      ("NUMBER OF ATOMS\n2", "NUMBER OF ATOMS\n3", ":4: announces 3 particles but the file has 2"),
      ("NUMBER OF ATOMS\n2", "NUMBER OF ATOMS\n1", ":11: more particles than the 1 announced in line 4"),
      ("NUMBER OF ATOMS\n2", "NUMBER OF ATOMS\nx", ":4: finite numbers are expected, not 'x'"),
      ("pp pp pp", "ff pp pp", ":5: only boxes that are periodic"),
      ("1 11", "1 1", ":5: the box has no volume"),
      ("1 11", "1", ":5: three lines of 2 numbers"),
      ("id type x y z", "id type vx vy vz", ":9: no columns x y z"),
      ("2 2 3 4 0", "2 2 3 4", ":10: 4 columns where ITEM: ATOMS has 5; is the line truncated?"),
      ("2 2 3 4 0", "2 2 3 nan 0", ":10: the position must be a finite number"),
      ("2 2 3 4 0", "1 2 3 4 0", ":11: id 1 was already used in line 10"),
      ("ITEM: ATOMS id type x y z", "", ":1: the frame has no line 'ITEM: ATOMS …'"),
      ("TIMESTEP", "STEP", ": has no line 'ITEM: TIMESTEP'"),
    ])
    func malformed(part: String, replacement: String, complaint: String) throws {
      #expect(Self.frame().contains(part))
      let path = try folder.file("bad", Self.frame().replacingOccurrences(of: part, with: replacement))
      let failure = #expect(throws: Failure.self) { try ConfigurationReader.read(path: path, over: world) }
      #expect(failure?.message.hasPrefix(path + complaint) == true, "\(failure?.message ?? "")")
    }

    @Test(
      arguments: [([0x1f, 0x8b, 8], "gzip"), (Array("BZh9".utf8), "bzip2"), ([0x28, 0xb5, 0x2f, 0xfd], "zstd")]
        as [([UInt8], String)])
    func compressed(bytes: [UInt8], name: String) throws {
      let path = folder.path + "/compressed"
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      let failure = #expect(throws: Failure.self) { try ConfigurationReader.read(path: path, over: world) }
      #expect(failure?.message.hasPrefix("\(path): is compressed with \(name); decompress it first") == true)
    }
  }
}
