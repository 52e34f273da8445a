import Testing

@testable import Configuration

/// What configurations of `flow` mean, and which are refused.
struct FlowTests {
  static let system = "generate = { dimension = 2, particles = 100, density = 1.2, seed = 1 }"
  /// The shortest correct configuration; its line numbers are used below.
  static let correct = """
    [system]
    \(system)
    [potential]
    kind = "binary-lj"
    [flow]
    rates = [1e-2, 1e-3]
    strain = 1.0
    damping = 1.0
    time_step = 0.005

    """
  static let implicit = correct.replacing("time_step = 0.005", with: "integrator = \"implicit\"")
  static let melt = "melt = { temperature = 1.0, time = 50.0, cooling_time = 20.0 }\nseed = 3\n"
  static let relaxation = implicit.replacing("[1e-2, 1e-3]", with: "[0.0]").replacing(
    "strain = 1.0", with: "time = 500.0")
  static let overdamped = correct + "dynamics = \"overdamped\"\n"
  static let file = correct.replacing(system, with: "file = \"glass.data\"")

  // Fails if a default departs from the documented one.
  @Test func defaultsAreTheDocumentedOnes() throws {
    let flow = try parse(Self.correct, as: FlowSections.self).flow
    #expect(flow.deformation == .simpleShear(flow: 0, gradient: 1))
    #expect(flow.driving == .shear(.init(rates: [1e-2, 1e-3], strain: 1, discard: 0.2, from: .previous)))
    let motion = flow.motion
    #expect(motion.dynamics == .langevin && motion.friction == .substrate && !motion.sllod)
    #expect(motion.damping == 1 && motion.mass == 1 && motion.temperature == 0)
    #expect(flow.integrator == FlowIntegrator(implicitBelow: 0, timeStep: 0.005, tolerance: 1e-4))
    #expect(flow.melt == nil && flow.replicas == 1 && flow.seed == nil)
    let measure = flow.measure
    #expect(measure.every == 1 && measure.block == 6 && measure.smallBlock == 2 && measure.lag == 4)
    #expect(measure.threshold == 0.1 && measure.radius == 2.5 && measure.correlationTime == 20)
    #expect(measure.differenceTime == nil && measure.fitWindow == nil && measure.yieldSnapshots == 0)
    let output = try parse(Self.correct, as: FlowSections.self).output
    #expect(!output.trajectory && output.fields == [] && !output.overwrite)
    let implicit = FlowIntegrator(implicitBelow: .infinity, timeStep: nil, tolerance: 1e-4)
    #expect(try parse(Self.implicit, as: FlowSections.self).flow.integrator == implicit)
  }

