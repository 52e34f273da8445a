import Foundation
import MessagePassing
import TestSupport
import TestTools
import Testing

@testable import athermal

/// Configs with one mistake each, of the kind that users make, through the commands that they are for, in this process:
/// each is refused with one message that names the line and says what to do, before anything is computed.
@Suite(.serialized, .oneAtATime) struct WrongConfigTests {
  struct Mistake: Sendable, CustomTestStringConvertible {
    var name: String
    var command: String
    var bytes: [UInt8]
    /// Where the message must point to.
    var line: Int
    var says: [String]
    /// Lines of the message.
    var messages = 1
    var testDescription: String { name }
  }

  /// Good configs, small ones: they are run too.
  enum Good {
    static let minimize = """
      [system]
      generate = { dimension = 2, particles = 200, density = 0.86, seed = 3 }
      [potential]
      kind = "polydisperse-ipl"
      [minimizer]
      force_tolerance = 1e9

      """
    static let shear =
      minimize + """
        [loading]
        mode = "simple-shear"
        plane = "xy"
        strain_step = 1e-3
        final_strain = 3e-3

        """
    static let pureShear = shear.replacing("simple-shear", with: "pure-shear")
    static let uniaxial = shear.replacing("simple-shear", with: "uniaxial").replacing(
      "plane = \"xy\"", with: "axis = \"y\"")
    static let dilation = shear.replacing("simple-shear", with: "dilation").replacing("plane = \"xy\"", with: "")
    static let matrix = shear.replacing("simple-shear", with: "matrix")
      .replacing("plane = \"xy\"", with: "matrix = [[0, 1], [0, 0]]")
    static let cycles = shear.replacing("final_strain = 3e-3", with: "cycles = { amplitude = 1e-3, count = 1 }")
    static let events =
      shear + """
        [events]
        adaptive = true
        smallest_step = 1e-4

        """
    static let measured =
      shear + """
        [d2min]
        window = 1e-3
        [output]
        every = 1
        fields = ["d2min"]

        """
    static let file = shear.replacing(
      "generate = { dimension = 2, particles = 200, density = 0.86, seed = 3 }", with: "file = \"g.data\"")
    static let lennardJones = minimize.replacing("0.86", with: "1.2").replacing("polydisperse-ipl", with: "binary-lj")
    static let hertz = minimize.replacing(
      "\"polydisperse-ipl\"", with: "\"hertz\"\nsizes = { exponent = 0, minimum = 1, maximum = 1.4 }")
    static let prepare =
      minimize + """
        [prepare]
        temperatures = [4.0, 3.0]
        sweeps = 20
        burn_in = 5
        block = 1
        seed = 7
        accept_unequilibrated = true

        """
    static let expand =
      minimize.replacing("1e9", with: "1e-6") + """
        [loading]
        mode = "simple-shear"
        plane = "xy"
        [expand]
        tolerance = 1e-8
        equilibrium = 1e-3

        """
    static let yieldmap =
      minimize.replacing("1e9", with: "1e-6").replacing("200", with: "400") + """
        [yieldmap]
        radius = 3.0
        spacing = 4.0
        equilibrium = 1e-3

        """
    static let flow =
      minimize.replacing("1e9", with: "1e-3") + """
        [flow]
        rates = [0.2]
        strain = 0.4
        discard = 0.1
        damping = 1.0
        time_step = 0.005
        [flow.measure]
        every = 0.1
        lag = 0.4
        block = 5.0

        """
    static let flowingFile = flow.replacing(
      "generate = { dimension = 2, particles = 200, density = 0.86, seed = 3 }", with: "file = \"g.data\"")
    static let epm = """
      [epm]
      shape = [16, 16]
      eigenstrain = 0.065
      modulus = { initial = 1.0, renewed = 0.9 }
      thresholds = { distribution = "weibull", shape = 2.0, mean = 0.08 }
      renewal = { distribution = "weibull", shape = 2.0, mean = 0.08 }
      final_strain = 0.1
      sample_strain = 0.05

      """
    static let stress = epm.replacing(
      "final_strain = 0.1", with: "control = \"stress\"\nfinal_stress = 0.05\nfinal_strain = 0.5")
    static let meanfield = """
      [meanfield]
      protocol = "flow-curve"
      alpha = 0.3
      rates = [0.01, 0.1]

      """
    static let creep = """
      [meanfield]
      protocol = "creep"
      alpha = 0.3
      stress = 0.5
      duration = 1.0
      initial = { kind = "file", edges = [-0.5, 0.0, 0.5], weights = [1, 2] }
      samples = 2
      bins = 50

      """
    static let oscillation = """
      [meanfield]
      protocol = "oscillation"
      alpha = 0.3
      amplitude = 0.5
      frequency = 1.0
      cycles = 1
      initial = { kind = "delta", stress = 0.0 }
      samples = 20
      bins = 50

      """
    static let fit = """
      [meanfield]
      protocol = "fit"
      measured = { rates = [1e-4, 0.01, 0.1, 1.0], stresses = [0.459, 0.59, 1.07, 5.26] }

      """
    static let bands = """
      [bands]
      runs = ["epm"]
      bin = 1

      """

    static let all = [
      ("epm", epm), ("minimize", minimize), ("shear", shear), ("shear", pureShear), ("shear", uniaxial),
      ("shear", dilation),
      ("shear", matrix), ("shear", cycles), ("shear", events), ("shear", measured), ("shear", file),
      ("minimize", lennardJones),
      ("minimize", hertz), ("prepare", prepare), ("expand", expand), ("yieldmap", yieldmap), ("epm", stress),
      ("bands", bands), ("flow", flow), ("meanfield", meanfield), ("meanfield", creep), ("meanfield", fit),
      ("meanfield", oscillation),
    ]
  }

  /// `text` with one passage replaced, which must occur once.
  private static func wrong(
    _ name: String, _ command: String, _ text: String, _ passage: String, _ replacement: String, line: Int,
    _ says: String...
  ) -> Mistake {
    let parts = text.components(separatedBy: passage)
    precondition(parts.count == 2, "\(name): '\(passage)' must occur once")
    return Mistake(
      name: name, command: command, bytes: Array(parts.joined(separator: replacement).utf8), line: line, says: says)
  }

  /// `text` with lines added.
  private static func extra(
    _ name: String, _ command: String, _ text: String, _ lines: String, line: Int, _ says: String...
  ) -> Mistake {
    Mistake(name: name, command: command, bytes: Array((text + lines + "\n").utf8), line: line, says: says)
  }

  private static func raw(_ name: String, _ bytes: [UInt8], line: Int, _ says: String...) -> Mistake {
    Mistake(name: name, command: "minimize", bytes: bytes, line: line, says: says)
  }

