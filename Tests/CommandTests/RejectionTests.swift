import Foundation
import TestTools
import Testing

/// Something wrong, the exit code, and words of the message.
struct Fault: Sendable, CustomTestStringConvertible {
  var name: String
  var text: String
  var code: Int32 = 2
  var says: [String]
  var ranks: [Int?] = [nil]
  var testDescription: String { name }
}

/// Runs a command that must end soon with one message and leave nothing half-written in the folder of its `--output`.
func expectRefusal(
  _ arguments: [String], in folder: TestFolder, code: Int32, says: [String], ranks: Int? = nil, limit: Int = 30
) throws {
  let outcome = try TestProcess.run("athermal", arguments, ranks: ranks, in: folder.path, limit: limit)
  #expect(outcome.exitCode == code, "\(outcome.report)")
  #expect(outcome.messages.count == 1, "\(outcome.report)")
  for words in says { #expect(outcome.errors.contains(words), "'\(words)' is missing: \(outcome.report)") }
  for words in ["Fatal error", "Illegal instruction", "Cocoa", "Optional("] {
    #expect(!outcome.errors.contains(words), "\(outcome.report)")
  }
  #expect(outcome.seconds < 20)
  let output = arguments.firstIndex(of: "--output").flatMap { arguments.dropFirst($0 + 1).first } ?? "run"
  let files = folder.names(below: output)
  #expect(!files.contains { $0.hasSuffix(".unfinished") }, "\(files)")
  if files.contains("log.jsonl") {
    let summary = try folder.json(output + "/summary.json")
    #expect(summary["status"] as? String == "failed" && summary["exit_code"] as? Int == Int(code))
    for words in says { #expect((summary["reason"] as? String)?.contains(words) == true) }
    if code == 2 { #expect(!files.contains { $0.hasSuffix(".h5") }, "\(files)") }
  }
}

@Suite struct ConfigRefusals {
  private static func fault(
    _ name: String, _ passage: String, becomes replacement: String, _ says: String..., code: Int32 = 2,
    ranks: [Int?] = [nil]
  ) -> Fault {
    precondition(Samples.config.contains(passage))
    return Fault(
      name: name, text: Samples.config.replacing(passage, with: replacement), code: code, says: says, ranks: ranks)
  }

  static let faults = [
    fault("unknown key", "plane =", becomes: "plain =", "a.toml:9:1", "unknown key 'plain'", "plane", ranks: [nil, 3]),
    fault("unknown table", "[minimizer]", becomes: "[minimiser]", "a.toml:5", "minimizer"),
    fault("wrong type", "strain_step = 1e-3", becomes: "strain_step = \"1e-3\"", "a.toml:10", "remove the quotes"),
    fault("bad range", "strain_step = 1e-3", becomes: "strain_step = -1e-3", "a.toml:10", "greater than 0"),
    fault("not TOML", "[potential]", becomes: "[potential", "a.toml:3", "not TOML"),
    fault("both sources", "[potential]", becomes: "file = \"b.data\"\n[potential]", "both 'file' and 'generate'"),
    fault(
      "no source", "generate = { dimension = 2, particles = 200, density = 0.86, seed = 3 }", becomes: "",
      "neither 'file'"),
    fault("no seed", ", seed = 3", becomes: "", "has no 'seed'", "part of the result", ranks: [nil, 3]),
    fault("no particles", "particles = 200", becomes: "particles = 0", "at least 1"),
    fault("one particle", "particles = 200", becomes: "particles = 1", "box is too small"),
    fault("two particles", "particles = 200", becomes: "particles = 2", "box is too small", ranks: [nil, 3]),
    fault(
      "a box too small for the cutoff", "particles = 200", becomes: "particles = 20", "box is too small", "list range"),
    fault(
      "more ranks than cells", "particles = 200", becomes: "particles = 50", "5 ranks for 4 cells (2 × 2)", ranks: [5]),
    fault("too many particles", "particles = 200", becomes: "particles = 1000000000000", "GB", "fewer particles"),
    fault(
      "absurdly many particles", "particles = 200", becomes: "particles = 1000000000000000000",
      "at most 1000000000000"),
    fault("absurd density", "0.86", becomes: "1e300", "beyond what can be computed"),
    fault(
      "absurd skin", "[minimizer]", becomes: "[neighbours]\nskin = 1e300\n[minimizer]", "beyond what can be computed"),
    fault("large skin", "[minimizer]", becomes: "[neighbours]\nskin = 9\n[minimizer]", "smaller skin"),
    fault("odd exponent", "[minimizer]", becomes: "exponent = 11\n[minimizer]", "an even number"),
    fault("no exponent", "[minimizer]", becomes: "exponent = 0\n[minimizer]", "an even number"),
    fault("too smooth", "[minimizer]", becomes: "smoothing = 6\n[minimizer]", "between 0 and 5"),
    fault("negative smoothing", "[minimizer]", becomes: "smoothing = -1\n[minimizer]", "between 0 and 5"),
    fault("soft spheres without sizes", "polydisperse-ipl", becomes: "hertz", "a.toml:3", "has no 'sizes'"),
    fault(
      "soft spheres with half a size", "\"polydisperse-ipl\"",
      becomes: "\"harmonic\"\nsizes = { exponent = -1, minimum = 1 }", "has no 'maximum'"),
    fault(
      "sizes of species", "\"polydisperse-ipl\"", becomes: "\"binary-lj\"\nsizes = { minimum = 1 }",
      "belongs to polydisperse-ipl, harmonic"),
    fault("z in two dimensions", "plane = \"xy\"", becomes: "plane = \"xz\"", "a.toml:9", "out of xy"),
    fault("too many steps", "1e-3\nfinal", becomes: "1e-300\nfinal", "larger step"),
    fault(
      "file that is not there", "generate = { dimension = 2, particles = 200, density = 0.86, seed = 3 }",
      becomes: "file = \"no.data\"", "no.data", "No such file", ranks: [nil, 3]),
    fault(
      "file that is a folder", "generate = { dimension = 2, particles = 200, density = 0.86, seed = 3 }",
      becomes: "file = \".\""),
  ]

  @Test(arguments: faults) func isRefused(fault: Fault) throws {
    for ranks in fault.ranks {
      let folder = try TestFolder()
      try folder.file("a.toml", fault.text)
      try expectRefusal(
        ["shear", "a.toml", "--output", "run"], in: folder, code: fault.code, says: fault.says, ranks: ranks)
    }
  }

  @Test func severalMistakesComeInOneMessage() throws {
    let folder = try TestFolder()
    try folder.file("a.toml", Samples.config.replacing("plane", with: "plain").replacing("kind", with: "kin"))
    try expectRefusal(
      ["shear", "a.toml", "--output", "run"], in: folder, code: 2,
      says: ["'plain'", "'kin'", "a.toml:4:1", "a.toml:9:1"])
    #expect(folder.names(below: "run").isEmpty)
  }

  @Test(arguments: [
    (["frobnicate"], "there is no command 'frobnicate'"), (["shear"], "usage: athermal shear CONFIG"),
    (["shear", "a.toml", "--outptu", "x"], "unknown option --outptu"),
    (["shear", "a.toml", "--output"], "needs a value"),
    (["shear", "a.toml", "b.toml"], "usage"), (["shear", "no.toml"], "No such file"),
    (["shear", "."], "cannot be read"),
    (["shear", "a.toml", "--set", "loading.strain_step"], "--set"),
    (["shear", "a.toml", "--set", "loading.steps=3"], "unknown key 'steps'"),
    (["info"], "usage"), (["info", "no.h5"], "No such file"), (["info", "."], ".: is no run folder"),
    (["shaer", "a.toml"], "there is no command 'shaer'; did you mean 'shear'?"),
    (["help", "exprot"], "did you mean 'export'?"),
    (["validate", "a.toml", "--ranks", "0"], "--ranks"), (["validate", "a.toml", "--ranks", "1000"], "1000 ranks for"),
    (["validate", "no.toml"], "No such file"), (["export", "a.toml", "--to", "xyz"], "a.toml"),
    (["export", "a.data"], "export needs --to"), (["export", "a.data", "--to", "lammps"], "name another one"),
    (["export", "a.data", "--to", "gsd"], "export needs --to"),
    (["export", "a.data", "--to", "csv"], "a.data: is not HDF5"),
    (["export", "a.data", "--to", "xyz", "--frames", "all"], "is not H5MD"),
    (["export", "a.data", "--to", "xyz", "--frames", "3"], "--frames must be all, A:B or A:B:C"),
    (["export", "a.data", "--to", "xyz", "--frames", "0:3:0"], "--frames must be all, A:B or A:B:C"),
    (["export", "a.data", "--to", "lammps", "--output", "b.data", "--fields", "d2min"], "--fields goes with"),
    (
      ["export", "a.data", "--to", "lammps", "--output", "a.toml"],
      "a.toml: exists already; replace it with --overwrite"
    ),
    (["export", "a.data", "--to", "xyz", "--output", "/dev/null"], "/dev/null: is not a regular file"),
    (["export", "a.data", "--to", "xyz", "--frame", "x"], "--frame"),
    (["benchmark", "speed"], "there is no benchmark 'speed'"),
    (["benchmark", "kernel", "--model", "granular"], "there is no model 'granular'"),
  ]) func commandLineIsRefused(arguments: [String], says: String) throws {
    let folder = try TestFolder()
    try folder.file("a.toml", Samples.config)
    try folder.file("a.data", Samples.lammps())
    try expectRefusal(arguments, in: folder, code: 2, says: [says])
    #expect(folder.names(below: ".") == ["a.data", "a.toml"])
  }

  @Test(arguments: [
    (["--help"], "athermal shear"), (["-h"], "athermal shear"), (["help"], "athermal shear"),
    (["shear", "--help"], "final_strain"), (["help", "minimise"], "force_tolerance = \"floor\""),
    (["help", "epm"], "sample_strain = 0.01"), (["help", "yieldmap"], "maximum_strain = 0.5"),
    (["bands", "-h"], "[bands]"),
    (["export", "--help"], "--frames all|A:B|A:B:C"),
    (["--version"], "commit"), (["-V"], "commit"),
  ]) func helpIsGiven(arguments: [String], says: String) throws {
    let outcome = try TestProcess.run("athermal", arguments)
    #expect(outcome.exitCode == 0 && outcome.errors.isEmpty, "\(outcome.report)")
    #expect(outcome.output.contains(says))
    // Lines of terminals.
    if says != "commit" { #expect(outcome.outputLines.allSatisfy { $0.count <= 140 }, "\(outcome.output)") }
  }

  /// Without a command the help is given, but nothing was done: a script should notice.
  @Test func noCommand() throws {
    let outcome = try TestProcess.run("athermal", [])
    #expect(outcome.exitCode == 2 && outcome.output.contains("athermal help COMMAND"), "\(outcome.report)")
  }

  /// Devices and pipes: what is empty is called so, and what a shell substitutes is read.
  @Test func configsThatAreNoFiles() throws {
    let folder = try TestFolder()
    try expectRefusal(
      ["minimize", "/dev/null", "--output", "run"], in: folder, code: 2, says: ["/dev/null: the configuration is empty"]
    )
    try folder.file("a.toml", Samples.config)
    #expect(
      TestProcess.system(
        "bash", "-c", "cd \(folder.path) && \(TestProcess.programs)/athermal validate <(cat a.toml) > out 2>&1") == 0)
    #expect(try folder.text("out").contains("the config is valid"))
  }
}

@Suite struct FileRefusals {
  private static func lammps(
    _ name: String, _ passage: String, becomes replacement: String, _ says: String..., ranks: [Int?] = [nil]
  ) -> Fault {
    let text = Samples.lammps()
    precondition(text.contains(passage))
    return Fault(
      name: name, text: text.replacing(passage, with: replacement, maxReplacements: 1), says: says, ranks: ranks)
  }
  private static func words(_ id: Int, _ change: (inout [String]) -> Void) -> String {
    var words = Samples.atom(id).split(separator: " ").map(String.init)
    change(&words)
    return words.joined(separator: " ")
  }
  private static func place(_ id: Int) -> String { words(id) { $0 = Array($0[4...]) } }

  static let faults = [
    lammps(
      "truncated", Samples.atom(99) + "\n" + Samples.atom(100) + "\n", becomes: "", "g.data:3", "truncated?",
      ranks: [nil, 3]),
    lammps("truncated line", Samples.atom(100), becomes: "100 1 1.2", "g.data", "truncated?", ranks: [nil, 3]),
    lammps("too many", "100 atoms", becomes: "99 atoms", "more particles than the 99"),
    lammps("absurd count", "100 atoms", becomes: "1000000000000 atoms", "g.data:3"),
    lammps("negative count", "100 atoms", becomes: "-5 atoms", "g.data:3", "negative"),
    lammps("no atoms", "100 atoms", becomes: "0 atoms", "no atoms"),
    lammps(
      "duplicate id", Samples.atom(57), becomes: words(57) { $0[0] = "3" }, "id 3 was already used", ranks: [nil, 3]),
    lammps("missing id", Samples.atom(57), becomes: words(57) { $0[0] = "101" }, "id 101 is outside 1 … 100"),
    lammps("zero id", Samples.atom(57), becomes: words(57) { $0[0] = "0" }, "id 0 is outside", ranks: [nil, 3]),
    lammps("id that is no number", Samples.atom(57), becomes: words(57) { $0[0] = "x" }, "g.data:68", "'x 1 1.168"),
    lammps("huge id", Samples.atom(57), becomes: words(57) { $0[0] = "99999999999999999999" }, "g.data"),
    lammps("one point", place(58), becomes: place(57), "particles 57 and 58", "same point", ranks: [nil, 3]),
    lammps("zero diameter", Samples.atom(57), becomes: words(57) { $0[2] = "0" }, "must be positive", ranks: [nil, 3]),
    lammps("negative diameter", Samples.atom(57), becomes: words(57) { $0[2] = "-1" }, "must be positive"),
    lammps("diameter that is no number", Samples.atom(57), becomes: words(57) { $0[2] = "nan" }, "finite number"),
    lammps("infinite position", Samples.atom(57), becomes: words(57) { $0[4] = "inf" }, "finite number"),
    lammps("far away", Samples.atom(57), becomes: words(57) { $0[4] = "1e30" }, "million cell edges away"),
    lammps(
      "huge image", "Atoms # sphere\n\n" + Samples.atom(1),
      becomes: "Atoms # sphere\n\n" + Samples.atom(1) + " 2147483647 0 0", "g.data"),
    lammps("type beyond the header", Samples.atom(57), becomes: words(57) { $0[1] = "2" }, "type 2 is outside 1 … 1"),
    lammps(
      "z in two dimensions", Samples.atom(57), becomes: words(57) { $0[6] = "0.5" }, "z = 0.5 differs",
      ranks: [nil, 3]),
    lammps("box inside out", "0 12 xlo xhi", becomes: "12 0 xlo xhi", "g.data:6"),
    lammps("huge box", "0 12 xlo xhi", becomes: "0 1e300 xlo xhi", "beyond what can be computed"),
    lammps("long box", "0 12 xlo xhi", becomes: "0 1e30 xlo xhi", "beyond what can be computed"),
    lammps("no box", "0 12 xlo xhi\n", becomes: "", "xlo xhi"),
    lammps("small box", "0 12 xlo xhi", becomes: "0 4 xlo xhi", "box is too small"),
    lammps("unknown style", "# sphere", becomes: "# molecular", "g.data:10", "atom style"),
    lammps("no section", "Atoms # sphere", becomes: "Bonds", "g.data"),
    lammps("diameters are missing", Samples.lammps(), becomes: Samples.lammps(style: "atomic"), "no diameters"),
    Fault(name: "empty", text: "", says: ["g.data", "empty"], ranks: [nil, 3]),
    Fault(name: "zero bytes", text: String(repeating: "\0", count: 5000), says: ["zero bytes"]),
    Fault(name: "prose", text: "It was a dark and stormy night.\n", says: ["g.data"]),
    Fault(name: "truncated xyz", text: String(Samples.xyz().dropLast(30)), says: ["truncated?"], ranks: [nil, 3]),
    Fault(
      name: "xyz without a lattice", text: Samples.xyz().replacing("Lattice", with: "Box"),
      says: ["g.data:2", "Lattice"]),
    Fault(
      name: "flat xyz", text: Samples.xyz().replacing("\"12 0 0 0 12 0", with: "\"12 0 0 12 0 0"), says: ["no volume"]),
    Fault(name: "absurd xyz", text: Samples.xyz().replacing("100\nL", with: "99999999999999\nL"), says: ["g.data:1"]),
    Fault(name: "xyz without particles", text: "0\nLattice=\"1 0 0 0 1 0 0 0 1\"\n", says: ["g.data:1"]),
    Fault(
      name: "xyz without a size", text: Samples.xyz().replacing("diameter:R:1", with: "mass:R:1"),
      says: ["no diameters"]),
    Fault(
      name: "xyz of mixed species", text: Samples.xyz().replacing("\nA ", with: "\n1 ", maxReplacements: 1),
      says: ["g.data:4", "species '1' and 'A'"]),
    Fault(name: "compressed", text: "BZh9", says: ["g.data: is compressed with bzip2; decompress it first"]),
    Fault(name: "dump without particles", text: "ITEM: TIMESTEP\n0\n", says: ["g.data:1", "ITEM: ATOMS"]),
  ]

  @Test(arguments: faults) func isRefused(fault: Fault) throws {
    for ranks in fault.ranks {
      let folder = try TestFolder()
      let isFlat = fault.name.contains("dimensions")
      try folder.file(
        "a.toml",
        Samples.config(file: "g.data").replacing(
          "\"g.data\"", with: isFlat ? "\"g.data\"\ndimension = 2" : "\"g.data\""))
      try folder.file("g.data", fault.text)
      try expectRefusal(["minimize", "a.toml", "--output", "run"], in: folder, code: 2, says: fault.says, ranks: ranks)
    }
  }

  @Test func moreTypesThanSpecies() throws {
    for ranks in [nil, 3] {
      let folder = try TestFolder()
      try folder.file("a.toml", Samples.config(file: "g.data").replacing("polydisperse-ipl", with: "binary-lj"))
      try folder.file("g.data", Samples.lammps(style: "atomic", types: 3))
      try expectRefusal(
        ["minimize", "a.toml", "--output", "run"], in: folder, code: 2, says: ["3 types", "2 species"], ranks: ranks)
    }
  }

  @Test func damagedHDF5() throws {
    let folder = try TestFolder()
    try folder.file("a.toml", Samples.config)
    let made = try TestProcess.run("athermal", ["minimize", "a.toml", "--output", "made"], in: folder.path)
    #expect(made.exitCode == 0, "\(made.report)")
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.file("made/state.h5")))
    try folder.file("b.toml", Samples.config(file: "g.h5"))
    var changed = bytes
    for k in stride(from: bytes.count / 2, to: bytes.count / 2 + 4000, by: 37) { changed[k] ^= 0x55 }
    for (content, ranks) in [
      (bytes.prefix(bytes.count / 2), nil), (bytes.prefix(bytes.count - 1), nil), (bytes.prefix(600), 3),
      (changed, nil), (changed, 3),
    ] as [(Data, Int?)] {
      try content.write(to: URL(fileURLWithPath: folder.file("g.h5")))
      try? FileManager.default.removeItem(atPath: folder.file("run"))
      try expectRefusal(["minimize", "b.toml", "--output", "run"], in: folder, code: 2, says: ["g.h5"], ranks: ranks)
    }
    // Another file of ours, without particles.
    let sheared = try TestProcess.run("athermal", ["shear", "a.toml", "--output", "sheared"], in: folder.path)
    #expect(sheared.exitCode == 0, "\(sheared.report)")
    try FileManager.default.removeItem(atPath: folder.file("g.h5"))
    try FileManager.default.copyItem(atPath: folder.file("sheared/shear.h5"), toPath: folder.file("g.h5"))
    try? FileManager.default.removeItem(atPath: folder.file("run"))
    try expectRefusal(["minimize", "b.toml", "--output", "run"], in: folder, code: 2, says: ["g.h5", "/particles"])
  }

  /// A file of particles decides about the dimension only when it is read.
  @Test func axisThatTheFileDoesNotHave() throws {
    let folder = try TestFolder()
    try folder.file("g.data", Samples.lammps())
    try folder.file("a.toml", Samples.config(file: "g.data").replacing("\"xy\"", with: "\"xz\""))
    for command in [["shear", "a.toml", "--output", "run"], ["validate", "a.toml"]] {
      try expectRefusal(command, in: folder, code: 2, says: ["axis z does not exist"])
    }
  }
}
