import Foundation
import Geometry
import MessagePassing
import Particles
import Testing

@testable import Storage

extension StorageTests {
  @Suite(.serialized) struct Files {
    let folder = try! TemporaryFolder()
    let world = try! MessagePassing.startForTests()
    let provenance = Provenance(version: "1.2", build: "commit abc", config: "x = 1 # ü\n")

    /// Positions in quanta that doubles cannot hold, in an order that is not that of the ids.
    private func snapshot(dimension: Int) -> Snapshot {
      var table = ParticleTable()
      for id in [3, 1, 5, 2, 4] as [Int64] {
        table.ids.append(id)
        table.species.append(Int32(id % 2))
        table.diameters.append(1 / Double(id))
        for c in 0..<dimension {
          table.fixedPositions.append(id << 57 | 0x1_2345_6789 + Int64(c))
          table.positions.append(Double(table.fixedPositions.last!) * 0x1p-58)
          table.images.append(Int32(c) - Int32(id))
        }
      }
      let edges = Tensor([[4.1, 0, 0], [0.3, 3.7, 0], dimension == 3 ? [-0.1, 0.2, 5] : [0, 0, 1]])
      var snapshot = Snapshot(dimension: dimension, edges: edges, totalCount: 5, particles: table)
      snapshot.strain = 0.1
      snapshot.speciesCount = 2
      snapshot.hasDiameters = true
      snapshot.quantum = 0x1p-58
      return snapshot
    }

    @Test(arguments: [2, 3]) func stateReturnsWithTheSameBits(dimension: Int) throws {
      let original = snapshot(dimension: dimension)
      let path = folder.file("state.h5")
      try StateFile.write(original, to: path, step: 7, provenance: provenance, over: world)
      let state = try StateFile.read(path, over: world)
      #expect(state.particles.ids == [1, 2, 3, 4, 5])
      let order = [1, 3, 0, 4, 2]
      #expect(
        state.particles.fixedPositions
          == order.flatMap { k in (0..<dimension).map { original.particles.fixedPositions[k * dimension + $0] } })
      #expect(state.particles.diameters == order.map { original.particles.diameters[$0] })
      #expect(state.quantum == original.quantum)
      #expect(state.edges == original.edges)
      #expect(state.strain == original.strain)
      #expect(state.hasDiameters)
      #expect(try StateHash.sha256(of: state, over: world) == StateHash.sha256(of: original, over: world))
      #expect(!FileManager.default.fileExists(atPath: path + ".unfinished"))
      let summary = try FileSummary.describe(path: path)
      #expect(summary.contains("1 frames of 5 particles in \(dimension) dimensions"))
      #expect(summary.contains("commit abc"))
      #expect(summary.contains("/particles/trajectory/position/value: float64 [1, 5, \(dimension)]"))
    }

    /// The text formats keep the positions as doubles, and nothing else is lost.
    @Test(arguments: [2, 3]) func textFormatsReturnWithTheSameBits(dimension: Int) throws {
      let original = snapshot(dimension: dimension)
      let hash = try StateHash.sha256(of: original, over: world)
      try LammpsDataWriter.write(original, to: folder.file("a.data"), over: world)
      var data = try ConfigurationReader.read(path: folder.file("a.data"), dimension: dimension, over: world)
      data.strain = 0.1
      #expect(data.hasDiameters)
      #expect(try StateHash.sha256(of: data, over: world) == hash)
      let writer = FrameWriter(.extendedXYZ, to: folder.file("a.xyz"), over: world)
      try writer.append(original, step: 0)
      try writer.finish()
      let xyz = try ConfigurationReader.read(path: folder.file("a.xyz"), dimension: dimension, over: world)
      #expect(try StateHash.sha256(of: xyz, over: world) == hash)
      #expect(try FileSummary.describe(path: folder.file("a.data")).contains("5 atoms"))
    }

    @Test func lammpsRefusesOtherCells() throws {
      var general = snapshot(dimension: 2)
      general.edges[0, 1] = 0.1
      #expect(throws: Failure.self) { try LammpsDataWriter.write(general, to: folder.file("a.data"), over: world) }
    }

