import Foundation
import Storage
import TestSupport
import TestTools
import Testing

/// HDF5 of others, and damaged HDF5 of our own, through the commands that read it; Tests/Reference/H5MD/make.py made
/// the former.
@Suite(.serialized, .oneAtATime) struct HDF5InputTests {
  let folder = try! TestFolder()

  private static let reference = ReferenceState.folder + "/H5MD"

  private static func config(_ name: String, _ potential: String = "binary-lj") -> String {
    "[system]\nfile = \"\(reference)/\(name).h5\"\n[potential]\nkind = \"\(potential)\"\n[neighbours]\nskin = 0.2\n"
      + "[minimizer]\nforce_tolerance = 1e9\n"
  }

  private func run(_ arguments: [String], ranks: Int? = nil, code: Int32 = 0) throws -> TestProcess.Outcome {
    let outcome = try TestProcess.run("athermal", arguments, ranks: ranks, in: folder.path, limit: 40)
    #expect(outcome.exitCode == code, "\(arguments): \(outcome.report)")
    return outcome
  }

  /// Whatever form the elements have, the energy is the same, to the last bit.
  @Test(arguments: [nil, 3]) func anyFormHasTheSameEnergy(ranks: Int?) throws {
    var energies: [String: Double] = [:]
    for name in ["good", "per-frame", "other-steps", "species-as-matrix", "flat", "strain-voigt"] {
      try folder.file("a.toml", Self.config(name))
      _ = try run(["minimize", "a.toml", "--output", name], ranks: ranks)
      energies[name] = try folder.json("\(name)/summary.json")["energy_per_particle"] as? Double
    }
    #expect(energies.count == 6 && Set(energies.values).count == 1, "\(energies)")
  }

  /// Particles that differ are nobody's to make the same.
  @Test func speciesHaveToBeSaid() throws {
    for name in ["species-missing", "species-type"] {
      try folder.file("a.toml", Self.config(name))
      for command in [["minimize", "a.toml", "--output", "run"], ["validate", "a.toml"]] {
        try expectRefusal(
          command, in: folder, code: 2, says: ["a.toml:4", "\(name).h5", "of which species", "also if it is the same"])
      }
      try folder.file("b.toml", Self.config(name, "polydisperse-ipl"))
      _ = try run(["minimize", "b.toml", "--output", name])
      // Of a state that such a run leaves the species are still nobody's word.
      try folder.file("c.toml", Self.config(name).replacing("\(Self.reference)/\(name).h5", with: "\(name)/state.h5"))
      try expectRefusal(["minimize", "c.toml", "--output", "run"], in: folder, code: 2, says: ["of which species"])
    }
  }

  @Test(arguments: [
    ("species-fractional", 1), ("id-largest", 3), ("boundary-none", 1), ("two-groups", 1), ("version-99", 1),
    ("unit", 1),
    ("external-link", 3), ("edges-overflow", 1), ("edges-large", 1), ("claims", 3), ("strain-nan", 1),
    ("dimension-text", 1),
  ]) func isRefusedByName(name: String, ranks: Int) throws {
    try folder.file("a.toml", Self.config(name))
    try expectRefusal(
      ["minimize", "a.toml", "--output", "run"], in: folder, code: 2, says: ["a.toml:2", "\(name).h5"],
      ranks: ranks == 1 ? nil : ranks)
    try expectRefusal(
      ["export", "\(Self.reference)/\(name).h5", "--to", "xyz", "--output", "x.xyz"], in: folder, code: 2, says: [name])
  }

  /// Those who look at files end, whatever they are: they are killed after the limit, with another code.
  @Test(arguments: [
    "loop", "edges-overflow", "edges-wrap", "edges-large", "unallocated", "strain-rank-2", "named-type", "names",
    "ladder", "texts",
  ])
  func lookingAtAnyFileEnds(name: String) throws {
    let outcome = try run(["info", "\(Self.reference)/\(name).h5"])
    #expect(outcome.output.contains("/particles/atoms/position/value: float64 [1, 36, 2]"), "\(outcome.report)")
    #expect(!outcome.output.contains("\u{1b}") && !outcome.errors.contains("\u{1b}"))
    let verified = try TestProcess.run(
      "athermal", ["verify", "\(Self.reference)/\(name).h5"], in: folder.path, limit: 20)
    #expect([0, 2].contains(verified.exitCode), "\(verified.report)")
  }

  @Test func pipesAreNotWaitedFor() throws {
    #expect(mkfifo(folder.file("pipe"), 0o600) == 0)
    try folder.file("a.toml", Self.config("good").replacing("\(Self.reference)/good.h5", with: "pipe"))
    try folder.file(
      "e.toml", EpmTests.small.replacing(EpmTests.drawn, with: "{ file = \"pipe\", dataset = \"Y\" }\nren"))
    for command in [
      ["info", "pipe"], ["verify", "pipe"], ["export", "pipe", "--to", "xyz"],
      ["minimize", "a.toml", "--output", "run"],
      ["epm", "e.toml", "--output", "run"],
    ] { try expectRefusal(command, in: folder, code: 2, says: ["pipe", "regular file"]) }
  }

