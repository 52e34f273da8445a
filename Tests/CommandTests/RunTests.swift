import Foundation
import TestTools
import Testing

/// Commands that must work, and what they leave.
@Suite struct RunTests {
  let folder = try! TestFolder()

  /// Runs a command in the folder of the test, which must end well.
  @discardableResult
  private func run(_ arguments: String..., ranks: Int? = nil) throws -> String {
    let outcome = try TestProcess.run("athermal", arguments, ranks: ranks, in: folder.path)
    #expect(outcome.exitCode == 0, "\(arguments): \(outcome.report)")
    return outcome.output
  }
  private func number(_ key: String, of run: String) throws -> Double {
    try #require(try folder.json("\(run)/summary.json")[key] as? Double, "\(key) of \(run)")
  }
  private func hash(of run: String) throws -> String {
    try #require(try folder.json("\(run)/summary.json")["state_sha256"] as? String)
  }
  /// The files of a run but for its checkpoints.
  private func results(of run: String) -> Set<String> {
    Set(folder.names(below: run).filter { !$0.hasPrefix("checkpoints") })
  }
  private func isClose(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool {
    abs(a - b) <= tolerance * max(abs(a), abs(b))
  }

  @Test(arguments: [
    "carriage returns", "tabs", "byte order mark", "no newline at the end", "reversed", "extended XYZ", "image flags",
  ])
  func spellingsOfAFileAreTheSame(spelling: String) throws {
    var text = Samples.lammps()
    switch spelling {
    case "carriage returns": text = text.replacing("\n", with: "\r\n")
    case "tabs": text = text.replacing(" ", with: "\t").replacing("Atoms\t#\tsphere", with: "Atoms # sphere")
    case "byte order mark": text = "\u{feff}" + text
    case "no newline at the end": text.removeLast()
    case "reversed":
      let atoms = (1...100).map(Samples.atom)
      text =
        text.components(separatedBy: atoms[0])[0]
        + atoms.reversed().map { $0 + "   # a comment" }.joined(separator: "\n\n")
    case "extended XYZ": text = Samples.xyz()
    default:
      for id in 1...100 { text = text.replacing("\n\(Samples.atom(id))\n", with: "\n\(Samples.atom(id)) 0 0 0\n") }
    }
    try folder.file("good.data", Samples.lammps())
    try folder.file("g.data", text)
    try folder.file("good.toml", Samples.config(file: "good.data"))
    try folder.file("a.toml", Samples.config(file: "g.data"))
    try run("minimize", "good.toml", "--output", "good")
    try run("minimize", "a.toml", "--output", "other")
    try run("minimize", "a.toml", "--output", "three", ranks: 3)
    #expect(try hash(of: "other") == hash(of: "good"))
    #expect(try hash(of: "three") == hash(of: "good"))
    #expect(try number("energy_per_particle", of: "other") == number("energy_per_particle", of: "good"))
    #expect(try number("energy_per_particle", of: "good") > 0)
  }

  @Test(arguments: ["carriage returns", "byte order mark"]) func spellingsOfAConfig(spelling: String) throws {
    try folder.file(
      "a.toml",
      spelling == "byte order mark" ? "\u{feff}" + Samples.config : Samples.config.replacing("\n", with: "\r\n"))
    try run("validate", "a.toml")
  }

  /// The lattice is the same; which of its bases describes it changes the last bits of positions only.
  @Test func aTiltBeyondOneHalfIsReducedAndSaid() throws {
    try folder.file("small.data", Samples.lammps(tilt: -2.4))
    try folder.file("large.data", Samples.lammps(tilt: 9.6))
    try folder.file("huge.data", Samples.lammps(tilt: 12 * 1000 - 2.4))
    for name in ["small", "large", "huge"] { try folder.file("\(name).toml", Samples.config(file: "\(name).data")) }
    #expect(try !run("minimize", "small.toml", "--output", "small").contains("reduced"))
    for (name, ranks) in [("large", nil), ("huge", 3)] as [(String, Int?)] {
      let said = try run("minimize", "\(name).toml", "--output", name, ranks: ranks)
      #expect(said.contains("tilt xy reduced from"))
      #expect(
        isClose(try number("energy_per_particle", of: name), try number("energy_per_particle", of: "small"), 1e-12))
    }
  }

