import MessagePassing
import Testing

@testable import Configuration

/// What correct configurations mean.
struct ValueTests {
  // Fails if a default departs from the documented one.
  @Test func defaultsAreTheDocumentedOnes() throws {
    let configuration = try parse(correct)
    #expect(configuration.system.source == .file("/runs/glass.data"))
    #expect(configuration.system.dimension == nil)
    let potential = configuration.potential
    #expect(potential.kind == .polydisperseIPL && potential.exponent == 10 && potential.smoothing == 3)
    #expect(potential.cutoff == 1.4 && potential.nonadditivity == 0.1 && potential.sizes == nil)
    #expect(configuration.neighbours.skin == 0.3)
    #expect(configuration.minimizer.method == .newton && configuration.minimizer.forceTolerance == .floor)
    #expect(configuration.minimizer.maximumEvaluations == 1_000_000)
    let loading = configuration.loading
    #expect(loading.mode == .simpleShear(flow: 0, gradient: 1) && loading.strainStep == 1e-3)
    #expect(loading.finalStrain == 0.1 && !loading.backward && loading.cycles == nil)
    #expect(!configuration.events.adaptive && configuration.events.smallestStep == 1e-7)
    #expect(configuration.events.displacement == 0.05)
    let d2min = configuration.d2min
    #expect(d2min.window == 0.01 && d2min.radius == 2.5 && d2min.threshold == 0.01)
    #expect(d2min.normalisation == .mean && d2min.reference == .window)
    let output = configuration.output
    #expect(output.every == 10 && output.trajectory && output.fields == [] && output.profiles && !output.overwrite)
    #expect(configuration.inputText == correct)
  }

  // Fails if a kind gets the cutoff, or the keys, of another.
  @Test func eachKindHasItsOwnParameters() throws {
    func potential(_ kind: String) throws -> PotentialSection {
      try parse(correct("polydisperse-ipl", becomes: kind)).potential
    }
    let bidisperse = try potential("bidisperse-ipl")
    #expect(bidisperse.cutoff == 1.4 && bidisperse.nonadditivity == 0 && bidisperse.exponent == 10)
    let binary = try potential("binary-lj")
    #expect(binary.cutoff == 2.5 && binary.truncation == .energyShift && binary.exponent == 0)
    for kind in ["harmonic", "hertz"] {
      let contact = try potential(kind)
      #expect(contact.cutoff == 1 && contact.nonadditivity == 0 && contact.kind.rawValue == kind)
    }
  }

  // Fails if axes are swapped, or a mode is read as another.
  @Test(arguments: [
    ("mode = \"simple-shear\"\nplane = \"yx\"", LoadingSection.Mode.simpleShear(flow: 1, gradient: 0)),
    ("mode = \"simple-shear\"\nplane = \"xz\"", .simpleShear(flow: 0, gradient: 2)),
    ("mode = \"pure-shear\"\nplane = \"zy\"", .pureShear(2, 1)),
    ("mode = \"uniaxial\"\naxis = \"y\"", .uniaxial(1)),
    ("mode = \"dilation\"", .dilation),
    ("mode = \"matrix\"\nmatrix = [[0, 1], [0.5, 0]]", .matrix([[0, 1], [0.5, 0]])),
  ])
  func modes(lines: String, mode: LoadingSection.Mode) throws {
    let text = correct("mode = \"simple-shear\"\nplane = \"xy\"", becomes: lines)
    #expect(try parse(text).loading.mode == mode)
  }