  static let text: [Mistake] = [
    // Not the text that it should be
    raw("broken UTF-8", Array(Good.minimize.utf8) + [0x23, 0x20, 0xe9, 0x0a], line: 7, "UTF-8", "save it"),
    raw("UTF-16", [0xff, 0xfe] + Good.minimize.utf8.flatMap { [$0, 0] }, line: 1, "UTF-8"),
    raw("empty", [], line: 1, "[system] has neither", "add file").alsoSaying("[potential] has no 'kind'"),
    raw("zero byte", Array(Good.minimize.utf8) + [0], line: 7, "not TOML"),
    raw("line ends of an old Macintosh", Good.minimize.utf8.map { $0 == 0x0a ? 0x0d : $0 }, line: 1, "not TOML"),
    raw("prose", Array("Please shear my glass.\n".utf8), line: 1, "not TOML"),
    raw("YAML", Array("system:\n  file: glass.data\n".utf8), line: 1, "not TOML"),
    raw("JSON", Array("{\"system\": {\"file\": \"glass.data\"}}\n".utf8), line: 1, "not TOML"),
    wrong("table left open", "minimize", Good.minimize, "[potential]", "[potential", line: 3, "not TOML"),
    wrong(
      "quotation mark left open", "minimize", Good.minimize, "\"polydisperse-ipl\"", "\"polydisperse-ipl", line: 4,
      "not TOML"),
    wrong(
      "word without quotes", "minimize", Good.minimize, "\"polydisperse-ipl\"", "polydisperse-ipl", line: 4,
      "strings need quotes"),
    wrong(
      "typographic quotes", "minimize", Good.minimize, "\"polydisperse-ipl\"", "“polydisperse-ipl”", line: 4,
      "strings need quotes"),
    wrong("comma for a point", "minimize", Good.minimize, "1e9", "0,5", line: 6, "not TOML"),
    wrong("number without its zero", "minimize", Good.minimize, "1e9", ".5", line: 6, "not TOML"),
    wrong("Fortran's exponent", "minimize", Good.minimize, "1e9", "1d-9", line: 6, "not TOML"),
    wrong("percent", "shear", Good.shear, "final_strain = 3e-3", "final_strain = 0.3%", line: 11, "not TOML"),
    wrong("a calculation", "shear", Good.shear, "1e-3\n", "1.0/1000\n", line: 10, "not TOML"),
    wrong("Python's truth", "shear", Good.measured, "every = 1", "profiles = True", line: 15, "not TOML"),
    wrong(
      "comma at the end of an inline table", "minimize", Good.minimize, "seed = 3 }", "seed = 3, }", line: 2, "comma"),
    wrong(
      "inline table over lines", "minimize", Good.minimize, "{ dimension = 2,", "{ dimension = 2,\n", line: 2,
      "not TOML"),
    wrong("colon for the equals sign", "minimize", Good.minimize, "kind =", "kind:", line: 4, "not TOML"),
    wrong("no value", "minimize", Good.minimize, "1e9", "", line: 6, "not TOML"),
    wrong("C++'s comment", "minimize", Good.minimize, "1e9", "1e9 // loose", line: 6, "not TOML"),
    extra("key twice", "minimize", Good.minimize, "force_tolerance = 1e-9", line: 7, "give each key and table once"),
    extra(
      "table twice", "minimize", Good.minimize, "[potential]\nkind = \"hertz\"", line: 7, "give each key and table once"
    ),
    extra(
      "table twice, once inline", "minimize", Good.minimize, "[system.generate]\nseed = 4", line: 7,
      "give each key and table once"),
    extra(
      "list of tables", "minimize", Good.minimize, "[[output]]\nevery = 2", line: 7, "'output' must be a table",
      "[output]"),
    extra(
      "key of many parts", "minimize", Good.minimize, Array(repeating: "a", count: 50).joined(separator: ".") + " = 1",
      line: 7, "not TOML"),
    extra(
      "number beyond 64 bits", "minimize", Good.minimize, "maximum_evaluations = 99999999999999999999", line: 7,
      "not TOML"),
    extra(
      "key before all tables", "minimize", "dimension = 2\n" + Good.minimize, "", line: 1, "stands outside of any table"
    ),
  ]

  static let names: [Mistake] = [
    wrong("misspelt key", "shear", Good.shear, "strain_step", "strian_step", line: 10, "did you mean 'strain_step'?")
      .alsoSaying("[loading] has no 'strain_step'"),
    wrong(
      "key in capitals", "minimize", Good.minimize, "force_tolerance", "Force_Tolerance", line: 6,
      "did you mean 'force_tolerance'?"),
    wrong(
      "key with a hyphen", "minimize", Good.minimize, "force_tolerance", "force-tolerance", line: 6,
      "did you mean 'force_tolerance'?"),
    wrong(
      "key in camel case", "minimize", Good.minimize, "force_tolerance", "forceTolerance", line: 6,
      "did you mean 'force_tolerance'?"),
    wrong(
      "American spelling", "minimize", Good.minimize, "[minimizer]", "[neighbors]\nskin = 0.3\n[minimizer]", line: 5,
      "did you mean 'neighbours'?"),
    wrong(
      "British spelling", "minimize", Good.minimize, "[minimizer]", "[minimiser]", line: 5,
      "did you mean 'minimizer'?"),
    wrong(
      "table in capitals", "minimize", Good.minimize, "[minimizer]", "[Minimizer]", line: 5, "did you mean 'minimizer'?"
    ),
    wrong(
      "table in the wrong place", "minimize", Good.minimize, "[minimizer]", "[system.minimizer]", line: 5,
      "unknown key 'minimizer' in [system]"),
    wrong(
      "key in the wrong table", "shear", Good.shear, "force_tolerance = 1e9",
      "force_tolerance = 1e9\nstrain_step = 1e-3", line: 7, "unknown key 'strain_step' in [minimizer]"),
    wrong(
      "misspelt word", "minimize", Good.minimize, "polydisperse-ipl", "polydisperse-ilp", line: 4,
      "did you mean 'polydisperse-ipl'?"),
    wrong(
      "word in capitals", "minimize", Good.lennardJones, "binary-lj", "Binary-LJ", line: 4,
      "did you mean 'binary-lj'?"),
    wrong(
      "word with an underscore", "shear", Good.shear, "simple-shear", "simple_shear", line: 8,
      "did you mean 'simple-shear'?"),
    wrong(
      "potential that does not exist", "minimize", Good.minimize, "polydisperse-ipl", "morse", line: 4,
      "the possibilities are", "hertz"),
    wrong(
      "mode that does not exist", "shear", Good.shear, "simple-shear", "torsion", line: 8, "the possibilities are",
      "dilation"),
    extra(
      "method that does not exist", "minimize", Good.minimize, "method = \"sd\"", line: 7, "the possibilities are",
      "fire"),
    wrong(
      "field that does not exist", "shear", Good.measured, "[\"d2min\"]", "[\"velocity\"]", line: 16,
      "the possibilities are", "stress"),
    wrong("field twice", "shear", Good.measured, "[\"d2min\"]", "[\"d2min\", \"d2min\"]", line: 16, "keep one of them"),
    wrong(
      "solver that does not exist", "expand", Good.expand, "tolerance = 1e-8", "solver = \"gmres\"", line: 11,
      "the possibilities are", "multigrid"),
    wrong(
      "distribution that does not exist", "epm", Good.epm, "thresholds = { distribution = \"weibull\"",
      "thresholds = { distribution = \"lognormal\"", line: 5, "the possibilities are", "gaussian"),
    // Of another command
    extra(
      "output of particles for epm", "epm", Good.epm, "[output]\nfields = [\"d2min\"]", line: 10,
      "'fields' in [output] has no effect on this command; remove it; it belongs to shear and flow"),
    extra(
      "profiles of a flow", "flow", Good.flow, "[output]\nprofiles = true", line: 18,
      "'profiles' in [output] has no effect on this command; remove it; it belongs to shear"),
  ]

