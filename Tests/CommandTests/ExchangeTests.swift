import Foundation
import TestTools
import Testing

/// Particles and tables from and for other programs.
@Suite struct ExchangeTests {
  let folder = try! TestFolder()

  @discardableResult
  private func run(_ arguments: String..., ranks: Int? = nil) throws -> String {
    let outcome = try TestProcess.run("athermal", arguments, ranks: ranks, in: folder.path)
    #expect(outcome.exitCode == 0, "\(arguments): \(outcome.report)")
    return outcome.output
  }

  private func energy(_ config: String) throws -> Double {
    try? FileManager.default.removeItem(atPath: folder.file("made"))
    try folder.file("a.toml", config)
    try run("minimize", "a.toml", "--output", "made")
    return try #require(try folder.json("made/summary.json")["energy_per_particle"] as? Double)
  }

  /// 36 particles of two species on a disturbed square lattice; each line is made of their number, species, x and y.
  private static func particles(_ line: (Int, Int, Double, Double) -> String) -> String {
    let lines = (0..<36).map { (k: Int) -> String in
      let x: Double = Double(k % 6) + 0.5 + 0.05 * sin(Double(k))
      let y: Double = Double(k / 6) + 0.5 + 0.05 * cos(Double(3 * k))
      return line(k + 1, k % 3 == 0 ? 2 : 1, x, y)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func config(_ file: String, _ more: String = "") -> String {
    "[system]\nfile = \"\(file)\"\n\(more)\n[potential]\nkind = \"binary-lj\"\n[neighbours]\nskin = 0.2\n"
      + "[minimizer]\nforce_tolerance = 1e9\n"
  }

  /// The same particles in the ways of several programs have the same energy, whatever tells their species.
  @Test func speciesInTheWaysOfOtherPrograms() throws {
    let box =
      "36\nLattice=\"6 0 0 0 6 0 0 0 1\" pbc=[True, True, False] energy=-1 virial={1 0 0 0 1 0 0 0 1} Properties="
    try folder.file(
      "good.xyz", box + "species:S:1:pos:R:3\n" + Self.particles { "\($1 == 2 ? "B" : "A") \($2) \($3) 0" })
    let energy = try energy(Self.config("good.xyz"))
    #expect(energy < 0)
    try folder.file("z.xyz", box + "Z:I:1:pos:R:3\n" + Self.particles { "\($1) \($2) \($3) 0" })
    try folder.file(
      "names.xyz", box + "species:S:1:pos:R:3\n" + Self.particles { "\($1 == 2 ? "Ni" : "P") \($2) \($3) 0" })
    let head = "title\n\n36 atoms\n2 atom types\n0 6 xlo xhi\n0 6 ylo yhi\n-0.5 0.5 zlo zhi\n"
    try folder.file(
      "labels.data",
      head + "\nAtom Type Labels\n\n1 P\n2 Ni\n\nMasses\n\nP 1\nNi 1\n\nAtoms # atomic\n\n"
        + Self.particles { "\($0) \($1 == 2 ? "Ni" : "P") \($2) \($3) 0" })
    try folder.file(
      "d.lammpstrj",
      "ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n36\nITEM: BOX BOUNDS pp pp pp\n0 6\n0 6\n-0.5 0.5\n"
        + "ITEM: ATOMS id type x y z\n"
        + Self.particles { "\($0) \($1) \($2) \($3) 0" })
    try folder.file(
      "noise.data", head + "\nAtoms # atomic\n\n" + Self.particles { "\($0) \($1) \($2) \($3) \($0 % 3)e-17" })
    // The bits of the positions are the same, but for those of a dump or data file, whose corner is taken off.
    for (file, more) in [
      ("z.xyz", ""), ("names.xyz", "species = [\"P\", \"Ni\"]"), ("labels.data", ""), ("d.lammpstrj", ""),
      ("noise.data", "dimension = 2"),
    ] {
      #expect(abs(try self.energy(Self.config(file, more)) - energy) <= 1e-12 * abs(energy), "\(file)")
    }
    #expect(abs(try self.energy(Self.config("names.xyz", "species = [\"Ni\", \"P\"]")) - energy) > 0.01 * abs(energy))
    // Names without an order, z that differ by rounding, columns that may mean two things, and a frame that is not
    // there.
    try folder.file("hybrid.data", head + "\nAtoms\n\n" + Self.particles { "\($0) \($1) \($2) \($3) 0 1 1 7" })
    for (file, more, says) in [
      (
        "names.xyz", "",
        """
        names its species Ni, P, and does not say which is the first of this potential; \
        add system.species = ["Ni", "P"]
        """
      ),
      ("noise.data", "", "state whether the system has two or three dimensions (system.dimension)"),
      ("hybrid.data", "", "hybrid.data:9: the atom style is not stated, and 8 columns may be atomic with image flags"),
      ("d.lammpstrj", "frame = 1", "has 1 frames; there is no frame 1"),
    ] {
      try folder.file("b.toml", Self.config(file, more))
      try expectRefusal(["minimize", "b.toml", "--output", "refused"], in: folder, code: 2, says: [says])
    }
  }

  /// Particles are named with as many coordinates as there are dimensions, as a person writes them.
  @Test func coincidentParticles() throws {
    var lines = Self.particles { "A \($2) \($3) 0" }.split(separator: "\n")
    lines[7] = lines[30]
    try folder.file(
      "twins.xyz", "36\nLattice=\"6 0 0 0 6 0 0 0 1\" Properties=species:S:1:pos:R:3\n" + lines.joined(separator: "\n"))
    try folder.file("b.toml", Self.config("twins.xyz"))
    let x = String(format: "%.6g", Double(lines[30].split(separator: " ")[1])!)
    try expectRefusal(
      ["minimize", "b.toml", "--output", "refused"], in: folder, code: 2,
      says: ["particles 8 and 31 stand at the same point (\(x), "])
    let said = try TestProcess.run("athermal", ["minimize", "b.toml", "--output", "again"], in: folder.path)
    #expect(!said.errors.contains("SIMD") && !said.errors.contains(", 0);"), "\(said.report)")
  }

  /// Frames and fields in one file that our own readers understand; nothing is replaced unless that is said.
  @Test(arguments: [nil, 3] as [Int?]) func framesAndFields(ranks: Int?) throws {
    try folder.file(
      "a.toml",
      Samples.config
        + "[output]\nevery = 1\nfields = [\"d2min\", \"stress\", \"plastic-count\"]\n[d2min]\nwindow = 1e-3\n")
    try run("shear", "a.toml", "--output", "made")
    try run(
      "export", "made/trajectory.h5", "--to", "lammps-dump", "--frames", "all", "--fields",
      "d2min,stress,plastic-count", "--output", "t.lammpstrj", ranks: ranks)
    let dump = try folder.text("t.lammpstrj").split(separator: "\n")
    #expect(dump.count == 4 * 209)
    #expect(dump.count { $0 == "ITEM: TIMESTEP" } == 4)
    #expect(dump[3 * 209 + 1] == "3")
    #expect(
      dump[8] == "ITEM: ATOMS id type radius x y z ix iy iz d2min stress_xx stress_xy stress_yx stress_yy plastic_count"
    )
    #expect(dump[9].hasPrefix("1 1 ") && dump[9].split(separator: " ").count == 15)
    // A frame of the dump, a frame of the trajectory and one of extended XYZ are the same particles.
    try run("export", "made/trajectory.h5", "--to", "xyz", "--frame", "2", "--output", "f.xyz", ranks: ranks)
    #expect(
      try folder.text("f.xyz").contains(
        " Properties=type:I:1:pos:R:3:radius:R:1:id:I:1:image:I:3 pbc=\"T T F\" step=2 strain=0.002\n"))
    var energies: [Double] = []
    for (file, frame) in [("made/trajectory.h5", "frame = 2"), ("t.lammpstrj", "frame = 2"), ("f.xyz", "")] {
      try folder.file("b.toml", Samples.config(file: file).replacing("[potential]", with: "\(frame)\n[potential]"))
      try? FileManager.default.removeItem(atPath: folder.file("again"))
      try run("minimize", "b.toml", "--output", "again")
      energies.append(try #require(try folder.json("again/summary.json")["energy_per_particle"] as? Double))
    }
    for energy in energies { #expect(abs(energy - energies[0]) <= 1e-12 * abs(energies[0])) }
    try run(
      "export", "made/trajectory.h5", "--to", "xyz", "--frames", "1::2", "--fields", "all", "--output", "s.xyz",
      ranks: ranks)
    #expect(
      try folder.text("s.xyz").split(separator: "\n").filter { $0.contains("Lattice") }.map {
        $0.contains("step=1 ") || $0.contains("step=3 ")
      } == [true, true])
    try expectRefusal(
      ["export", "made/trajectory.h5", "--to", "xyz", "--output", "f.xyz"], in: folder, code: 2,
      says: ["f.xyz: exists already"], ranks: ranks)
    try run("export", "made/trajectory.h5", "--to", "xyz", "--output", "f.xyz", "--overwrite", ranks: ranks)
    #expect(try folder.text("f.xyz").contains("step=3 "))
    for (words, says) in [
      (["--fields", "colour"], "has no field 'colour'; it has d2min, plastic_count, stress"),
      (["--frames", "7:"], "none of them is selected"),
      (["--frame", "1", "--frames", "all"], "contradict each other"),
    ] {
      try expectRefusal(
        ["export", "made/trajectory.h5", "--to", "xyz", "--output", "n.xyz"] + words, in: folder, code: 2, says: [says],
        ranks: ranks)
    }
    #expect(!folder.names(below: ".").contains { $0.hasPrefix("n.xyz") || $0.hasSuffix(".unfinished") })
  }

  @Test func tablesAsText() throws {
    try folder.file("a.toml", Samples.config)
    try run("shear", "a.toml", "--output", "made")
    let said = try run("export", "made/shear.h5", "--to", "csv", "--output", "t.csv")
    #expect(said.contains("4 rows in t-curve.csv") && said.contains("0 rows in t-events.csv"))
    let curve = try folder.text("t-curve.csv").split(separator: "\n")
    #expect(curve.count == 5)
    #expect(curve[0].hasPrefix("step,strain,stress_xx,stress_xy,stress_yx,stress_yy,energy_per_particle,pressure,"))
    let log = try folder.text("made/log.jsonl").split(separator: "\n").last!
    let row = curve[4].split(separator: ",")
    #expect(row[0] == "3.0" && log.contains("\"energy_per_particle\":\(row[6])"))
    let events = try folder.text("t-events.csv")
    #expect(events.hasPrefix("centre_x,centre_y,energy_after,") && events.contains("stress_drop_xx,stress_drop_xy,"))
    try expectRefusal(
      ["export", "made/shear.h5", "--to", "csv", "--output", "t.csv"], in: folder, code: 2,
      says: ["t-curve.csv: exists already"])
    try expectRefusal(
      ["export", "made/state.h5", "--to", "csv"], in: folder, code: 2, says: ["holds particles, not tables"])
  }

  /// What a person asks about first: the folder, and the texts in it.
  @Test func infoOfARun() throws {
    try folder.file("a.toml", Samples.config)
    try run("shear", "a.toml", "--output", "runs/a")
    let said = try run("info", "runs/a")
    #expect(said.hasPrefix("runs/a: a run, finished\n"))
    for word in ["energy_per_particle", "\n  shear.h5  ", "newest checkpoint", "units"] {
      #expect(said.contains(word), "\(said)")
    }
    #expect(try run("info", "runs").contains("a folder of 1 runs\n  a: finished"))
    #expect(try run("info", "runs/a/summary.json").contains("\n  particles"))
    #expect(try run("info", "runs/a/log.jsonl").contains(" lines; the last one\n"))
    #expect(try run("info", "a.toml").contains("[loading]\n    mode = \"simple-shear\"\n    plane = \"xy\""))
  }
}