  @Test func runFolderIsNotOverwritten() throws {
    try folder.file("a.toml", Samples.config)
    try run("minimize", "a.toml", "--output", "run")
    let before = try folder.text("run/summary.json")
    for ranks in [nil, 3] {
      let again = try TestProcess.run(
        "athermal", ["minimize", "a.toml", "--output", "run"], ranks: ranks, in: folder.path)
      #expect(again.exitCode == 2 && again.messages.count == 1, "\(again.report)")
      #expect(again.errors.contains("run is not empty") && again.errors.contains("overwrite"))
    }
    #expect(try folder.text("run/summary.json") == before)
    try folder.file("run/mine.txt", "mine")
    try run(
      "minimize", "a.toml", "--output", "run", "--set", "output.overwrite=true", "--set", "system.generate.seed=9")
    #expect(try folder.json("run/summary.json")["seed"] as? Int == 9)
    #expect(try folder.text("run/mine.txt") == "mine")
  }

  /// A run that could not begin does not stand in the way of the next.
  @Test func aComplaintAloneIsReplaced() throws {
    try folder.file("a.toml", Samples.config(file: "g.data"))
    let refused = try TestProcess.run("athermal", ["minimize", "a.toml", "--output", "run"], in: folder.path)
    #expect(refused.exitCode == 2, "\(refused.report)")
    try folder.file("g.data", Samples.lammps())
    try run("minimize", "a.toml", "--output", "run")
    #expect(try folder.json("run/summary.json")["status"] as? String == "done")
  }