  static let values: [Mistake] = [
    // Shapes
    wrong("number in quotes", "shear", Good.shear, "1e-3\n", "\"1e-3\"\n", line: 10, "remove the quotes"),
    wrong("truth in quotes", "shear", Good.shear, "plane", "backward = \"true\"\nplane", line: 9, "without quotes"),
    wrong("truth as a number", "shear", Good.shear, "plane", "backward = 1\nplane", line: 9, "write true or false"),
    wrong("count as a real", "minimize", Good.minimize, "particles = 200", "particles = 200.0", line: 2, "write 200"),
    wrong(
      "count with an exponent", "minimize", Good.minimize, "particles = 200", "particles = 2e2", line: 2, "write 200"),
    wrong(
      "number as an array", "shear", Good.shear, "strain_step = 1e-3", "strain_step = [1e-3]", line: 10,
      "must be a finite number, not the array [0.001]"),
    wrong(
      "table as an array", "minimize", Good.minimize, "{ dimension = 2, particles = 200, density = 0.86, seed = 3 }",
      "[2, 200, 0.86, 3]", line: 2, "must be a table"),
    wrong("table as a word", "shear", Good.cycles, "{ amplitude = 1e-3, count = 1 }", "3", line: 11, "must be a table"),
    wrong("word for an array", "shear", Good.measured, "[\"d2min\"]", "\"d2min\"", line: 16, "an array of strings"),
    wrong("array of words without quotes", "shear", Good.measured, "[\"d2min\"]", "[d2min]", line: 16, "not TOML"),
    wrong("axes as a list", "shear", Good.shear, "\"xy\"", "[\"x\", \"y\"]", line: 9, "two different axes out of xy"),
    wrong("path as a number", "shear", Good.file, "\"g.data\"", "7", line: 2, "put it in quotes"),
    wrong("empty path", "shear", Good.file, "\"g.data\"", "\"\"", line: 2, "path of a file"),
    wrong(
      "a date", "minimize", Good.minimize, "seed = 3", "seed = 2026-11-20", line: 2, "must be an integer, not a date"),
    // Signs, ranges, units
    wrong("step of the wrong sign", "shear", Good.shear, "1e-3\n", "-1e-3\n", line: 10, "greater than 0"),
    wrong("step in percent", "shear", Good.shear, "1e-3\n", "10\n", line: 10, "at most 1, a fraction"),
    wrong("step without measure", "shear", Good.shear, "1e-3\n", "1e300\n", line: 10, "at most 1, a fraction"),
    wrong(
      "matrix without measure", "shear", Good.matrix, "[[0, 1], [0, 0]]", "[[0, 1e300], [0, 0]]", line: 9,
      "at most 10"),
    wrong(
      "strain of a cavity in percent", "yieldmap", Good.yieldmap, "spacing = 4.0",
      "method = \"both\"\nmaximum_strain = 50",
      line: 10, "at most 1, a fraction"),
    wrong("no step", "shear", Good.shear, "1e-3\n", "0\n", line: 10, "greater than 0"),
    wrong("step that is not a number", "shear", Good.shear, "1e-3\n", "nan\n", line: 10, "never accepted"),
    wrong("infinite strain", "shear", Good.shear, "3e-3", "inf", line: 11, "never accepted"),
    wrong("strain of the wrong sign", "shear", Good.shear, "3e-3", "-3e-3", line: 11, "at least 0"),
    wrong("more steps than can be counted", "shear", Good.shear, "1e-3\n", "1e-30\n", line: 10, "take a larger step"),
    wrong(
      "amplitude of the wrong sign", "shear", Good.cycles, "amplitude = 1e-3", "amplitude = -1e-3", line: 11,
      "greater than 0"),
    wrong(
      "steps without end around a centre", "yieldmap", Good.yieldmap, "spacing = 4.0",
      "method = \"both\"\nstrain_step = 1e-12", line: 10, "1000000 steps are the most"),
    wrong("cycles without end", "shear", Good.cycles, "count = 1", "count = 100000000", line: 11, "at most 10000000"),
    wrong("no turning point", "shear", Good.shear, "final_strain = 3e-3", "turning_points = []", line: 11, "is empty"),
    wrong(
      "a turning point twice", "shear", Good.shear, "final_strain = 3e-3", "turning_points = [0.1, 0.1]", line: 11,
      "twice in a row"),
    wrong(
      "turning points as numbers with a unit", "shear", Good.shear, "final_strain = 3e-3",
      "turning_points = [\"10 %\"]", line: 11, "finite numbers"),
    wrong("no cycles", "shear", Good.cycles, "count = 1", "count = 0", line: 11, "at least 1"),
    wrong("four dimensions", "minimize", Good.minimize, "dimension = 2", "dimension = 4", line: 2, "2 or 3"),
    wrong("no particles", "minimize", Good.minimize, "particles = 200", "particles = 0", line: 2, "at least 1"),
    wrong(
      "too many particles", "minimize", Good.minimize, "particles = 200", "particles = 1000000000000", line: 2,
      "take fewer particles"),
    wrong("no density", "minimize", Good.minimize, "0.86", "0", line: 2, "greater than 0"),
    wrong("negative seed", "minimize", Good.minimize, "seed = 3", "seed = -3", line: 2, "at least 0"),
    wrong("no tolerance", "minimize", Good.minimize, "1e9", "0", line: 6, "greater than 0"),
    wrong("tolerance of the wrong sign", "minimize", Good.minimize, "1e9", "-1e-9", line: 6, "greater than 0"),
    wrong("tolerance that is no word", "minimize", Good.minimize, "1e9", "\"machine\"", line: 6, "\"floor\""),
    extra("no evaluations", "minimize", Good.minimize, "maximum_evaluations = 0", line: 7, "at least 1"),
    wrong(
      "odd exponent", "minimize", Good.minimize, "[minimizer]", "exponent = 9\n[minimizer]", line: 5, "an even number"),
    wrong(
      "cutoff of the wrong sign", "minimize", Good.minimize, "[minimizer]", "cutoff = -1.4\n[minimizer]", line: 5,
      "greater than 0"),
    wrong(
      "nonadditivity as a percentage", "minimize", Good.minimize, "[minimizer]", "nonadditivity = 10\n[minimizer]",
      line: 5, "less than 1"),
    wrong(
      "sizes the wrong way round", "minimize", Good.hertz, "maximum = 1.4", "maximum = 0.7", line: 5,
      "maximum must be greater than minimum"),
    wrong("negative size", "minimize", Good.hertz, "minimum = 1,", "minimum = -1,", line: 5, "greater than 0"),
    wrong(
      "no skin", "minimize", Good.minimize, "[minimizer]", "[neighbours]\nskin = 0\n[minimizer]", line: 6,
      "greater than 0"),
    wrong("no frames", "shear", Good.measured, "every = 1", "every = 0", line: 15, "at least 1"),
    wrong("no window", "shear", Good.measured, "window = 1e-3", "window = 0", line: 13, "greater than 0"),
    wrong(
      "radius of the wrong sign", "shear", Good.measured, "window = 1e-3", "radius = -2.5", line: 13, "greater than 0"),
    extra("checkpoints that are not kept", "minimize", Good.minimize, "[checkpoint]\nkeep = 0", line: 8, "at least 1"),
    extra(
      "checkpoints without end", "minimize", Good.minimize, "[checkpoint]\nevery_minutes = 1e-320", line: 8,
      "at least 0.01"),
    extra(
      "more checkpoints than a disk holds", "minimize", Good.minimize, "[checkpoint]\nkeep = 9223372036854775807",
      line: 8, "at most 10000"),
    extra(
      "no time between checkpoints", "minimize", Good.minimize, "[checkpoint]\nevery_minutes = 0", line: 8,
      "at least 0.01"),
    wrong("smallest step above the step", "shear", Good.events, "1e-4", "1e-2", line: 14, "less than strain_step"),
    wrong("no temperature", "prepare", Good.prepare, "[4.0, 3.0]", "[]", line: 8, "temperatures = [0.7, 0.4]"),
    wrong("temperature zero", "prepare", Good.prepare, "[4.0, 3.0]", "[4.0, 0]", line: 8, "greater than 0"),
    wrong("temperature in degrees", "prepare", Good.prepare, "[4.0, 3.0]", "[4.0, -3.0]", line: 8, "greater than 0"),
    wrong("temperature as a number", "prepare", Good.prepare, "[4.0, 3.0]", "4.0", line: 8, "an array of numbers"),
    wrong("too few sweeps", "prepare", Good.prepare, "sweeps = 20", "sweeps = 2", line: 9, "at least 20"),
    wrong(
      "swaps as a percentage", "prepare", Good.prepare, "burn_in = 5", "swap_fraction = 20", line: 10, "less than 1"),
    wrong("narrow blocks", "prepare", Good.prepare, "block = 1", "block = 0.5", line: 11, "at least 1"),
    wrong(
      "too many replicas", "prepare", Good.prepare, "burn_in = 5", "replicas = 100000", line: 10,
      "between 1 and 65535"),
    wrong(
      "tolerance below rounding", "expand", Good.expand, "tolerance = 1e-8", "tolerance = 1e-20", line: 11,
      "the rounding of numbers"),
    wrong(
      "sizes too far apart", "minimize", Good.minimize, "kind = \"polydisperse-ipl\"",
      "kind = \"polydisperse-ipl\"\nnonadditivity = 0.9", line: 5, "times the difference of the sizes"),
    wrong(
      "events below the resolution", "shear", Good.events, "smallest_step = 1e-4", "smallest_step = 1e-16", line: 14,
      "at least 1e-13"),
    wrong(
      "steps without number", "shear", Good.shear, "final_strain = 3e-3", "final_strain = 1e9", line: 10,
      "take a larger step, or less strain"),
    wrong("negative number of modes", "expand", Good.expand, "tolerance = 1e-8", "modes = -1", line: 11, "at least 0"),
    wrong("no radius", "yieldmap", Good.yieldmap, "radius = 3.0", "radius = 0", line: 8, "at least 1"),
    wrong(
      "no direction", "yieldmap", Good.yieldmap, "spacing = 4.0", "directions = []", line: 9,
      "at least one of forward, backward"),
    wrong(
      "direction that does not exist", "yieldmap", Good.yieldmap, "spacing = 4.0", "directions = [\"up\"]", line: 9,
      "the possibilities are forward, backward"),
    wrong(
      "stiffness of the wrong sign", "yieldmap", Good.yieldmap, "spacing = 4.0", "matrix_stiffness = -1", line: 9,
      "at least 0"),
    wrong("one dimension", "epm", Good.epm, "[16, 16]", "[16]", line: 2, "two or three whole numbers"),
    wrong("one number for a shape", "epm", Good.epm, "[16, 16]", "16", line: 2, "shape = [64, 64]"),
    wrong("real blocks", "epm", Good.epm, "[16, 16]", "[16.0, 16.0]", line: 2, "whole numbers"),
    wrong(
      "one block", "epm", Good.epm, "[16, 16]", "[16, 1]", line: 2, "each at least 2",
      "but element 2 of the array [16, 1] is the integer 1"),
    wrong("eigenstrain of the wrong sign", "epm", Good.epm, "0.065", "-0.065", line: 3, "greater than 0"),
    wrong(
      "modulus as a number", "epm", Good.epm, "{ initial = 1.0, renewed = 0.9 }", "1.0", line: 4, "must be a table"),
    wrong("modulus zero", "epm", Good.epm, "renewed = 0.9", "renewed = 0", line: 4, "greater than 0"),
    wrong(
      "threshold of the wrong sign", "epm", Good.epm, "mean = 0.08 }\nrenewal", "mean = -0.08 }\nrenewal", line: 5,
      "greater than 0"),
    wrong(
      "lattice strain of the wrong sign", "epm", Good.epm, "final_strain = 0.1", "final_strain = -0.1", line: 7,
      "greater than 0"),
    wrong(
      "more samples than can be kept", "epm", Good.epm, "sample_strain = 0.05", "sample_strain = 1e-12", line: 8,
      "take a larger one"),
    wrong(
      "steady after the end", "epm", Good.epm, "sample_strain = 0.05", "steady_from = 1.0", line: 8, "must be less"),
    wrong(
      "range of a fit the wrong way round", "epm", Good.epm, "sample_strain = 0.05", "residual_fit = [0.1, 0.003]",
      line: 8, "two ascending numbers"),
    wrong("modulus in pascals", "epm", Good.epm, "initial = 1.0", "initial = 70e9", line: 4, "in reduced units"),
    wrong(
      "thresholds without measure", "epm", Good.epm, "mean = 0.08 }\nrenewal", "mean = 1e-300 }\nrenewal", line: 5,
      "in reduced units"),
    wrong(
      "exponent of thresholds without measure", "epm", Good.epm, "shape = 2.0, mean = 0.08 }\nrenewal",
      "shape = 1e-300, mean = 0.08 }\nrenewal", line: 5, "between 0.1 and 1000"),
    wrong(
      "lattice strain without measure", "epm", Good.epm, "final_strain = 0.1\nsample_strain = 0.05",
      "final_strain = 1e300\nsample_strain = 1e299", line: 7, "in reduced units"),
    wrong("no realisations", "epm", Good.epm, "sample_strain = 0.05", "realisations = 0", line: 8, "between 1 and"),
    wrong(
      "edges that do not ascend", "epm", Good.epm, "{ distribution = \"weibull\", shape = 2.0, mean = 0.08 }\nrenewal",
      "{ distribution = \"histogram\", edges = [0, 2, 1], weights = [1, 1] }\nrenewal", line: 5,
      "from the lowest to the highest"),
    wrong(
      "as many weights as edges", "epm", Good.epm, "{ distribution = \"weibull\", shape = 2.0, mean = 0.08 }\nrenewal",
      "{ distribution = \"histogram\", edges = [0, 1], weights = [1, 1] }\nrenewal", line: 5,
      "one edge more than weights"),
    wrong(
      "weights that are all 0", "epm", Good.epm, "{ distribution = \"weibull\", shape = 2.0, mean = 0.08 }\nrenewal",
      "{ distribution = \"histogram\", edges = [0, 1, 2], weights = [0, 0] }\nrenewal", line: 5, "greater than 0"),
    wrong(
      "no samples", "epm", Good.epm, "{ distribution = \"weibull\", shape = 2.0, mean = 0.08 }\nrenewal",
      "{ distribution = \"samples\", values = [] }\nrenewal", line: 5, "values"),
    wrong("no coupling", "meanfield", Good.meanfield, "0.3", "0", line: 3, "greater than 0"),
    wrong("coupling of the wrong sign", "meanfield", Good.meanfield, "0.3", "-0.3", line: 3, "greater than 0"),
    wrong("coupling beyond measure", "meanfield", Good.meanfield, "0.3", "1001", line: 3, "at most 1000"),
    wrong("no couplings", "meanfield", Good.meanfield, "0.3", "[]", line: 3, "'alpha'"),
    wrong("one coupling of the wrong sign", "meanfield", Good.meanfield, "0.3", "[0.3, -1]", line: 3, "element 2"),
    wrong("rate zero", "meanfield", Good.meanfield, "[0.01, 0.1]", "[0, 0.1]", line: 4, "greater than 0"),
    wrong("rate of the wrong sign", "meanfield", Good.meanfield, "[0.01, 0.1]", "[-0.1]", line: 4, "greater than 0"),
    wrong("no rates", "meanfield", Good.meanfield, "[0.01, 0.1]", "[]", line: 4, "rates"),
    wrong("rates that descend", "meanfield", Good.meanfield, "[0.01, 0.1]", "[0.1, 0.01]", line: 4, "do not ascend"),
    wrong("equal rates", "meanfield", Good.meanfield, "[0.01, 0.1]", "[0.1, 0.1]", line: 4, "do not ascend"),
    wrong("negative weight", "meanfield", Good.creep, "[1, 2]", "[1, -2]", line: 6, "at least 0"),
    wrong("no weight", "meanfield", Good.creep, "[1, 2]", "[0, 0]", line: 6, "are all 0"),
    wrong("as many stresses as weights", "meanfield", Good.creep, "[1, 2]", "[1, 2, 3]", line: 6, "one edge more"),
    wrong(
      "initial edges that do not ascend", "meanfield", Good.creep, "[-0.5, 0.0, 0.5]", "[-0.5, 0.5, 0.5]", line: 6,
      "its edges ascend"),
    wrong("creep at no number", "meanfield", Good.creep, "stress = 0.5", "stress = nan", line: 4, "finite number"),
    wrong("creep without end", "meanfield", Good.creep, "= 1.0", "= inf", line: 5, "finite number"),
    wrong("two couplings in a transient", "meanfield", Good.creep, "0.3", "[0.3, 0.4]", line: 3, "only flow curves"),
    wrong(
      "rates of a creep", "meanfield", Good.creep, "samples = 2", "rates = [0.1]", line: 7,
      "no effect on protocol = \"creep\""),
    wrong(
      "cycles of a flow curve", "meanfield", Good.meanfield, "alpha = 0.3", "alpha = 0.3\ncycles = 3", line: 4,
      "no effect on protocol = \"flow-curve\""),
    wrong(
      "moduli of few samples", "meanfield", Good.oscillation, "samples = 20", "samples = 19", line: 8,
      "between 20 and"),
    wrong("few bins", "meanfield", Good.creep, "bins = 50", "bins = 49", line: 8, "between 50 and"),
    wrong("fewer stresses than rates", "meanfield", Good.fit, ", 5.26]", "]", line: 3, "4 rates and 3 stresses"),
    wrong(
      "coupling of a fit", "meanfield", Good.fit, "measured", "alpha = 0.3\nmeasured", line: 3, "no effect on a fit"),
    extra(
      "exponent of Lévy noise", "meanfield", Good.meanfield, "noise = { kind = \"levy\", exponent = 2, cutoff = 1 }",
      line: 5, "less than 2"),
    extra(
      "cut-offs the wrong way round", "meanfield", Good.meanfield,
      "noise = { kind = \"levy\", exponent = 1, cutoff = 1, lower_cutoff = 1 }", line: 5, "it must be less"),
    extra(
      "exponent of constant yielding", "meanfield", Good.meanfield, "yielding_exponent = 1", line: 5, "no effect"),
    extra(
      "fraction above 1", "meanfield", Good.meanfield, "relaxation = { kind = \"fraction\", fraction = 1.1 }", line: 5,
      "at most 1"),
    extra("classes without thresholds", "meanfield", Good.meanfield, "threshold_classes = 8", line: 5, "no effect"),
    wrong("runs as a word", "bands", Good.bands, "[\"epm\"]", "\"epm\"", line: 2, "runs = [\"runs/a\""),
    wrong("no runs", "bands", Good.bands, "[\"epm\"]", "[]", line: 2, "an array of folders, not the empty array []"),
    wrong(
      "edges below zero", "epm", Good.epm, "{ distribution = \"weibull\", shape = 2.0, mean = 0.08 }\nrenewal",
      "{ distribution = \"histogram\", edges = [-0.1, 1], weights = [1] }\nrenewal", line: 5,
      "but element 1 of the array [-0.1, 1] is the number -0.1"),
    wrong(
      "matrix of three dimensions", "shear", Good.matrix, "[[0, 1], [0, 0]]", "[[0, 1, 0], [0, 0, 0], [0, 0, 0]]",
      line: 9, "2 × 2 finite numbers",
      "but element 1 of the array [[0, 1, 0], [0, 0, 0], [0, 0, 0]] is the array [0, 1, 0]"),
    wrong(
      "matrix of one row", "shear", Good.matrix, "[[0, 1], [0, 0]]", "[[0, 1]]", line: 9, "2 × 2 finite numbers",
      "not the array [[0, 1]]"),
    wrong(
      "number without its zero in quotes", "minimize", Good.minimize, "0.86", "\".86\"", line: 2,
      "must be a finite number", "write 0.86"),
    wrong("no bins", "bands", Good.bands, "bin = 1", "bin = 0", line: 3, "at least 1"),
    wrong("half a bin", "bands", Good.bands, "bin = 1", "bin = 1.5", line: 3, "a whole number of bins"),
    wrong(
      "fit the wrong way round", "bands", Good.bands, "bin = 1", "fit = [3.0, 0.3]", line: 3, "two ascending strains"),
    wrong(
      "source that does not exist", "bands", Good.bands, "bin = 1", "source = \"stress\"", line: 3,
      "the possibilities are"),
  ]