  // Fails if a value is read from another key.
  @Test func givenValuesAreRead() throws {
    let text = """
      [system]
      generate = { dimension = 3, particles = 100, density = 1.2, seed = 1 }
      [potential]
      kind = "binary-lj"
      [flow]
      rates = [1e-3, 1e-2]
      plane = "zx"
      strain = 2.0
      discard = 0.5
      from = "start"
      dynamics = "langevin"
      friction = "pairwise"
      sllod = true
      damping = 3.0
      mass = 2.0
      temperature = 0.1
      integrator = "verlet"
      time_step = 0.004
      melt = { temperature = 1.5, time = 60.0, cooling_time = 0.0 }
      replicas = 4
      seed = 7
      [flow.measure]
      every = 0.5
      block = 5.0
      small_block = 1.5
      lag = 3.0
      threshold = 0.2
      radius = 2.0
      correlation_time = 12.0
      difference_time = 40.0
      fit_window = [1, 10.0]
      yield_snapshots = 5
      [output]
      trajectory = true
      every = 7
      fields = ["velocity", "d2min"]
      """
    let sections = try parse(text, as: FlowSections.self)
    let flow = sections.flow
    #expect(flow.deformation == .simpleShear(flow: 2, gradient: 0))
    #expect(flow.driving == .shear(.init(rates: [1e-3, 1e-2], strain: 2, discard: 0.5, from: .start)))
    #expect(flow.driving.shortestMeasuredTime == 150 && flow.driving.longestTime == 2000)
    let motion = flow.motion
    #expect(motion.friction == .pairwise && motion.sllod && motion.damping == 3 && motion.mass == 2)
    #expect(motion.temperature == 0.1 && flow.integrator.timeStep == 0.004 && flow.integrator.implicitBelow == 0)
    let melt = try #require(flow.melt)
    #expect(melt.temperature == 1.5 && melt.time == 60 && melt.coolingTime == 0)
    #expect(flow.replicas == 4 && flow.seed == 7)
    let measure = flow.measure
    #expect(measure.every == 0.5 && measure.block == 5 && measure.smallBlock == 1.5 && measure.lag == 3)
    #expect(measure.threshold == 0.2 && measure.radius == 2 && measure.correlationTime == 12)
    #expect(measure.differenceTime == 40 && measure.fitWindow == 1...10 && measure.yieldSnapshots == 5)
    #expect(
      sections.output.trajectory && sections.output.every == 7 && sections.output.fields == ["velocity", "d2min"])
  }

  // Fails if a way of flowing that exists is refused.
  @Test func otherWaysAreAccepted() throws {
    func flow(_ text: String) throws -> FlowSection { try parse(text, as: FlowSections.self).flow }
    #expect(try flow(Self.relaxation).driving == .relaxation(time: 500))
    #expect(try flow(Self.overdamped + "temperature = 0.1\nseed = 1\n").motion.dynamics == .overdamped)
    #expect(try flow(Self.overdamped + Self.melt).melt != nil)
    #expect(try flow(Self.correct.replacing("damping = 1.0", with: "damping = 0.0")).motion.damping == 0)
    // Random positions follow from the seed of the system, as those of replicas of a preparation.
    #expect(try flow(Self.correct + "replicas = 3\n").seed == nil)
    // A sweep down and up again.
    let loop = Self.correct.replacing("[1e-2, 1e-3]", with: "[1e-2, 1e-3, 1e-2]")
    #expect(problems(loop, as: FlowSections.self).isEmpty)
    // A melt is explicit, whatever the flow is.
    let melted = try flow(Self.implicit + "time_step = 0.004\n" + Self.melt)
    #expect(melted.integrator == FlowIntegrator(implicitBelow: .infinity, timeStep: 0.004, tolerance: 1e-4))
    // Slow rates alone in implicit steps.
    let mixed = try flow(Self.correct + "implicit_below = 5e-3\ntolerance = 1e-3\n").integrator
    #expect(mixed == FlowIntegrator(implicitBelow: 5e-3, timeStep: 0.005, tolerance: 1e-3))
    #expect(!mixed.isImplicit(rate: 1e-2) && mixed.isImplicit(rate: 1e-3))
    // 0.3 is a hundred steps of 0.003, though no number of the computer is.
    let rounded = Self.correct.replacing("0.005", with: "0.003") + "[flow.measure]\nevery = 0.3\nlag = 3.9\n"
    #expect(problems(rounded, as: FlowSections.self).isEmpty)
  }

  // Fails if [minimizer] passes for used where particles flow as they are, or for unused where it is not.
  @Test func unusedMinimizersAreNamed() throws {
    func unused(_ text: String) throws -> [String] {
      try parse(text + "[minimizer]\nmethod = \"fire\"\n", as: FlowSections.self).unused
    }
    #expect(try unused(Self.file) == ["minimizer"])
    #expect(try unused(Self.correct) == [])
    #expect(try unused(Self.file + "[flow.measure]\nyield_snapshots = 1\n") == [])
    #expect(try unused(Self.implicit.replacing(Self.system, with: "file = \"glass.data\"")) == [])
  }

  /// One mistake, and what the only message about it must begin and end with.
  struct Mistake: CustomTestStringConvertible, Sendable {
    let text: String
    let begins: String
    let ends: String
    var testDescription: String { begins }

    init(
      _ passage: String, _ replacement: String, in base: String = FlowTests.correct, begins: String, ends: String
    ) {
      precondition(base.ranges(of: passage).count == 1, "'\(passage)' must occur once")
      text = base.replacing(passage, with: replacement)
      self.begins = begins
      self.ends = ends
    }

    /// A mistake in lines added at the end, of which the first is line 10.
    init(adding lines: String, to base: String = FlowTests.correct, begins: String, ends: String) {
      text = base + lines
      self.begins = begins
      self.ends = ends
    }
  }

  static let driving: [Mistake] = [
    .init("rates = [1e-2, 1e-3]\n", "", begins: "5:1: [flow] has no 'rates'", ends: "in their order"),
    .init("[1e-2, 1e-3]", "[]", begins: "6:9: 'rates' in [flow] is empty", ends: "at least one rate"),
    .init("[1e-2, 1e-3]", "[-1e-2]", begins: "6:9: 'rates' in [flow] must be an array", ends: "in their order"),
    .init("[1e-2, 1e-3]", "[1e-2, 0.0]", begins: "6:9: 'rates' in [flow] holds 0 beside", ends: "a run of its own"),
    .init(
      "[1e-2, 1e-3]\nstrain = 1.0", "[5.0]\nstrain = 500.0",
      begins: "6:9: 'rates' in [flow] holds 5.0, a strain of 0.025", ends: "is the most"),
    .init("[1e-2, 1e-3]", "[1e-15]", begins: "6:9: 'rates' in [flow] must be an array", ends: "in their order"),
    .init(
      "strain = 1.0\ndamping = 1.0\ntime_step = 0.005", "strain = 10.0\ndamping = 1.0\ntime_step = 1e-9",
      begins: "6:9: 'rates' in [flow] holds 0.001, which needs 1e+13 steps", ends: "are the most"),
    .init(
      "[1e-2, 1e-3]", "[1e-10]", in: implicit, begins: "5:1: 'every' in [flow.measure] is 1.0, which makes 1e+10 rows",
      ends: "at one rate"),
    .init(
      "[1e-2, 1e-3]", "[1e-2, 1e-2]\nfrom = \"start\"", begins: "6:9: 'rates' in [flow] holds a rate twice",
      ends: "\"previous\""),
    .init("strain = 1.0\n", "", begins: "5:1: [flow] has no 'strain'", ends: "at each rate"),
    .init(
      "strain = 1.0", "strain = 0.1", begins: "7:10: 'discard' in [flow] is 0.2 and 'strain' is 0.1", ends: "there"),
    .init(adding: "discard = 1.0", begins: "10:11: 'discard' in [flow] is 1.0 and", ends: "measurements begin there"),
    .init(adding: "time = 5.0", begins: "10:1: 'time' in [flow] has no effect on a flow", ends: "each rate ends"),
    .init(adding: "plane = \"xz\"", begins: "10:9: 'plane' in [flow] must be two different axes out of xy", ends: "y"),
    .init(
      "time = 500.0", "strain = 1.0\ntime = 500.0", in: relaxation,
      begins: "7:1: 'strain' in [flow] has no effect on rates = [0.0]", ends: "give 'time'"),
    .init(
      adding: "from = \"start\"", to: relaxation, begins: "10:1: 'from' in [flow] has no effect on rates = [0.0]",
      ends: "give 'time'"),
    .init("time = 500.0\n", "", in: relaxation, begins: "5:1: [flow] has no 'time'", ends: "the particles relax"),
    .init(
      "integrator = \"implicit\"", "time_step = 0.005", in: relaxation,
      begins: "6:9: 'rates' in [flow] is [0.0], relaxation at fixed strain", ends: "rates greater than 0"),
    .init(
      adding: "[flow.measure]\nyield_snapshots = 1", to: relaxation,
      begins: "11:1: 'yield_snapshots' in [flow.measure] has no effect on rates = [0.0]", ends: "a steady flow"),
  ]

  static let motion: [Mistake] = [
    .init("damping = 1.0\n", "", begins: "5:1: [flow] has no 'damping'", ends: "the flow depends on it"),
    .init("damping = 1.0", "damping = -1.0", begins: "8:11: 'damping' in [flow] is -1.0", ends: "or 0 for no drag"),
    .init(
      "damping = 1.0", "damping = 0.0", in: overdamped, begins: "8:11: 'damping' in [flow] is 0.0",
      ends: "balance of drag and force"),
    .init(
      "damping = 1.0", "damping = 0.0", in: correct + melt, begins: "8:11: 'damping' in [flow] is 0.0",
      ends: "the noise of the drag"),
    .init(
      "damping = 1.0", "damping = 0.0", in: implicit, begins: "8:11: 'damping' in [flow] is 0.0",
      ends: "which must die out"),
    .init(
      "damping = 1.0", "damping = 0.0\nfriction = \"pairwise\"",
      begins: "9:1: 'friction' in [flow] has no effect on damping = 0", ends: "or give a damping"),
    .init(
      adding: "mass = 2.0", to: overdamped, begins: "11:1: 'mass' in [flow] has no effect on dynamics",
      ends: "is 'damping' there"),
    .init(
      adding: "sllod = true", to: overdamped, begins: "11:1: 'sllod' in [flow] has no effect on dynamics",
      ends: "it is no force"),
    .init(
      adding: "friction = \"pairwise\"", to: overdamped, begins: "11:12: 'friction' in [flow] is \"pairwise\"",
      ends: "or dynamics = \"langevin\""),
    .init(
      "damping = 1.0", "damping = 1e4\nfriction = \"pairwise\"", begins: "8:11: 'damping' in [flow] is 10000.0",
      ends: "is the most"),
    .init(adding: "mass = 0.0", begins: "10:8: 'mass' in [flow] is 0.0", ends: "in reduced units"),
    .init(adding: "friction = \"fluid\"", begins: "10:12: 'friction' in [flow] is \"fluid\"", ends: "pairwise"),
    .init(
      adding: "temperature = -0.1\nseed = 1", begins: "10:15: 'temperature' in [flow] is -0.1", ends: "at least 0"),
    .init(
      adding: "temperature = 0.1\nseed = 1", to: implicit, begins: "10:15: 'temperature' in [flow] makes noise",
      ends: "temperature = 0.0"),
  ]

  static let steps: [Mistake] = [
    .init("time_step = 0.005\n", "", begins: "5:1: [flow] has no 'time_step'", ends: "customary"),
    .init("0.005", "0.0", begins: "9:13: 'time_step' in [flow] is 0.0", ends: "in reduced units"),
    .init(
      adding: "time_step = 0.005", to: implicit, begins: "10:1: 'time_step' in [flow] has no effect on integrator",
      ends: "a step of its own"),
    .init(
      adding: melt, to: implicit, begins: "5:1: [flow] has no 'time_step'; add time_step = … of the melt",
      ends: "customary"),
    .init(adding: "tolerance = 1e-4", begins: "10:1: 'tolerance' in [flow] has no effect", ends: "give implicit_below"),
    .init(
      adding: "implicit_below = 1e-3", begins: "10:18: 'implicit_below' in [flow] is 0.001, and no rate is below it",
      ends: "take a larger one"),
    .init(
      adding: "implicit_below = 0.1", begins: "10:18: 'implicit_below' in [flow] is 0.1, and all rates are below it",
      ends: "integrator = \"implicit\" in its place"),
    .init(
      adding: "implicit_below = 1e-3", to: implicit, begins: "10:1: 'implicit_below' in [flow] has no effect",
      ends: "that are not below it"),
    .init(
      adding: "implicit_below = 2e-3\ntemperature = 0.1\nseed = 1",
      begins: "11:15: 'temperature' in [flow] makes noise", ends: "temperature = 0.0"),
    .init(adding: "tolerance = 0.5", to: implicit, begins: "10:13: 'tolerance' in [flow] is 0.5", ends: "of length"),
    .init(
      ", cooling_time = 20.0", "", in: correct + melt,
      begins: "10:8: [flow.melt] has no 'cooling_time'", ends: "of the flow"),
    .init(
      "temperature = 1.0", "temperature = 0.5", in: correct + melt + "temperature = 0.5",
      begins: "10:24: 'temperature' in [flow.melt] is 0.5, and that of the flow is 0.5", ends: "hotter than the flow"),
    .init("seed = 3\n", "", in: correct + melt, begins: "5:1: [flow] has no 'seed'", ends: "part of the result"),
    .init(adding: "temperature = 0.1", begins: "5:1: [flow] has no 'seed'", ends: "part of the result"),
    .init(adding: "seed = 1", begins: "10:1: 'seed' in [flow] has no effect", ends: "the seed of [system.generate]"),
    .init(adding: "replicas = 0", begins: "10:12: 'replicas' in [flow] is 0", ends: "between 1 and 65535"),
    .init(
      adding: "replicas = 2", to: file, begins: "10:12: 'replicas' in [flow] is 2, and nothing in them would differ",
      ends: "or take one"),
  ]

  private static func measure(_ lines: String, begins: String, ends: String) -> Mistake {
    .init(adding: "[flow.measure]\n" + lines, begins: begins, ends: ends)
  }

  static let measurement: [Mistake] = [
    measure(
      "every = 0.503", begins: "11:9: 'every' in [flow.measure] is 0.503", ends: "take for example every = 0.505"),
    measure(
      "every = 0.001", begins: "11:9: 'every' in [flow.measure] is 0.001", ends: "take for example every = 0.005"),
    .init("0.005", "0.003", begins: "5:1: 'every' in [flow.measure] is 1.0, and 'time_step'", ends: "every = 0.999"),
    measure(
      "every = 20.0\nlag = 40.0", begins: "11:9: 'every' in [flow.measure] is 20.0, and", ends: "less flow.discard"),
    measure(
      "lag = 4.5", begins: "11:7: 'lag' in [flow.measure] is 4.5 and 'every' is 1.0", ends: "take for example lag = 5"),
    measure("every = 3.0", begins: "11:9: 'lag' in [flow.measure] is 4.0 and 'every' is 3.0", ends: "lag = 3"),
    measure(
      "lag = 100.0", begins: "11:7: 'lag' in [flow.measure] reaches to 100.0, and at the fastest rate 80 units",
      ends: "less flow.discard"),
    measure("correlation_time = 90.0", begins: "11:20: 'correlation_time' in [flow.measure] reaches", ends: "discard"),
    measure("difference_time = 90.0", begins: "11:19: 'difference_time' in [flow.measure] reaches", ends: "discard"),
    measure("fit_window = [1.0, 90.0]", begins: "11:14: 'fit_window' in [flow.measure] reaches", ends: "discard"),
    measure("fit_window = [5.0, 1.0]", begins: "11:14: 'fit_window' in [flow.measure] is not two", ends: "the second"),
    measure("fit_window = [5.0]", begins: "11:14: 'fit_window' in [flow.measure] is not two", ends: "the second"),
    measure(
      "difference_time = 10.0\nfit_window = [1.0, 20.0]", begins: "12:14: 'fit_window' in [flow.measure] ends at 20.0",
      ends: "a longer difference_time"),
    measure("small_block = 7.0", begins: "11:15: 'small_block' in [flow.measure] is 7.0 and", ends: "at most block"),
    measure("threshold = 0", begins: "11:13: 'threshold' in [flow.measure] is 0.0", ends: "in reduced units"),
    measure("yield_snapshots = 90", begins: "11:19: 'yield_snapshots' in [flow.measure] is 90", ends: "at one row"),
    measure("w = 6.0", begins: "11:1: unknown key 'w' in [flow.measure]", ends: "yield_snapshots"),
    .init(
      adding: "[flow.measure]\nlag = 1000.0", to: relaxation,
      begins: "11:7: 'lag' in [flow.measure] reaches to 1000.0, and in the run 500 units", ends: "a longer flow.time"),
    .init(
      adding: "[output]\nevery = 5", begins: "11:1: 'every' in [output] has no effect on trajectory = false",
      ends: "or remove it"),
    .init(
      adding: "[output]\nprofiles = true", begins: "11:1: 'profiles' in [output] has no effect on this command",
      ends: "it belongs to shear"),
  ]

  // Fails if the mistake is accepted, reported elsewhere or more than once, or loses its hint.
  @Test(arguments: driving + motion + steps + measurement)
  func isReportedOnceAtItsPlaceWithAHint(mistake: Mistake) throws {
    let messages = problems(mistake.text, as: FlowSections.self)
    #expect(messages.count == 1, "\(messages)")
    let message = try #require(messages.first)
    #expect(message.hasPrefix("/runs/a.toml:" + mistake.begins), "\(message)")
    #expect(message.hasSuffix(mistake.ends), "\(message)")
  }
}