  @Test func whatIsWrittenRunsAgain() throws {
    try folder.file("a.toml", Samples.config)
    try run("minimize", "a.toml", "--output", "one", "--set", "system.generate.seed=4")
    try run("minimize", "one/resolved.toml", "--output", "two")
    #expect(try hash(of: "one") == hash(of: "two"))
    // From another folder: files are relative to the config, the output to where the command is typed.
    try FileManager.default.createDirectory(atPath: folder.file("sub"), withIntermediateDirectories: true)
    try folder.file("sub/g.data", Samples.lammps())
    try folder.file("sub/b.toml", Samples.config(file: "g.data"))
    try run("minimize", "sub/b.toml", "--output", "three")
    let elsewhere = try TestFolder()
    let outcome = try TestProcess.run(
      "athermal", ["minimize", folder.file("three/resolved.toml"), "--output", "four"], in: elsewhere.path)
    #expect(outcome.exitCode == 0, "\(outcome.report)")
    #expect(try elsewhere.json("four/summary.json")["state_sha256"] as? String == hash(of: "three"))
    #expect(
      results(of: "one") == ["input.toml", "log.jsonl", "resolved.toml", "state.h5", "summary.json", "timing.json"])
  }

  @Test func exportsComeBack() throws {
    try folder.file("a.toml", Samples.config.replacing("1e-6", with: "\"floor\""))
    try run("minimize", "a.toml", "--output", "run")
    for (format, ranks) in [("lammps", nil), ("xyz", 3)] as [(String, Int?)] {
      try run("export", "run/state.h5", "--to", format, "--output", "out.\(format)", ranks: ranks)
      #expect(try run("info", "out.\(format)").contains("out.\(format)"))
      try folder.file("\(format).toml", Samples.config(file: "out.\(format)"))
      try run("minimize", "\(format).toml", "--output", format)
      #expect(
        isClose(try number("energy_per_particle", of: format), try number("energy_per_particle", of: "run"), 1e-12))
    }
    // A saved state is read with all its bits, and being at rest it stays.
    try folder.file("h5.toml", Samples.config(file: "run/state.h5"))
    try run("minimize", "h5.toml", "--output", "h5", ranks: 3)
    #expect(try hash(of: "h5") == hash(of: "run"))
    #expect(try run("info", "run/state.h5").contains("200 particles in 2 dimensions"))
  }

  @Test func softSpheresAreGenerated() throws {
    for kind in ["harmonic", "hertz"] {
      try folder.file(
        "\(kind).toml",
        Samples.config.replacing(
          "\"polydisperse-ipl\"",
          with: "\"\(kind)\"\nsizes = { exponent = -1, minimum = 1, maximum = 1.4, drawn = \"random\" }"
        )
        .replacing("0.86", with: "1.0"))
      try run("minimize", "\(kind).toml", "--output", kind)
      #expect(try number("energy_per_particle", of: kind) > 0)
    }
    for (exponent, smoothing) in [(2, 0), (4, 1), (12, 5)] {
      try folder.file(
        "ipl.toml", Samples.config.replacing("ipl\"", with: "ipl\"\nexponent = \(exponent)\nsmoothing = \(smoothing)"))
      try run("validate", "ipl.toml")
    }
    try run("minimize", "ipl.toml", "--output", "ipl")
  }

  @Test func whatDoesNotConvergeSaysSo() throws {
    try folder.file("a.toml", Samples.config)
    for (command, ranks) in [("minimize", nil), ("minimize", 3), ("shear", 3)] as [(String, Int?)] {
      let name = "\(command)\(ranks ?? 1)"
      let outcome = try TestProcess.run(
        "athermal", [command, "a.toml", "--output", name, "--set", "minimizer.maximum_evaluations=3"], ranks: ranks,
        in: folder.path)
      #expect(outcome.exitCode == 3, "\(outcome.report)")
      #expect(outcome.messages.count == 1 && outcome.errors.contains("evaluation limit"), "\(outcome.report)")
      let summary = try folder.json("\(name)/summary.json")
      #expect(summary["status"] as? String == "failed" && summary["exit_code"] as? Int == 3)
      #expect((summary["reason"] as? String)?.contains("evaluation limit") == true)
    }
  }

  /// Simple shear has no end, the others do.
  @Test(arguments: [("uniaxial\"\naxis = \"x", false), ("uniaxial\"\naxis = \"x", true), ("dilation", false)])
  func aBoxThatGetsTooThinStops(mode: String, isAdaptive: Bool) throws {
    try folder.file(
      "a.toml",
      Samples.config.replacing("simple-shear\"\nplane = \"xy", with: mode).replacing("1e-3", with: "0.1")
        .replacing(
          "final_strain = 3e-3",
          with: "final_strain = 5.0\nbackward = true"
            + (isAdaptive ? "\n[events]\nadaptive = true\nsmallest_step = 0.09" : "")
        )
        .replacing("= 1e-6", with: "= 1.0"))
    let outcome = try TestProcess.run("athermal", ["shear", "a.toml", "--output", "run"], in: folder.path)
    #expect(outcome.exitCode == 4, "\(outcome.report)")
    #expect(
      outcome.messages.count == 1 && outcome.errors.contains("the loading has to end before"), "\(outcome.report)")
    let info = try run("info", "run/shear.h5")
    #expect(info.contains("curve"))
  }

  /// What is promised of a run that starts from a state: the same bits on any number of ranks, and the strains of its
  /// own schedule, start + k · step. They may differ in the last bit from those of a run that did not stop, and the
  /// edges by a quantum; so the rest agrees to rounding as long as no event is near.
  @Test func aLoadingGoesOn() throws {
    try folder.file("a.toml", Samples.config.replacing("1e-6", with: "\"floor\"").replacing("3e-3", with: "6e-3"))
    try folder.file(
      "b.toml",
      Samples.config(file: "first/state.h5").replacing("1e9", with: "\"floor\"").replacing("3e-3", with: "6e-3"))
    try run("shear", "a.toml", "--output", "whole")
    try run("shear", "a.toml", "--output", "first", "--set", "loading.final_strain=3e-3")
    try run("shear", "b.toml", "--output", "second")
    try run("shear", "b.toml", "--output", "second-on-3", ranks: 3)
    #expect(try hash(of: "second") == hash(of: "second-on-3"))
    #expect(isClose(try number("strain", of: "second"), 6e-3, 1e-12))
    for key in ["energy_per_particle", "pressure"] {
      #expect(isClose(try number(key, of: "second"), try number(key, of: "whole"), 1e-9), "\(key)")
    }
    let isSame = try hash(of: "second") == hash(of: "whole")
    print("bits of a loading that started from a state equal those of one that did not stop: \(isSame)")
    #expect(
      results(of: "whole") == [
        "input.toml", "log.jsonl", "resolved.toml", "shear.h5", "state.h5", "summary.json", "timing.json",
        "trajectory.h5",
      ])
    for name in ["shear", "state", "trajectory"] {
      #expect(try run("info", "whole/\(name).h5", ranks: name == "state" ? 3 : nil).contains("commit"))
    }
  }

  @Test func validateSaysWhatARunNeeds() throws {
    try folder.file("a.toml", Samples.config)
    for ranks in [nil, 3] {
      let text = try run("validate", "a.toml", "--ranks", "4", ranks: ranks)
      for words in ["config is valid", "200 in 2 dimensions", "memory", "disk", "4 rank(s)", "3 steps"] {
        #expect(text.contains(words), "\(text)")
      }
    }
    // More particles than any machine here could hold are not placed.
    let large = try run(
      "validate", "a.toml", "--ranks", "1000", "--set", "system.generate.particles=1000000000000")
    #expect(large.contains("1000000000000 in 2 dimensions") && large.contains("1000 rank(s)"), "\(large)")
    #expect(folder.names(below: ".") == ["a.toml"])
  }
}

