import Foundation
import Geometry
import MessagePassing
import Particles
import TestSupport
import Testing

@testable import Storage

/// Files that other programs might write, made by Tests/Reference/H5MD/make.py.
extension StorageTests {
  @Suite(.serialized) struct H5MD {
    let folder = try! TemporaryFolder()
    let world = try! MessagePassing.startForTests()

    private func path(_ name: String) -> String { ReferenceState.folder + "/H5MD/\(name).h5" }

    private func read(_ name: String, dimension: Int? = nil, frame: Int? = nil) throws -> Snapshot {
      try ConfigurationReader.read(path: path(name), dimension: dimension, frame: frame, over: world)
    }

    /// The message of a failure of kind input.
    private func refusal(_ name: String, _ work: () throws -> Void) -> String {
      do { try work() } catch let failure as Failure {
        #expect(failure.kind == .input, "\(name): \(failure.message)")
        return failure.message
      } catch { Issue.record("\(name): \(error)") }
      Issue.record("\(name) is not refused")
      return ""
    }

    /// The same configuration, in all forms the same bits; the noise of z is dropped with z.
    @Test(arguments: [
      "per-frame", "other-steps", "fixed-position", "species-as-reals", "species-as-enumeration", "species-as-matrix",
      "ids-unsigned",
      "soft-link", "flat", "flat-noise", "strain-fixed", "strain-voigt", "strain-of-others", "user-block", "compressed",
      "loop",
      "named-type", "names", "ladder", "deep", "null-space", "nowhere", "strain-rank-2",
    ]) func anyFormIsTheSame(name: String) throws {
      let (good, other) = (try read("good"), try read(name))
      #expect(try StateHash.sha256(of: other, over: world) == StateHash.sha256(of: good, over: world))
      #expect(
        other.hasSpecies && other.hasDiameters && other.speciesCount == 2 && other.dimension == 2 && other.strain == 0)
    }