  // Fails if an integer is not taken for a number, or a value is read from another key.
  @Test func givenValuesAreRead() throws {
    let text = """
      [system]
      generate = { dimension = 3, particles = 1000, density = 1, seed = 7 }
      [potential]
      kind = "polydisperse-ipl"
      exponent = 12
      smoothing = 2
      cutoff = 2
      nonadditivity = 0
      sizes = { exponent = -4, minimum = 0.5, maximum = 2, drawn = "random" }
      [neighbours]
      skin = 1
      [minimizer]
      method = "newton"
      force_tolerance = 1e-9
      maximum_evaluations = 5
      [loading]
      mode = "uniaxial"
      axis = "z"
      strain_step = 1e-4
      backward = true
      cycles = { amplitude = 0.05, count = 3 }
      [events]
      adaptive = true
      smallest_step = 1e-6
      displacement = 0.1
      [d2min]
      window = 0.02
      radius = 3
      normalisation = "sum"
      threshold = 0.2
      reference = "initial"
      [output]
      every = 2
      fields = ["d2min", "plastic-count"]
      profiles = false
      overwrite = true
      """
    let configuration = try parse(text)
    #expect(
      configuration.system.source == .generate(.init(dimension: 3, particles: 1000, density: 1, seed: 7)))
    let potential = configuration.potential
    #expect(potential.exponent == 12 && potential.smoothing == 2 && potential.cutoff == 2)
    #expect(potential.nonadditivity == 0)
    let sizes = try #require(potential.sizes)
    #expect(sizes.exponent == -4 && sizes.minimum == 0.5 && sizes.maximum == 2 && sizes.drawn == .random)
    #expect(configuration.neighbours.skin == 1)
    #expect(configuration.minimizer.method == .newton && configuration.minimizer.maximumEvaluations == 5)
    #expect(configuration.minimizer.forceTolerance == .largestComponent(1e-9))
    let loading = configuration.loading
    #expect(loading.mode == .uniaxial(2) && loading.backward && loading.finalStrain == 0)
    #expect(loading.cycles?.amplitude == 0.05 && loading.cycles?.count == 3)
    #expect(configuration.events.adaptive && configuration.events.smallestStep == 1e-6)
    #expect(configuration.events.displacement == 0.1)
    let d2min = configuration.d2min
    #expect(d2min.window == 0.02 && d2min.radius == 3 && d2min.threshold == 0.2)
    #expect(d2min.normalisation == .sum && d2min.reference == .initial)
    let output = configuration.output
    #expect(output.every == 2 && output.trajectory && !output.profiles && output.overwrite)
    #expect(output.fields == ["d2min", "plastic-count"])
  }

  // Fails if the byte order mark or the carriage returns of a file from Windows become part of keys or values, or if
  // the text that is kept is not the one that was given.
  @Test func windowsFilesAreAccepted() throws {
    let text = "\u{FEFF}" + correct.replacing("\n", with: "\r\n")
    let configuration = try parse(text)
    #expect(configuration.system.source == .file("/runs/glass.data"))
    #expect(configuration.inputText.unicodeScalars.elementsEqual(text.unicodeScalars))
    #expect(
      problems(text.replacing("plane = \"xy\"", with: "plan = \"xy\"")).contains { $0.contains("a.toml:9:1:") })
  }

  // Fails if minimize demands what only shear needs, or shear does not.
  @Test func onlyShearNeedsLoading() throws {
    let text = "[system]\nfile = \"/a.data\"\n[potential]\nkind = \"hertz\"\n"
    let configuration = try parse(text, as: MinimizeSections.self)
    #expect(configuration.system.source == .file("/a.data"))
    #expect(!configuration.resolved.contains("[loading]") && !configuration.resolved.contains("[d2min]"))
    #expect(problems(text).contains { $0.contains("[loading] has no 'strain_step'; add strain_step") })
    #expect(try parse(correct, as: MinimizeSections.self).unused == ["loading"])
  }

  // Fails if an override is lost, applied in the wrong order, or cannot create a table inside a table.
  @Test func overridesReplaceAndAdd() throws {
    let configuration = try parse(
      correct("file = \"glass.data\"", becomes: "generate.dimension = 2"),
      [
        "system.generate.seed=3", "system.generate.density=0.86", "system.generate.particles=10",
        "loading.strain_step=1e-4", "loading.strain_step = 1e-5", "minimizer.method=fire",
        "output.fields=[\"stress\"]", "potential.sizes={maximum = 3}",
      ])
    #expect(
      configuration.system.source == .generate(.init(dimension: 2, particles: 10, density: 0.86, seed: 3)))
    #expect(configuration.loading.strainStep == 1e-5)
    #expect(configuration.minimizer.method == .fire)
    #expect(configuration.output.fields == ["stress"])
    #expect(configuration.potential.sizes?.maximum == 3)
    #expect(try parse(correct, ["system.file=../b.data"]).system.source == .file("/runs/../b.data"))
  }

  // Fails if generated soft spheres cannot be given sizes, or get some that nobody asked for.
  @Test(arguments: ["harmonic", "hertz"]) func softSpheresNeedSizes(kind: String) throws {
    let text = correct(
      "file = \"glass.data\"", becomes: "generate = { dimension = 2, particles = 9, density = 1, seed = 1 }"
    )
    .replacing("polydisperse-ipl", with: kind)
    let sizes = "sizes = { exponent = -1, minimum = 1, maximum = 1.4 }\n\n[loading]"
    #expect(try parse(text.replacing("[loading]", with: sizes)).potential.sizes?.maximum == 1.4)
    #expect(problems(text).count == 1 && problems(text)[0].contains("has no 'sizes'"))
    #expect(problems(text.replacing("[loading]", with: sizes.replacing("exponent = -1, ", with: ""))).count == 1)
  }
}