@Suite struct OutputTests {
  let folder = try! TestFolder()

  /// No time of day is in them: a checksum of a file tells whether it is the same result.
  @Test func filesOfTheSameRunAreTheSameBytes() throws {
    try folder.file("a.toml", Samples.config)
    for output in ["early", "late"] {
      let outcome = try TestProcess.run(
        "athermal", ["minimize", "a.toml", "--output", output], ranks: 2, in: folder.path)
      #expect(outcome.exitCode == 0, "\(outcome.report)")
      // HDF5 would store whole seconds.
      if output == "early" { usleep(1_100_000) }
    }
    func bytes(_ output: String) throws -> Data {
      try Data(contentsOf: URL(fileURLWithPath: folder.file(output + "/state.h5")))
    }
    #expect(try bytes("early") == bytes("late"))
  }

  /// Root may write anywhere, but not below a file.
  @Test(arguments: [nil, 3] as [Int?]) func unwritableOutput(ranks: Int?) throws {
    try folder.file("a.toml", Samples.config)
    try folder.file("file", "a file")
    for (output, says) in [("file", "file"), ("file/run", "Not a directory"), ("/proc/none/run", "/proc/none")] {
      try expectRefusal(
        ["minimize", "a.toml", "--output", output], in: folder, code: 5, says: [output, says], ranks: ranks)
    }
    let made = try TestProcess.run("athermal", ["minimize", "a.toml", "--output", "made"], in: folder.path)
    #expect(made.exitCode == 0, "\(made.report)")
    try expectRefusal(
      ["export", "made/state.h5", "--to", "lammps", "--output", "file/x.data"], in: folder, code: 5,
      says: ["Not a directory"],
      ranks: ranks)
    #expect(try folder.text("file") == "a file")
  }

  /// A file system of 4 MB, which a run of large frames fills.
  private static let canMount: Bool = {
    guard let folder = try? TestFolder(),
      TestProcess.system("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder.path) == 0
    else { return false }
    return TestProcess.system("umount", folder.path) == 0
  }()

  @Test(.enabled(if: canMount, "needs the right to mount a small tmpfs"), arguments: [nil, 3] as [Int?])
  func fullOutput(ranks: Int?) throws {
    let small = try TestFolder()
    #expect(TestProcess.system("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", small.path) == 0)
    defer { _ = TestProcess.system("umount", small.path) }
    try folder.file(
      "a.toml",
      Samples.config.replacing("particles = 200", with: "particles = 4000").replacing("= 1e-6", with: "= 10.0")
        .replacing("= 3e-3", with: "= 0.5")
        + "[output]\nevery = 1\nfields = [\"stress\", \"force\", \"displacement\"]\n")
    let outcome = try TestProcess.run(
      "athermal", ["shear", "a.toml", "--output", small.file("run")], ranks: ranks, in: folder.path, limit: 60)
    #expect(outcome.exitCode == 5, "\(outcome.report)")
    #expect(outcome.messages.count == 1 && outcome.errors.contains("No space left on device"), "\(outcome.report)")
    // What was written before is whole.
    let info = try TestProcess.run("athermal", ["info", small.file("run/trajectory.h5")])
    #expect(info.exitCode == 0, "\(info.report)")
    let export = try TestProcess.run(
      "athermal", ["export", small.file("run/trajectory.h5"), "--to", "xyz", "--output", folder.file("last.xyz")])
    #expect(export.exitCode == 0, "\(export.report)")
    #expect(!small.names(below: "run").contains { $0.hasSuffix(".unfinished") })
    // No room at all from the start.
    _ = TestProcess.system("dd", "if=/dev/zero", "of=\(small.file("filler"))", "bs=64k")
    try folder.file("m.toml", Samples.glass.replacing("particles = 200", with: "particles = 4000"))
    let again = try TestProcess.run(
      "athermal", ["minimize", "m.toml", "--output", small.file("again")], ranks: ranks, in: folder.path, limit: 60)
    #expect(again.exitCode == 5, "\(again.report)")
    #expect(again.messages.count == 1 && again.errors.contains("No space left on device"), "\(again.report)")
    #expect(!small.names(below: "again").contains { $0.hasSuffix(".unfinished") })
  }
}
