import Testing

@testable import Configuration

/// Each kind of mistake is reported at its place and with a hint.
struct ProblemTests {
  /// One mistake, and what the only message about it must begin and end with.
  struct Mistake: CustomTestStringConvertible, Sendable {
    let text: String
    let begins: String
    let ends: String
    var testDescription: String { begins }

    init(_ passage: String, _ replacement: String, begins: String, ends: String) {
      text = correct(passage, becomes: replacement)
      self.begins = begins
      self.ends = ends
    }

    /// A mistake in lines added at the end, of which the first is line 12.
    init(adding lines: String, begins: String, ends: String) {
      text = correct + lines
      self.begins = begins
      self.ends = ends
    }
  }

  static let step = "strain_step = 1e-3"
  static let file = "file = \"glass.data\""
  static let plane = "mode = \"simple-shear\"\nplane = \"xy\""

  static let mistakes: [Mistake] = [
    // Names
    .init(
      "strain_step", "strian_step = 1\nstrain_step", begins: "10:1: unknown key 'strian_step' in [loading]",
      ends: "; did you mean 'strain_step'?"),
    .init(
      adding: "[neighbours]\nwidth = 1", begins: "13:1: unknown key 'width' in [neighbours]",
      ends: "; its keys are skin"),
    .init(
      adding: "[neighbors]\nskin = 1", begins: "12:2: unknown table [neighbors]", ends: "; did you mean 'neighbours'?"),
    .init(
      adding: "[checkpoint]\nkeep = 0", begins: "13:8: 'keep' in [checkpoint] is 0",
      ends: "at least 1 and at most 10000"),
    .init(adding: "[colours]\nred = 1", begins: "12:2: unknown table [colours]", ends: ", checkpoint"),
    .init(
      "[system]", "skin = 1\n[system]", begins: "1:1: key 'skin' stands outside of any table", ends: ", checkpoint"),
    .init(
      adding: "[output]\nbonds = true", begins: "13:1: 'bonds' in [output] has no effect on this command",
      ends: "; remove it; it belongs to measure and expand"),
    .init(
      adding: "[output]\ntrajectory = false\nevery = 2",
      begins: "14:1: 'every' in [output] has no effect on trajectory = false",
      ends: "; remove it; it belongs to the trajectory"),
    .init(
      adding: "[d2min]\nradius = 2\n[output]\nprofiles = false",
      begins: "12:1: [d2min] has no effect where neither profiles nor fields are written that need D²min",
      ends: "or remove the table"),
    .init(
      adding: "[[output]]", begins: "12:1: 'output' must be a table, not the array [",
      ends: "; write its keys below a line [output]"),
    // Types
    .init(
      step, "strain_step = \"1e-3\"",
      begins: "10:15: 'strain_step' in [loading] must be a finite number, not the string \"1e-3\"",
      ends: "; remove the quotes"),
    .init(
      adding: "[output]\nevery = 10.0", begins: "13:9: 'every' in [output] must be an integer, not the number 10.0",
      ends: "; write 10"),
    .init(
      adding: "[output]\nevery = 2.5", begins: "13:9: 'every' in [output] must be an integer",
      ends: "; only whole numbers make sense here"),
    .init(
      adding: "[output]\nprofiles = 1",
      begins: "13:12: 'profiles' in [output] must be true or false, not the integer 1", ends: "without quotes"),
    .init(
      adding: "[output]\nfields = \"d2min\"", begins: "13:10: 'fields' in [output] must be an array of strings",
      ends: "plastic-count"),
    .init(
      adding: "[output]\nfields = [\"d2mim\"]", begins: "13:10: 'fields' in [output] holds \"d2mim\"",
      ends: "; did you mean 'd2min'?"),
    .init(
      adding: "[output]\nfields = [\"force\", \"force\"]", begins: "13:10: 'fields' in [output] holds \"force\" twice",
      ends: "; keep one of them"),
    .init(
      file, "file = 2024-01-01",
      begins: "2:8: 'file' in [system] must be the path of a file of particles, not a date or time",
      ends: "; put it in quotes"),
    .init(
      adding: "[minimizer]\nmethod = \"fier\"", begins: "13:10: 'method' in [minimizer] is \"fier\"",
      ends: "; did you mean 'fire'?"),
    .init(
      "\"polydisperse-ipl\"", "\"yukawa\"", begins: "5:8: 'kind' in [potential] is \"yukawa\"",
      ends: "binary-lj, harmonic, hertz"),
    .init(
      adding: "[minimizer]\nforce_tolerance = \"flor\"",
      begins: "13:19: 'force_tolerance' in [minimizer] must be \"floor\" or a number greater than 0", ends: "1e-10"),
    .init(
      adding: "unconverged = \"ignore\"",
      begins: "12:15: 'unconverged' in [loading] is \"ignore\", which does not exist",
      ends: "; the possibilities are refuse, accept"),
    .init(
      adding: "unconverged = \"accept\"\n[events]\nadaptive = true",
      begins: "14:12: 'adaptive' in [events] needs steps that converge, and 'unconverged' in [loading] is \"accept\"",
      ends: "; keep one of them"),
    // Ranges
    .init(
      step, "strain_step = 0", begins: "10:15: 'strain_step' in [loading] is 0.0", ends: "at most 1, a fraction"),
    .init(
      step, "strain_step = nan", begins: "10:15: 'strain_step' in [loading] must be a finite number",
      ends: "; infinity and NaN are never accepted"),
    .init(
      step, "strain_step = -inf", begins: "10:15: 'strain_step' in [loading] must be a finite number",
      ends: "; infinity and NaN are never accepted"),
    .init(
      step, "strain_step = 1e-30", begins: "10:15: 'strain_step' in [loading] is 1e-30, which needs",
      ends: "100000000 steps are the most"),
    .init(
      "final_strain = 0.1", "final_strain = -0.1", begins: "11:16: 'final_strain' in [loading] is -0.1",
      ends: "; it must be at least 0"),
    .init(
      "final_strain = 0.1", "cycles = { amplitude = 0, count = 1 }",
      begins: "11:24: 'amplitude' in [loading.cycles] is 0.0", ends: "; it must be greater than 0"),
    .init(
      "final_strain = 0.1", "cycles = { amplitude = 0.1, count = 0 }",
      begins: "11:37: 'count' in [loading.cycles] is 0", ends: "; it must be at least 1 and at most 10000000"),
    .init(
      adding: "[neighbours]\nskin = 0", begins: "13:8: 'skin' in [neighbours] is 0.0",
      ends: "; it must be greater than 0"),
    .init(
      adding: "[minimizer]\nforce_tolerance = 0", begins: "13:19: 'force_tolerance' in [minimizer] must be",
      ends: "1e-10"),
    .init(
      adding: "[minimizer]\nmaximum_evaluations = 0", begins: "13:23: 'maximum_evaluations' in [minimizer] is 0",
      ends: "; it must be at least 1 and at most 1000000000000"),
    .init(
      adding: "[d2min]\nwindow = 0", begins: "13:10: 'window' in [d2min] is 0.0", ends: "; it must be greater than 0"),
    .init(
      adding: "[d2min]\nradius = -1", begins: "13:10: 'radius' in [d2min] is -1.0",
      ends: "; it must be greater than 0"),
    .init(
      adding: "[d2min]\nthreshold = 0", begins: "13:13: 'threshold' in [d2min] is 0.0",
      ends: "; it must be greater than 0"),
    .init(
      adding: "[events]\ndisplacement = 0\nadaptive = true", begins: "13:16: 'displacement' in [events] is 0.0",
      ends: "; it must be greater than 0"),
    .init(
      adding: "[events]\nsmallest_step = 1e-3\nadaptive = true",
      begins: "13:17: 'smallest_step' in [events] is 0.001 and 'strain_step' in [loading] is 0.001",
      ends: "; smallest_step must be less than strain_step"),
    .init(
      adding: "[output]\nevery = 0", begins: "13:9: 'every' in [output] is 0",
      ends: "; it must be at least 1 and at most 1000000000000"),
    .init(
      "\"polydisperse-ipl\"", "\"polydisperse-ipl\"\nnonadditivity = 1",
      begins: "6:17: 'nonadditivity' in [potential] is 1.0", ends: "less than 1"),
    .init(
      "\"polydisperse-ipl\"", "\"polydisperse-ipl\"\nexponent = 0", begins: "6:12: 'exponent' in [potential] is 0",
      ends: "; it must be an even number between 2 and 100"),
    .init(file, "\(file)\ndimension = 4", begins: "3:13: 'dimension' in [system] is 4", ends: "; it must be 2 or 3"),
    .init(
      file, "[system.generate]\ndimension = 2\nparticles = 0\ndensity = 1\nseed = 1",
      begins: "4:13: 'particles' in [system.generate] is 0", ends: "; it must be at least 1 and at most 1000000000000"),
    .init(
      file, "[system.generate]\ndimension = 2\nparticles = 1e4\ndensity = 1\nseed = 1",
      begins: "4:13: 'particles' in [system.generate] must be an integer", ends: "; write 10000"),
    .init(
      file, "[system.generate]\ndimension = 2\nparticles = 1\ndensity = 0\nseed = 1",
      begins: "5:11: 'density' in [system.generate] is 0.0", ends: "; it must be greater than 0"),
    .init(
      file, "[system.generate]\ndimension = 2\nparticles = 1\ndensity = 1\nseed = -1",
      begins: "6:8: 'seed' in [system.generate] is -1", ends: "; it must be at least 0"),
    .init(
      file, "generate = { dimension = 2, particles = 1, density = 1, seed = 1 }\n[potential.sizes]\nmaximum = 1",
      begins: "4:11: 'maximum' in [potential.sizes] is 1.0 and 'minimum' is 1.0",
      ends: "; maximum must be greater than minimum"),
    // Missing keys: the place is the table's
    .init(file, "", begins: "1:1: [system] has neither 'file' nor 'generate'", ends: "seed = … }"),
    .init(
      file, "generate = { dimension = 2, particles = 1, density = 1 }",
      begins: "2:12: [system.generate] has no 'seed'; add seed",
      ends: "no default because the seed is part of the result"),
    .init(
      "kind = \"polydisperse-ipl\"", "", begins: "4:1: [potential] has no 'kind'; add kind", ends: "harmonic, hertz"),
    .init(step, "", begins: "7:1: [loading] has no 'strain_step'; add strain_step", ends: "part of the result"),
    .init("mode = \"simple-shear\"", "", begins: "7:1: [loading] has no 'mode'; add mode", ends: "dilation, matrix"),
    .init("plane = \"xy\"", "", begins: "7:1: [loading] has no 'plane'", ends: "its gradient along y"),
    .init("final_strain = 0.1", "", begins: "7:1: [loading] has no 'final_strain'", ends: "count = … }"),
    // Combinations
    .init(
      file, "\(file)\ngenerate = { dimension = 2, particles = 1, density = 1, seed = 1 }",
      begins: "3:12: [system] has both 'file' and 'generate'", ends: "; keep one of them"),
    .init(
      file, "dimension = 2\ngenerate = { dimension = 2, particles = 1, density = 1, seed = 1 }",
      begins: "2:1: 'dimension' in [system] belongs to a file", ends: "from [system.generate]"),
    .init(
      "final_strain = 0.1", "final_strain = 0.1\ncycles = { amplitude = 0.1, count = 1 }",
      begins: "11:1: 'final_strain' in [loading] contradicts 'cycles'",
      ends: "; keep one of them; cycles end at zero strain"),
    .init(
      "mode = \"simple-shear\"", "mode = \"dilation\"",
      begins: "9:1: 'plane' in [loading] has no effect on mode = \"dilation\"", ends: "simple-shear and pure-shear"),
    .init(
      plane, "\(plane)\naxis = \"x\"", begins: "10:1: 'axis' in [loading] has no effect on mode",
      ends: "mode uniaxial"),
    .init(
      plane, "\(plane)\nmatrix = [[0, 1], [0, 0]]", begins: "10:1: 'matrix' in [loading] has no effect on mode",
      ends: "mode matrix"),
    .init(
      "plane = \"xy\"", "plane = \"xx\"", begins: "9:9: 'plane' in [loading] must be two different axes out of xyz",
      ends: "its gradient along y"),
    .init(
      "plane = \"xy\"", "plane = \"xyz\"", begins: "9:9: 'plane' in [loading] must be two different axes",
      ends: "its gradient along y"),
    .init(
      plane, "mode = \"matrix\"\nmatrix = [[0, 1], [0]]", begins: "9:10: 'matrix' in [loading] must be 2 × 2 or 3 × 3",
      ends: "[0, 0]]"),
    .init(
      plane, "mode = \"matrix\"\nmatrix = [[0, 0], [0, 0]]",
      begins: "9:10: 'matrix' in [loading] must be 2 × 2 or 3 × 3", ends: "[0, 0]]"),
    .init(
      plane, "mode = \"matrix\"\nmatrix = [[0, nan], [0, 0]]",
      begins: "9:10: 'matrix' in [loading] must be 2 × 2 or 3 × 3 finite", ends: "[0, 0]]"),
    .init(
      "\"polydisperse-ipl\"", "\"harmonic\"\ncutoff = 1",
      begins: "6:1: 'cutoff' in [potential] has no effect on kind = \"harmonic\"", ends: "interact up to contact"),
    .init(
      "\"polydisperse-ipl\"", "\"binary-lj\"\nsmoothing = 3",
      begins: "6:1: 'smoothing' in [potential] has no effect on kind = \"binary-lj\"",
      ends: "polydisperse-ipl and bidisperse-ipl"),
    .init(
      "\"polydisperse-ipl\"", "\"bidisperse-ipl\"\nnonadditivity = 0.1",
      begins: "6:1: 'nonadditivity' in [potential] has no effect", ends: "polydisperse-ipl"),
    .init(
      "\"polydisperse-ipl\"", "\"hertz\"\ntruncation = \"plain\"",
      begins: "6:1: 'truncation' in [potential] has no effect", ends: "binary-lj"),
    .init(
      "\"polydisperse-ipl\"", "\"polydisperse-ipl\"\nsizes = {}",
      begins: "6:1: 'sizes' in [potential] needs generated particles", ends: "brings their sizes"),
    .init(
      step, "\"a\\nb\" = 1\nstrain_step = 1e-3", begins: "10:1: unknown key 'a b' in [loading]",
      ends: """
        ; its keys are mode, plane, axis, matrix, strain_step, turning_points, backward, final_strain, cycles, \
        unconverged
        """),
    // Not TOML; in the first two an assertion of toml++ used to end the process
    .init(step, "strain_step = # later", begins: "10:", ends: "numbers, true and false do not"),
    .init(adding: "[[[output]]]", begins: "12:", ends: "numbers, true and false do not"),
    .init(step, "strain_step = 1e-3\nstrain_step = 1e-4", begins: "11:", ends: "; give each key and table once"),
    .init(step, "strain_step = fast", begins: "10:", ends: "; strings need quotes; numbers, true and false do not"),
    .init(step, "strain_step = 1e-3 # \u{1}", begins: "10:", ends: "numbers, true and false do not"),
  ]