    @Test func framesHaveTheirOwnValues() throws {
      let (last, first) = (try read("per-frame", frame: 1), try read("per-frame", frame: 0))
      #expect(first.edges[0, 0] == 2 * last.edges[0, 0])
      #expect(first.particles.ids == Array((1...36).reversed()))
      #expect(
        first.particles.species
          == last.particles.ids.indices.map { k in
            let row = last.particles.ids.firstIndex(of: Int64(36 - k))!
            return last.particles.species[row]
          })
      // Positions of step 10, and species of steps 0 and 20 alone.
      let words = refusal("other-steps") { _ = try read("other-steps", frame: 1) }
      #expect(words.contains("has no value at step 10"))
    }

    @Test func flatOnlyWhereItIsStatedOrExact() throws {
      // In three dimensions z would have to be periodic.
      #expect(refusal("flat") { _ = try read("flat", dimension: 3) }.contains("boundary periodic, periodic, none"))
      #expect(try read("flat-noise-unstated", dimension: 2).dimension == 2)
      // Not the same z, and nobody says that it should be: three dimensions, which the file does not say to be
      // periodic.
      #expect(refusal("noise") { _ = try read("flat-noise-unstated") }.contains("boundary"))
    }

    @Test func speciesThatAreNotThere() throws {
      #expect(try !read("species-missing").hasSpecies)
      #expect(try !read("species-type").hasSpecies)
    }

    static let refused: [(String, String)] = [
      ("species-fractional", "species holds 1.7"), ("id-fractional", "id holds 1.5"),
      ("image-fractional", "image holds 0.5"),
      ("image-large", "too large"), ("species-group", "neither a dataset nor a group"),
      ("species-nowhere", "leads nowhere"),
      ("species-other-steps", "no value at step 0"), ("species-text", "holds no numbers"),
      ("id-largest", "outside 1 … 36"),
      ("id-largest-unsigned", "outside 1 … 36"), ("boundary-none", "boundary none, none"),
      ("boundary-missing", "does not say"),
      ("boundary-numbers", "boundary of /particles/atoms/box is no text"), ("dimension-3", "dimension 3"),
      ("dimension-large", "dimension 1000000000"),
      ("dimension-text", "dimension of /particles/atoms/box holds no numbers"),
      ("version-99", "version 99"), ("unit", "unit 'nm'"), ("two-groups", "/particles/atoms, /particles/wall"),
      ("strain-nan", "nan"), ("z-differs", "z differs"), ("external-link", "species is a link to another file"),
      ("external-soft-link", "nowhere, or to another file"), ("external-storage", "in other files"),
      ("edges-overflow", "edges has the shape"),
      ("edges-wrap", "edges has the shape"), ("edges-large", "edges has the shape"),
      ("claims", "claims more than can be"),
      ("seal-number", "checksum_sha256 of /particles/atoms is no text"),
    ]

    @Test(arguments: refused) func isRefusedByName(name: String, says: String) throws {
      let words = refusal(name) { _ = try read(name) }
      #expect(words.contains("\(name).h5") && words.contains(says), "\(name): \(words)")
    }

    /// Whoever looks at a file sees all that is there once, and nothing that is not.
    @Test(
      arguments: try! FileManager.default.contentsOfDirectory(atPath: ReferenceState.folder + "/H5MD").filter {
        $0.hasSuffix(".h5")
      }.sorted())
    func anyFileCanBeLookedAt(file: String) throws {
      let path = ReferenceState.folder + "/H5MD/" + file
      if file == "deep.h5" {
        #expect(refusal(file) { _ = try FileSummary.describe(path: path) }.contains("more than 100 deep"))
      } else {
        let text = try FileSummary.describe(path: path)
        #expect(text.contains("/particles/atoms/box/edges"))
        #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control })
        #expect(text.utf8.count < 20_000)
      }
      do { #expect(try !FileVerification.verifyHDF5(path).isRecorded) } catch let failure as Failure {
        #expect(failure.kind == .input)
      }
    }

    @Test func whatIsNotFollowedIsNamed() throws {
      #expect(try FileSummary.describe(path: path("external-link")).contains("species: a link to another file"))
      #expect(try FileSummary.describe(path: path("loop")).contains("/z: the same as /particles"))
      #expect(try FileSummary.describe(path: path("names")).contains("bell\\u{7}\\u{1b}[31m\\u{a}red"))
      #expect(try FileSummary.describe(path: path("unallocated")).contains("/huge: float64 [1099511627776, 8, 8]"))
      #expect(
        refusal("unallocated") { _ = try FileVerification.verifyHDF5(path("unallocated")) }.contains(
          "claims more than can be"))
      #expect(
        refusal("texts") { _ = try FileVerification.verifyHDF5(path("texts")) }.contains("texts of the shape [100]"))
    }

    /// Export asks for frames and steps as the reader does.
    @Test func framesAndStepsForExport() throws {
      for (name, frames, lastStep) in [("fixed-position", 1, 0), ("per-frame", 2, 10), ("other-steps", 3, 20)] {
        let contents = try TrajectoryContents(path(name), over: world)
        #expect(try contents.frameCount == frames && contents.step(of: frames - 1) == lastStep, "\(name)")
        try contents.close()
      }
    }

    /// A group that contains itself is met once.
    @Test func tablesOfACircle() throws {
      let path = folder.file("circle.h5")
      let file = try HDF5File(path, .create, over: world)
      try file.createGroup("/events")
      try file.createDataset("/events/strain", of: Double.self, shape: [2])
      try file.write([0.1, 0.2], to: "/events/strain", start: [0], count: [2])
      try file.link("/events/again", to: "/events")
      try file.seal()
      let export = try TableExport(path)
      #expect(export.tables.map(\.name) == ["events"] && export.tables.map(\.rows) == [2] && export.others.isEmpty)
    }

    @Test func otherThanRegularFiles() throws {
      let pipe = folder.file("pipe.h5")
      #expect(mkfifo(pipe, 0o600) == 0)
      for work in [
        { _ = try ConfigurationReader.read(path: pipe, over: world) }, { _ = try FileSummary.describe(path: pipe) },
        { _ = try FileVerification.verifyHDF5(pipe) }, { _ = try HDF5File(pipe, .read, over: world) },
      ] { #expect(refusal("pipe", work).contains("not a regular file")) }
      // Ten gigabytes of nothing, told by its beginning.
      let sparse = folder.file("sparse.data")
      #expect(FileManager.default.createFile(atPath: sparse, contents: nil))
      #expect(truncate(sparse, 10 << 30) == 0)
      #expect(refusal("sparse") { _ = try ConfigurationReader.read(path: sparse, over: world) }.contains("zero bytes"))
    }

    // MARK: Our own files

    private func write(_ name: String, exact: Bool, frames: Int = 1, _ edit: (HDF5File) throws -> Void = { _ in })
      throws -> String
    {
      var snapshot = try read("good")
      snapshot.strain = 0.1
      if exact {
        snapshot.quantum = 0x1p-50
        snapshot.particles.fixedPositions = snapshot.particles.positions.map { Int64($0 * 0x1p50) }
      }
      let provenance = Provenance(version: "1", build: "b", config: "")
      let path = folder.file(name)
      let writer = try TrajectoryWriter(
        path: path, particles: snapshot, provenance: provenance, isExact: exact, over: world)
      for frame in 0..<frames {
        snapshot.particles.positions[0] += 0.01 * Double(frame)
        try writer.append(step: frame, snapshot: snapshot)
      }
      try writer.close()
      return path
    }

    /// Changes one double in a file, wherever it is.
    private func spoil(_ path: String, _ old: Double, _ new: Double) throws {
      var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      let place = try #require(bytes.ranges(of: withUnsafeBytes(of: old) { Data($0) }).first)
      withUnsafeBytes(of: new) { bytes.replaceSubrange(place, with: $0) }
      try bytes.write(to: URL(fileURLWithPath: path))
    }

    /// A trajectory without a seal is verified against its record, in all that is read of it.
    @Test func damageOfATrajectoryIsNoticed() throws {
      let good = try read("good")
      for (old, new, says) in [
        (good.particles.positions[3], 2.5, "position/value does not agree with its checksum"),
        (good.particles.diameters[5], 1.5, "diameter does not agree with its checksum"),
        (6.0, 6.006, "edges/value does not agree with its checksum"), (0.1, 0.2, "does not agree with its checksum"),
      ] {
        let path = try write("t.h5", exact: false, frames: 2)
        _ = try ConfigurationReader.read(path: path, over: world)
        try spoil(path, old, new)
        #expect(refusal(says) { _ = try ConfigurationReader.read(path: path, over: world) }.contains(says))
        #expect(try FileSummary.describe(path: path).contains("2 frames of 36 particles"))
      }
      // An attribute.
      let path = try write("t.h5", exact: false)
      var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      bytes.replaceSubrange(bytes.firstRange(of: Data("periodic".utf8))!, with: Data("aperiodi".utf8))
      try bytes.write(to: URL(fileURLWithPath: path))
      #expect(
        refusal("attribute") { _ = try ConfigurationReader.read(path: path, over: world) }.contains(
          "box@boundary is not what was written"))
    }

    /// The positions of a state stand in it twice; where nothing else tells, they must agree.
    @Test func positionsInQuantaAgreeWithPositions() throws {
      let path = try write("s.h5", exact: true)
      #expect(try ConfigurationReader.read(path: path, over: world).particles.fixedPositions.count == 72)
      let file = try HDF5File(path, .append, over: world)
      try file.write(
        [Int64.min], to: "/particles/trajectory/position_fixed/value", start: [0, 4, 0], count: [1, 1, 1])
      try file.close()
      #expect(
        refusal("record") { _ = try ConfigurationReader.read(path: path, over: world) }.contains(
          "does not agree with its checksum"))
      // Without a record: the same file by the name of another one.
      var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      for place in bytes.ranges(of: Data("record\0".utf8)) { bytes.replaceSubrange(place, with: Data("recorx\0".utf8)) }
      try bytes.write(to: URL(fileURLWithPath: path))
      #expect(
        refusal("fixed") { _ = try ConfigurationReader.read(path: path, over: world) }.contains(
          "position_fixed of particle id 5"))
    }

    /// Results may have nothing to tell: datasets without rows are written and read like others.
    @Test func datasetsWithoutRows() throws {
      let path = folder.file("empty.h5")
      let file = try HDF5File(path, .create, over: world)
      try file.createDataset("/a", of: Double.self, shape: [0])
      try file.write([Double](), to: "/a", start: [0], count: [0])
      try file.createDataset("/b", of: Int64.self, shape: [3, 0])
      try file.write([Int64](), to: "/b", start: [0, 0], count: [3, 0])
      try file.createDataset("/c", of: Double.self, shape: [0, 2], growing: true)
      try file.write([Double](), to: "/c", start: [0, 0], count: [0, 2])
      try file.seal()
      let back = try HDF5File(path, .read, over: world)
      #expect(try back.readAll(Double.self, from: "/a") == [] && back.readAll(Int64.self, from: "/b") == [])
      #expect(try back.readAll(Double.self, from: "/c", shape: [0, 2]) == [])
      #expect(try FileVerification.verifyHDF5(path).isRecorded)
      #expect(try FileVerification.contents(path).map(\.name) == ["/a", "/b", "/c"])
    }

    @Test func blocksThatAreNotThere() throws {
      let path = try write("t.h5", exact: false)
      let file = try HDF5File(path, .read, over: world)
      let name = "/particles/trajectory/position/value"
      for (start, count) in [
        ([0], [1]), ([0, 0], [1, 1]), ([0, 0, 0], [1, 37, 2]), ([0, 36, 0], [1, 1, 2]), ([0, -1, 0], [1, 1, 1]),
      ] {
        #expect(
          refusal("\(start)") { _ = try file.read(Double.self, from: name, start: start, count: count) }.contains(
            "[1, 36, 2]"))
      }
      #expect(refusal("integers") { _ = try file.readAll(Int64.self, from: name) }.contains("whole numbers"))
      #expect(try !file.isDataset(name + "/value") && !file.exists("/particles/trajectory/id/x/y"))
      #expect(
        HDF5File.count(of: [1, 1 << 31, 1 << 31]) == nil && HDF5File.count(of: [1 << 40, 0]) == 0
          && HDF5File.count(of: []) == 1)
    }
  }
}