  static let combinations: [Mistake] = [
    // Missing
    wrong(
      "no potential", "minimize", Good.minimize, "kind = \"polydisperse-ipl\"", "", line: 3, "has no 'kind'", "add kind"
    ),
    wrong("no seed of particles", "minimize", Good.minimize, ", seed = 3", "", line: 2, "has no 'seed'", "no default"),
    wrong("no seed of a preparation", "prepare", Good.prepare, "seed = 7", "", line: 7, "has no 'seed'", "no default"),
    wrong(
      "no particles at all", "minimize", Good.minimize,
      "generate = { dimension = 2, particles = 200, density = 0.86, seed = 3 }", "", line: 1,
      "neither 'file' nor 'generate'"),
    wrong("no dimension", "minimize", Good.minimize, "dimension = 2, ", "", line: 2, "has no 'dimension'"),
    wrong(
      "no strain step", "shear", Good.shear, "strain_step = 1e-3", "", line: 7, "has no 'strain_step'", "no default"),
    wrong("no end", "shear", Good.shear, "final_strain = 3e-3", "", line: 7, "has no 'final_strain'", "cycles"),
    wrong("no plane", "shear", Good.pureShear, "plane = \"xy\"", "", line: 7, "has no 'plane'"),
    wrong("no axis", "shear", Good.uniaxial, "axis = \"y\"", "", line: 7, "has no 'axis'"),
    wrong("no matrix", "shear", Good.matrix, "matrix = [[0, 1], [0, 0]]", "", line: 7, "has no 'matrix'"),
    wrong("half a cycle", "shear", Good.cycles, ", count = 1", "", line: 11, "has no 'count'"),
    wrong(
      "no sizes of soft spheres", "minimize", Good.hertz, "sizes = { exponent = 0, minimum = 1, maximum = 1.4 }", "",
      line: 3, "has no 'sizes'"),
    wrong(
      "no temperatures", "prepare", Good.prepare, "temperatures = [4.0, 3.0]", "", line: 7, "has no 'temperatures'"),
    wrong("no shape", "epm", Good.epm, "shape = [16, 16]", "", line: 1, "has no 'shape'"),
    wrong("no eigenstrain", "epm", Good.epm, "eigenstrain = 0.065", "", line: 1, "has no 'eigenstrain'"),
    wrong("half a modulus", "epm", Good.epm, ", renewed = 0.9", "", line: 4, "has no 'renewed'"),
    wrong(
      "half a distribution", "epm", Good.epm, "shape = 2.0, mean = 0.08 }\nrenewal", "shape = 2.0 }\nrenewal", line: 5,
      "has no 'mean'"),
    wrong("no end of a lattice", "epm", Good.epm, "final_strain = 0.1", "", line: 1, "has no 'final_strain'"),
    wrong("no final stress", "epm", Good.stress, "final_stress = 0.05", "", line: 1, "has no 'final_stress'"),
    wrong("no folders", "bands", Good.bands, "runs = [\"epm\"]", "", line: 1, "has no 'runs'"),
    // Two ways at once
    wrong(
      "two sources", "minimize", Good.minimize, "[potential]", "file = \"g.data\"\n[potential]", line: 2,
      "keep one of them"),
    wrong(
      "two ends", "shear", Good.shear, "final_strain = 3e-3",
      "final_strain = 3e-3\ncycles = { amplitude = 1e-3, count = 1 }", line: 11, "keep one of them"),
    wrong(
      "two ends of a lattice", "epm", Good.epm, "final_strain = 0.1",
      "final_strain = 0.1\ncycles = { amplitude = 0.1, count = 1 }", line: 7, "keep one of them"),
    wrong(
      "two kinds of thresholds", "epm", Good.epm, "{ distribution = \"weibull\", shape = 2.0, mean = 0.08 }\nrenewal",
      "{ distribution = \"weibull\", shape = 2.0, mean = 0.08, file = \"a.h5\" }\nrenewal", line: 5,
      "no effect with distribution"),
    wrong(
      "stress without its control", "epm", Good.stress, "control = \"stress\"", "", line: 8, "no effect on control"),
    wrong(
      "cycles of stress", "epm", Good.stress, "final_stress = 0.05\nfinal_strain = 0.5",
      "cycles = { amplitude = 0.1, count = 1 }", line: 8, "cycles' are of strain"),
    // Without effect
    wrong(
      "plane of a dilation", "shear", Good.dilation, "strain_step", "plane = \"xy\"\nstrain_step", line: 10,
      "no effect on mode"),
    wrong(
      "axis of a shear", "shear", Good.shear, "strain_step", "axis = \"x\"\nstrain_step", line: 10,
      "belongs to mode uniaxial"),
    wrong(
      "plane of a matrix", "shear", Good.matrix, "strain_step", "plane = \"xy\"\nstrain_step", line: 10,
      "no effect on mode"),
    wrong(
      "dimension of generated particles", "minimize", Good.minimize, "[potential]", "dimension = 2\n[potential]",
      line: 3, "belongs to a file"),
    wrong(
      "frame of generated particles", "minimize", Good.minimize, "[potential]", "frame = 0\n[potential]", line: 3,
      "belongs to a file"),
    wrong(
      "cutoff of soft spheres", "minimize", Good.hertz, "[minimizer]", "cutoff = 1\n[minimizer]", line: 6,
      "up to contact"),
    wrong(
      "sizes of a file", "shear", Good.file, "[minimizer]", "sizes = { minimum = 1 }\n[minimizer]", line: 5,
      "brings their sizes"),
    wrong(
      "sizes of species", "minimize", Good.lennardJones, "[minimizer]", "sizes = { minimum = 1 }\n[minimizer]", line: 5,
      "remove it"),
    wrong(
      "truncation of a power law", "minimize", Good.minimize, "[minimizer]", "truncation = \"plain\"\n[minimizer]",
      line: 5, "belongs to binary-lj"),
    wrong(
      "step of events without events", "shear", Good.events, "adaptive = true", "", line: 14, "add adaptive = true"),
    wrong(
      "prediction without events", "shear", Good.events, "adaptive = true\nsmallest_step = 1e-4", "prediction = true",
      line: 13, "set adaptive = true"),
    extra(
      "window of sizes for species", "prepare",
      Good.prepare.replacing("0.86", with: "1.2").replacing("polydisperse-ipl", with: "binary-lj"), "size_window = 0.2",
      line: 14, "no effect on species"),
    wrong(
      "curves of an expansion", "yieldmap", Good.yieldmap, "spacing = 4.0", "curves = true", line: 9, "frozen-matrix"),
    wrong(
      "eigenvalues of a frozen matrix", "yieldmap", Good.yieldmap, "spacing = 4.0",
      "method = \"frozen-matrix\"\nlowest_eigenvalue = true", line: 10, "expansion"),
    wrong(
      "directions of a frozen matrix", "yieldmap", Good.yieldmap, "spacing = 4.0",
      "method = \"frozen-matrix\"\norientations = 4", line: 10, "expansion"),
    wrong(
      "spacing of particles", "yieldmap", Good.yieldmap, "spacing = 4.0", "spacing = 4.0\ncentres = \"particles\"",
      line: 9, "belongs to centres = \"grid\""),
    wrong(
      "shell of a rigid matrix", "yieldmap", Good.yieldmap, "spacing = 4.0", "matrix_shell = 2", line: 9,
      "give matrix_stiffness a number"),
    wrong(
      "strains of a cavity the wrong way round", "yieldmap", Good.yieldmap, "spacing = 4.0",
      "method = \"both\"\nmaximum_strain = 1e-4", line: 10, "at least strain_step"),
    // What only the particles, or other files, can tell
    wrong("axis that does not exist", "shear", Good.uniaxial, "\"y\"", "\"z\"", line: 9, "one axis out of xy"),
    wrong("axis of no space", "shear", Good.shear, "\"xy\"", "\"xw\"", line: 9, "two different axes"),
    wrong("one axis twice", "shear", Good.pureShear, "\"xy\"", "\"xx\"", line: 9, "two different axes"),
    wrong(
      "matrix of another dimension", "shear", Good.matrix, "[[0, 1], [0, 0]]", "[[0, 1, 0], [0, 0, 0], [0, 0, 0]]",
      line: 9, "2 × 2"),
    wrong("matrix of zeros", "shear", Good.matrix, "[[0, 1], [0, 0]]", "[[0, 0], [0, 0]]", line: 9, "not all 0"),
    wrong("matrix in one row", "shear", Good.matrix, "[[0, 1], [0, 0]]", "[0, 1, 0, 0]", line: 9, "row by row"),
    wrong(
      "axis that the file does not have", "shear", Good.file, "\"xy\"", "\"xz\"", line: 9, "axis z does not exist",
      "x and y"),
    wrong(
      "matrix that does not fit the file", "shear", Good.file, "mode = \"simple-shear\"\nplane = \"xy\"",
      "mode = \"matrix\"\nmatrix = [[0, 1, 0], [0, 0, 0], [0, 0, 0]]", line: 9, "dimension 2"),
    wrong(
      "box that is too small", "minimize", Good.minimize, "particles = 200", "particles = 20", line: 2,
      "box is too small", "more particles"),
    wrong(
      "cutoff beyond the box", "minimize", Good.minimize, "[minimizer]", "cutoff = 5\n[minimizer]", line: 2,
      "box is too small"),
    wrong(
      "skin beyond the box", "minimize", Good.minimize, "[minimizer]", "[neighbours]\nskin = 9\n[minimizer]", line: 2,
      "smaller skin"),
    wrong(
      "box of a file that is too small", "shear", Good.file, "[minimizer]", "[neighbours]\nskin = 9\n[minimizer]",
      line: 2, "smaller skin"),
    wrong(
      "species that the potential does not know", "shear", Good.file.replacing("polydisperse-ipl", with: "binary-lj"),
      "g.data", "types.data", line: 4, "3 types", "2 species", "take a"),
    wrong("file without sizes", "shear", Good.file, "g.data", "types.data", line: 4, "no diameters", "Atoms # sphere"),
    wrong(
      "window of sizes beyond the sizes", "prepare", Good.prepare, "burn_in = 5", "size_window = 3", line: 10,
      "take at most"),
    wrong(
      "nothing to swap", "prepare",
      Good.prepare.replacing("[minimizer]", with: "sizes = { minimum = 1, maximum = 1.0000000000000002 }\n[minimizer]"),
      "burn_in = 5", "burn_in = 5", line: 8, "size_window"),
    wrong(
      "blocks beyond the box", "prepare", Good.prepare, "block = 1", "block = 20", line: 11, "smaller prepare.block"),
    wrong(
      "more modes than there are", "expand", Good.expand, "tolerance = 1e-8", "modes = 100000", line: 11,
      "ask for fewer"),
    wrong(
      "cavity beyond the box", "yieldmap", Good.yieldmap, "radius = 3.0", "radius = 50", line: 8,
      "smaller yieldmap.radius"),
    wrong("very close nodes", "yieldmap", Good.yieldmap, "spacing = 4.0", "spacing = 1e-9", line: 9, "at least 0.1"),
    wrong("very small blocks", "yieldmap", Good.yieldmap, "spacing = 4.0", "block = 1e-9", line: 9, "at least 0.1"),
    wrong("very small cavities", "yieldmap", Good.yieldmap, "radius = 3.0", "radius = 1e-3", line: 8, "at least 1"),
    wrong(
      "very steep sizes", "minimize", Good.hertz, "exponent = 0,", "exponent = 1e300,", line: 5,
      "between -100 and 100"),
    wrong(
      "nodes beyond the box", "yieldmap", Good.yieldmap, "spacing = 4.0", "spacing = 400", line: 9,
      "wider than the box", "smaller"),
    wrong(
      "blocks of a map beyond the box", "yieldmap", Good.yieldmap, "spacing = 4.0", "block = 400", line: 9,
      "wider than the box", "smaller"),
    wrong(
      "D²min beyond the box", "shear", Good.measured, "window = 1e-3", "window = 1e-3\nradius = 100", line: 14,
      "smaller d2min.radius"),
    wrong(
      "step of time that is unstable", "flow", Good.flow, "time_step = 0.005", "mass = 0.002\ntime_step = 0.025",
      line: 13,
      "largest stable step is", "a quarter of it is accurate"),
    wrong(
      "overdamped step that is unstable", "flow", Good.flow, "time_step = 0.005",
      "dynamics = \"overdamped\"\ntime_step = 0.025", line: 13, "largest stable step is"),
    wrong(
      "overdamped pairs", "flow", Good.flow, "damping = 1.0",
      "damping = 1.0\nfriction = \"pairwise\"\ndynamics = \"overdamped\"", line: 12, "explicit method",
      "set friction = \"substrate\""),
    wrong(
      "pairs that stick together", "flow", Good.flow, "damping = 1.0", "damping = 1e5\nfriction = \"pairwise\"",
      line: 11, "smaller damping or step"),
    wrong(
      "flow along an axis that the file does not have", "flow", Good.flowingFile, "damping = 1.0",
      "damping = 1.0\nplane = \"xz\"", line: 12, "axis z does not exist"),
    wrong(
      "block of a flow beyond the box", "flow", Good.flow, "block = 5.0", "block = 50.0", line: 16,
      "larger than the box", "the nearest sides that fit are"),
    wrong(
      "block of a flow that does not fit", "flow", Good.flow, "block = 5.0", "block = 6.2", line: 16,
      "no whole number of blocks", "the nearest sides that fit are"),
    // The upright box is wide enough, and the tilted one is not.
    wrong(
      "D²min of a flow beyond the box", "flow", Good.flow, "lag = 0.4", "lag = 0.4\nradius = 7.0", line: 16,
      "smaller flow.measure.radius"),
    wrong("lattice beyond the memory", "epm", Good.epm, "[16, 16]", "[1000000, 1000000]", line: 2, "a smaller shape"),
    wrong(
      "thresholds of a file that is not there", "epm", Good.epm,
      "{ distribution = \"weibull\", shape = 2.0, mean = 0.08 }\nrenewal",
      "{ file = \"no.h5\", dataset = \"Y\" }\nrenewal", line: 5, "no.h5"),
    wrong(
      "thresholds of another lattice", "epm", Good.epm.replacing("[16, 16]", with: "[16, 18]"),
      "{ distribution = \"weibull\", shape = 2.0, mean = 0.08 }\nrenewal",
      "{ file = \"epm/epm.h5\", dataset = \"stress\" }\nrenewal", line: 5, "asks for"),
    wrong(
      "thresholds that are not there", "epm", Good.epm,
      "{ distribution = \"weibull\", shape = 2.0, mean = 0.08 }\nrenewal",
      "{ file = \"epm/epm.h5\", dataset = \"Y\" }\nrenewal", line: 5, "there is no dataset 'Y'"),
    wrong(
      "one dataset for several realisations", "epm", Good.epm + "realisations = 2\n",
      "{ distribution = \"weibull\", shape = 2.0, mean = 0.08 }\nrenewal",
      "{ file = \"epm/epm.h5\", dataset = \"stress\" }\nrenewal", line: 5, "draw them from a distribution"),
    wrong(
      "run that is not there", "bands", Good.bands, "[\"epm\"]", "[\"no\"]", line: 2, "neither epm.h5 nor shear.h5"),
    wrong("strain beyond the run", "bands", Good.bands, "bin = 1", "strain = 7.0", line: 3, "the run ends at strain"),
    wrong("too few bins", "bands", Good.bands, "bin = 1", "bin = 10", line: 3, "fewer than four bins"),
    wrong("D²min of a lattice", "bands", Good.bands, "bin = 1", "source = \"d2min\"", line: 2, "set bands.source"),
  ]