  // Fails if the mistake is accepted, reported elsewhere or more than once, or loses its hint.
  @Test(arguments: mistakes)
  func isReportedOnceAtItsPlaceWithAHint(mistake: Mistake) throws {
    let messages = problems(mistake.text)
    #expect(messages.count == 1, "\(messages)")
    let message = try #require(messages.first)
    #expect(message.hasPrefix("/runs/a.toml:" + mistake.begins), "\(message)")
    #expect(message.hasSuffix(mistake.ends), "\(message)")
  }

  // Fails if an axis outside of a plane system, or a matrix of another dimension, gets through.
  @Test func axesFitTheDimension() {
    let twoDimensional = correct("file = \"glass.data\"", becomes: "file = \"glass.data\"\ndimension = 2")
    #expect(
      problems(twoDimensional.replacing("\"xy\"", with: "\"xz\"")).first?
        .contains("a.toml:10:9: 'plane' in [loading] must be two different axes out of xy, not") == true)
    let matrix = twoDimensional.replacing(
      "mode = \"simple-shear\"\nplane = \"xy\"",
      with: "mode = \"matrix\"\nmatrix = [[0, 1, 0], [0, 0, 0], [0, 0, 0]]")
    #expect(problems(matrix).first?.contains("a.toml:10:10: 'matrix' in [loading] must be 2 × 2 finite") == true)
    #expect(problems(matrix.replacing("dimension = 2", with: "dimension = 3")).isEmpty)
  }

  // Fails if a mistake in one section hides that values of other sections do not fit to it.
  @Test func dependentMistakesAreReportedTogether() {
    let text =
      correct("file = \"glass.data\"", becomes: "generate = { dimension = 2, particles = 1, density = 1 }")
      .replacing("plane = \"xy\"", with: "plane = \"xz\"") + "[events]\nsmallest_step = 1\nadaptive = true\n"
    let messages = problems(text)
    #expect(messages.count == 3, "\(messages)")
    #expect(messages.first?.contains("has no 'seed'") == true)
    #expect(messages.dropFirst().first?.contains("a.toml:9:9: 'plane'") == true)
    #expect(messages.last?.contains("a.toml:13:17: 'smallest_step'") == true)
  }

  // Fails if the parser calls itself for each part of a key, or looks for each key from the first one on: the first
  // overflowed the stack, the second took half a minute for the second text.
  @Test func longTextsTakeTheirTimeOnly() throws {
    let deep = "a" + String(repeating: ".a", count: 200_000)
    for text in [deep + " = 1\n", "[\(deep)]\n", "x = { \(deep) = 1 }\n", "x = [\n{ \(deep) = 1 }]\n"] {
      #expect(problems(text).first?.contains("a key of more than 32 parts") == true)
    }
    let nested = "x = " + String(repeating: "[", count: 1000) + String(repeating: "]", count: 1000) + "\n"
    #expect(problems(nested).first?.contains("nested value depth") == true)
    // Dots of strings, comments and numbers are not those of keys.
    let dots = String(repeating: ".", count: 100)
    let harmless = "# \(dots)\n[output] # \(dots)\nevery = 1 # '\(dots)\n"
    #expect(problems(correct + harmless).isEmpty)
    #expect(
      problems(correct + "[output]\nfields = ['\(dots)', \"\"\"\\\"\n\(dots)\"\"\"]\n").allSatisfy {
        $0.contains("which does not exist")
      })

    let many = (0..<100_000).map { "k\($0) = 0.5\n" }.joined()
    let messages = problems(correct + "[output]\n" + many)
    #expect(messages.count == 101)
    #expect(messages.last == "/runs/a.toml: 99900 more problems")
    // A word of a megabyte is neither compared with every key nor repeated.
    let long = String(repeating: "k", count: 1_000_000)
    let short = try #require(problems(correct + "[output]\n\(long) = \"\(long)\"\n").first)
    #expect(short.utf8.count < 300, "\(short.utf8.count)")
  }

  // Fails if the first problem hides the others, or if they do not come in the order of the text.
  @Test func allProblemsAreReportedInOrder() {
    let text = """
      [output]
      evry = 1
      [potential]
      cutoff = -1
      [loading]
      plane = "xy"
      strain_step = "a"
      [system]
      dimension = 5
      [colour]
      """
    let places = problems(text, ["neighbours.skin=0", "minimizer.speed=1"]).map {
      $0.components(separatedBy: ": ").first!
    }
    #expect(
      places == [
        "/runs/a.toml:2:1", "/runs/a.toml:3:1", "/runs/a.toml:4:10", "/runs/a.toml:5:1", "/runs/a.toml:5:1",
        "/runs/a.toml:7:15", "/runs/a.toml:8:1", "/runs/a.toml:9:13", "/runs/a.toml:10:2", "--set neighbours.skin",
        "--set minimizer.speed",
      ])
  }

  // Fails if a bad override is ignored, or blamed on the file.
  @Test(arguments: [
    ("loading.strian_step=1", "--set loading.strian_step: unknown key", "; did you mean 'strain_step'?"),
    (
      "loading.strain_step=.01", "--set loading.strain_step: 'strain_step' in [loading] must be a finite number",
      "; write 0.01"
    ),
    ("output.every=05", "--set output.every: 'every' in [output] must be an integer", "; write 5"),
    ("d2min.radius=+2.", "--set d2min.radius: 'radius' in [d2min] must be a finite number", "; write 2.0"),
    (
      "loading.strain_step=fast", "--set loading.strain_step: 'strain_step' in [loading] must be a finite number",
      "1e-3"
    ),
    (
      "loading.strain_step=-1", "--set loading.strain_step: 'strain_step' in [loading] is -1.0", "at most 1, a fraction"
    ),
    ("skin=1", "--set skin: 'skin=1' does not set a key of a table", "; write --set table.key=value"),
    ("neighbours.skin", "--set neighbours.skin: 'neighbours.skin' does not set", "; write --set table.key=value"),
    ("neighbours.skin=", "--set neighbours.skin: 'neighbours.skin=' does not set", "; write --set table.key=value"),
    ("neighbours..skin=1", "--set neighbours..skin: ", "; write --set table.key=value"),
    ("potential.kind.name=1", "--set potential.kind.name: it sets a key inside the string", "; only tables have keys"),
    ("output.fields=[d2min]", "--set output.fields: [d2min] is not a TOML value", "need quotes"),
    ("neighbours.skin=1\nother=2", "--set neighbours.skin: more than one value", "one --set for each key"),
    ("colour.red=1", "--set colour.red: unknown table [colour]", ", checkpoint"),
    ("system.generate.seed=1", "--set system.generate.seed: [system] has both", "keep one of them"),
  ])
  func badOverridesAreReported(override: String, begins: String, ends: String) {
    let messages = problems(correct, [override])
    #expect(messages.contains { $0.hasPrefix(begins) && $0.hasSuffix(ends) }, "\(messages)")
    #expect(messages.allSatisfy { $0.hasPrefix("--set ") }, "\(messages)")
  }
}