  @Test func thresholdsThatCannotBeThere() throws {
    try folder.file(
      "e.toml",
      EpmTests.small.replacing("[16, 12]", with: "[8, 8]").replacing(
        "renewal = { distribution = \"weibull\", shape = 2.0, mean = 0.08 }",
        with: "renewal = { file = \"\(Self.reference)/unallocated.h5\", dataset = \"huge\" }"))
    for ranks in [nil, 3] {
      try expectRefusal(
        ["epm", "e.toml", "--output", "run"], in: folder, code: 2, says: ["huge claims more"], ranks: ranks)
    }
  }

  // MARK: Damage of our own files

  /// Changes one number of a dataset, as a flipped bit does.
  private func damage(_ file: String, _ dataset: String) throws {
    let opened = try HDF5File(folder.file(file), .append, over: nil)
    let shape = try opened.shape(of: dataset)
    let last = shape.map { $0 - 1 }
    let one = shape.map { _ in 1 }
    let value = try opened.read(Double.self, from: dataset, start: last, count: one)[0]
    try opened.write([value * 1.01], to: dataset, start: last, count: one)
    try opened.close()
  }

  /// What is read is verified against the record of its file, wherever it is input.
  @Test func damageIsNoticedWhereItIsRead() throws {
    try folder.file("a.toml", Samples.config + "[d2min]\nwindow = 1e-3\nthreshold = 1e-9\n")
    _ = try run(["shear", "a.toml", "--output", "sheared"])
    try folder.file("b.toml", Samples.config(file: "sheared/trajectory.h5"))
    _ = try run(["minimize", "b.toml", "--output", "before"])
    try folder.file("expand.toml", Samples.glass)
    _ = try run(["expand", "expand.toml", "--output", "sample"])
    _ = try run(["ensemble", "sample", "--output", "together"])
    try folder.file("epm.toml", EpmTests.small)
    _ = try run(["epm", "epm.toml", "--output", "blocks"])
    try folder.file("bands.toml", "[bands]\nruns = [\"sheared\"]\n")
    _ = try run(["bands", "bands.toml", "--output", "width"])
    try folder.file(
      "e.toml",
      EpmTests.small.replacing(EpmTests.drawn, with: "{ file = \"blocks/epm.h5\", dataset = \"thresholds\" }\nren"))
    _ = try run(["epm", "e.toml", "--output", "again"])
    for (file, dataset, command) in [
      ("sheared/trajectory.h5", "/particles/trajectory/position/value", ["minimize", "b.toml", "--output"]),
      ("sheared/shear.h5", "/curve", ["bands", "bands.toml", "--output"]),
      ("sample/expand.h5", "/statistics/edges", ["ensemble", "sample", "--output"]),
      ("blocks/epm.h5", "/thresholds", ["epm", "e.toml", "--output"]),
    ] {
      try damage(file, dataset)
      for ranks in [nil, 3] {
        let output = "refused-\(command[0])-\(ranks ?? 1)"
        try expectRefusal(command + [output], in: folder, code: 2, says: [file, dataset, "checksum"], ranks: ranks)
      }
    }
    // A frame is verified against its own checksum: another one may be damaged.
    try folder.file(
      "c.toml", Samples.config(file: "sheared/trajectory.h5").replacing("[potential]", with: "frame = 0\n[potential]"))
    _ = try run(["minimize", "c.toml", "--output", "first"])
  }

  /// Nothing to tell is a result: every dataset is there, with no rows.
  @Test(arguments: [nil, 2]) func aPackingWithoutBonds(ranks: Int?) throws {
    var data = "gas\n\n64 atoms\n1 atom types\n\n0 16 xlo xhi\n0 16 ylo yhi\n-0.5 0.5 zlo zhi\n\nAtoms # sphere\n\n"
    for k in 0..<64 { data += "\(k + 1) 1 1 1 \(1 + 2 * (k % 8)) \(1 + 2 * (k / 8)) 0\n" }
    try folder.file("gas.data", data)
    try folder.file("a.toml", "[system]\nfile = \"gas.data\"\n[potential]\nkind = \"harmonic\"\n")
    _ = try run(["expand", "a.toml", "--output", "packing"], ranks: ranks)
    #expect(try folder.json("packing/summary.json")["shear_modulus"] as? Double == 0)
    let file = try HDF5File(folder.file("packing/expand.h5"), .read, over: nil)
    #expect(try file.readAll(Int64.self, from: "/bonds/i", shape: [0]).isEmpty)
    try file.close()
    #expect(try run(["verify", "packing"]).output.contains("expand.h5"))
    try folder.file("b.toml", "[system]\nfile = \"gas.data\"\n[potential]\nkind = \"harmonic\"\n[expand]\nmodes = 2\n")
    // Which particles are rattlers is known when the packing is at rest, and its state written.
    #expect(
      try run(["expand", "b.toml", "--output", "modes"], ranks: ranks, code: 2).errors.contains(
        "there are no modes: 64 of 64"))
  }
}