  static let mistakes = text + names + values + combinations

  /// What the commands read beside their config.
  private static func prepared() throws -> TestFolder {
    let folder = try TestFolder()
    try folder.file("g.data", Samples.lammps())
    try folder.file("types.data", Samples.lammps(style: "atomic", types: 3))
    try folder.file("epm.toml", Good.epm)
    _ = try run("epm", folder.file("epm.toml"), in: folder.file("epm"))
    return folder
  }

  private static func run(_ command: String, _ config: String, in run: String) throws -> Int32 {
    try Athermal.run([command, config, "--output", run], over: try MessagePassing.startForTests())
  }

  /// The configs that the mistakes are made in have none. Also with the line ends and the mark of other editors.
  @Test func goodConfigsRun() throws {
    let folder = try Self.prepared()
    for (number, (command, text)) in Good.all.enumerated() {
      try folder.file("a.toml", text)
      #expect(try Self.run(command, folder.file("a.toml"), in: folder.file("run\(number)")) == 0, "\(command) \(text)")
    }
    for (number, text) in ["\u{feff}" + Good.minimize, Good.minimize.replacing("\n", with: "\r\n")].enumerated() {
      try folder.file("a.toml", text)
      #expect(try Self.run("minimize", folder.file("a.toml"), in: folder.file("other\(number)")) == 0)
    }
  }