    @Test func trajectoryIsH5MD() throws {
      let path = folder.file("t.h5")
      var moving = snapshot(dimension: 2)
      let writer = try TrajectoryWriter(path: path, particles: moving, provenance: provenance, over: world)
      for frame in 0..<3 {
        moving.strain = Double(frame)
        try writer.append(
          step: 10 * frame, snapshot: moving,
          fields: [ParticleColumn("d2min", moving.particles.ids.map { Double($0) })],
          observables: [Observable("stress", [1, 2, 3, Double(frame)], shape: [2, 2])])
      }
      try writer.close()
      let file = try HDF5File(path, .read, over: world)
      #expect(try file.attribute("version", of: "/h5md", as: Int64.self) == [1, 1])
      #expect(try file.textAttribute("name", of: "/h5md/creator") == ["athermal"])
      #expect(try file.textAttribute("boundary", of: "/particles/trajectory/box") == ["periodic", "periodic"])
      #expect(try file.shape(of: "/particles/trajectory/box/edges/value") == [3, 2, 2])
      #expect(try file.readAll(Int64.self, from: "/particles/trajectory/box/edges/step") == [0, 10, 20])
      #expect(try file.readAll(Double.self, from: "/particles/trajectory/image/time") == [0, 1, 2])
      #expect(try file.readAll(Double.self, from: "/particles/trajectory/d2min/value").suffix(5) == [1, 2, 3, 4, 5])
      #expect(try file.readAll(Double.self, from: "/observables/stress/value").suffix(2) == [3, 2])
      #expect(try file.readText("/parameters/config") == provenance.config)
      try file.close()
      #expect(try H5MDReader.read(path, frame: 1, over: world).strain == 1)
      #expect(try H5MDReader.read(path, frame: -3, over: world).strain == 0)
      #expect(throws: Failure.self) { try H5MDReader.read(path, frame: 3, over: world) }
      #expect(throws: Failure.self) { try H5MDReader.read(path, dimension: 3, over: world) }
    }

    @Test func tables() throws {
      let path = folder.file("shear.h5")
      let table = try TableFile(path: path, provenance: provenance, over: world)
      try table.createTable("curve", columns: ["strain", "stress_xy"])
      try table.createSeries("events", [("strain_before", []), ("stress_drop", [2, 2])])
      for k in 0..<300 { try table.appendRow(to: "curve", [Double(k), -Double(k)]) }
      try table.append(
        to: "events", [Observable("strain_before", 0.5), Observable("stress_drop", [1, 2, 3, 4], shape: [2, 2])])
      try table.write(ResultArray(rows: [1, 2, 3, 4] as [Int64], firstRow: 0, shape: [2, 2]), as: "map")
      try table.close()
      let file = try HDF5File(path, .read, over: nil)
      #expect(try file.shape(of: "/curve") == [300, 2])
      #expect(try file.textAttribute("columns", of: "/curve") == ["strain", "stress_xy"])
      #expect(try file.readAll(Double.self, from: "/curve").suffix(2) == [299, -299])
      #expect(try file.shape(of: "/events/stress_drop") == [1, 2, 2])
      #expect(try file.readAll(Int64.self, from: "/map") == [1, 2, 3, 4])
    }

    @Test func identifiersAreChecked() throws {
      func message(_ ids: [Int64], _ total: Int) -> String? {
        do {
          _ = try IdentifierBlocks(ids: ids, totalCount: total, over: world)
          return nil
        } catch { return (error as? Failure)?.message }
      }
      #expect(message([2, 3, 1], 3) == nil)
      #expect(message([2, 4, 1], 3) == "particle id 4 is outside 1 … 3")
      #expect(message([2, 0, 1], 3) == "particle id 0 is outside 1 … 3")
      #expect(message([2, 2, 1], 3) == "particle id 2 occurs more than once")
      #expect(message([3, 1], 3) == "particle id 2 of 1 … 3 is missing")
    }

    @Test func damagedAndUnwritableFiles() throws {
      let path = folder.file("state.h5")
      try StateFile.write(snapshot(dimension: 2), to: path, provenance: provenance, over: world)
      let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      let damaged = folder.file("damaged.h5")
      for length in [0, 4, 8, 100, 1000, bytes.count / 2, bytes.count - 1] {
        try bytes.prefix(length).write(to: URL(fileURLWithPath: damaged))
        do {
          _ = try ConfigurationReader.read(path: damaged, over: world)
          Issue.record("accepted \(length) of \(bytes.count) bytes")
        } catch let failure as Failure {
          #expect(failure.kind == .input && failure.message.contains("damaged.h5"))
        }
      }
      // One changed bit of a coordinate.
      let rows = try HDF5File(path, .read, over: nil).readAll(
        Int64.self, from: "/particles/trajectory/position_fixed/value")
      var changed = bytes
      let place = bytes.firstRange(of: withUnsafeBytes(of: rows[3]) { Data($0) })!
      changed[place.lowerBound] ^= 1
      try changed.write(to: URL(fileURLWithPath: damaged))
      do {
        _ = try StateFile.read(damaged, over: world)
        Issue.record("accepted a changed coordinate")
      } catch let failure as Failure { #expect(failure.message.contains("checksum")) }
      for target in [folder.file("no/such/folder.h5"), folder.path] {
        do {
          try StateFile.write(snapshot(dimension: 2), to: target, provenance: provenance, over: world)
          Issue.record("written")
        } catch let failure as Failure {
          #expect(failure.kind == .inputOutput && failure.message.contains(target))
        }
      }
    }
  }
}