  /// Fails if a mistake is accepted, computed with, blamed on another line, or reported with another one.
  @Test func mistakesAreRefused() throws {
    let folder = try Self.prepared()
    #expect(Self.mistakes.count >= 100 && Set(Self.mistakes.map(\.name)).count == Self.mistakes.count)
    for (number, mistake) in Self.mistakes.enumerated() {
      let path = folder.file("a.toml")
      try Data(mistake.bytes).write(to: URL(fileURLWithPath: path))
      let run = folder.file("run\(number)")
      do {
        _ = try Self.run(mistake.command, path, in: run)
        Issue.record("\(mistake.name): accepted")
      } catch let failure as Failure {
        let report = "\(mistake.name): \(failure.kind): \(failure.message)"
        #expect(failure.kind == .input && failure.agreedRank != nil, "\(report)")
        let lines = failure.message.split(separator: "\n")
        #expect(lines.contains { $0.hasPrefix("\(path):\(mistake.line):") }, "\(report)")
        #expect(lines.count == mistake.messages, "\(report)")
        for words in mistake.says { #expect(failure.message.contains(words), "'\(words)' is missing; \(report)") }
      }
      let left = (try? FileManager.default.contentsOfDirectory(atPath: run)) ?? []
      #expect(!left.contains { $0.hasSuffix(".h5") }, "\(mistake.name): \(left)")
    }
  }
}

extension WrongConfigTests.Mistake {
  /// A mistake that is two: a misspelt key is also a missing one.
  fileprivate func alsoSaying(_ words: String) -> Self {
    var other = self
    other.says.append(words)
    other.messages = 2
    return other
  }
}
