import Testing

@testable import Configuration

/// The resolved configuration is complete and means the same.
struct ResolvedTests {
  // Fails if a value is lost, rounded or wrongly quoted on the way out, or if a section is left out: each of the values
  // differs from its default, and 0.1 + 0.2 and 1/3 need all of their digits.
  @Test(arguments: [
    correct,
    correct("file = \"glass.data\"", becomes: #"file = "/odd \"name\"\\ \t\u0001é.data""#),
    correct("file = \"glass.data\"", becomes: "generate = { dimension = 2, particles = 9, density = 1, seed = 0 }")
      + "[potential.sizes]\nminimum = 0.3333333333333333\ndrawn = \"random\"\n",
    correct("\"polydisperse-ipl\"", becomes: "\"binary-lj\"\ntruncation = \"smooth\"\ncutoff = 3")
      + "[minimizer]\nforce_tolerance = 1\nmethod = \"fire\"\n[events]\nadaptive = true\nsmallest_step = 1e-9\n",
    correct("mode = \"simple-shear\"\nplane = \"xy\"", becomes: "mode = \"matrix\"\nmatrix = [[0, 0.1], [1e-30, 0]]")
      + "[output]\nfields = [\"force\", \"stress\"]\nevery = 3\n[d2min]\nwindow = 0.30000000000000004\n",
    correct("final_strain = 0.1", becomes: "cycles = { amplitude = 0.1, count = 2 }\nbackward = true"),
    correct("\"polydisperse-ipl\"", becomes: "\"harmonic\""),
    correct + "[output]\ntrajectory = false\nprofiles = false\n",
  ])
  func roundTrip(text: String) throws {
    let first = try parse(text)
    let second = try parse(first.resolved)
    #expect(second.system == first.system)
    #expect(second.potential == first.potential)
    #expect(second.neighbours == first.neighbours)
    #expect(second.minimizer == first.minimizer)
    #expect(second.loading == first.loading)
    #expect(second.events == first.events)
    #expect(second.d2min == first.d2min)
    #expect(second.output == first.output)
    // The resolved text of the resolved text differs in nothing but the marks: every key is given by then.
    #expect(second.resolved == first.resolved.replacing("  # default", with: ""))
  }

  // Fails if a mark is missing from a default, or stands at a key that was given or overridden.
  @Test func defaultsAreMarked() throws {
    let lines = try parse(correct, ["neighbours.skin=0.3"]).resolved.split(separator: "\n")
    #expect(lines.contains("exponent = 10  # default"))
    #expect(lines.contains("force_tolerance = \"floor\"  # default"))
    #expect(lines.contains("fields = []  # default"))
    #expect(lines.contains("skin = 0.3"))
    #expect(lines.contains("strain_step = 0.001"))
    #expect(lines.contains("file = \"/runs/glass.data\""))
  }

  // Fails if the default sizes stay hidden, or appear where a file brings the sizes.
  @Test func sizesAppearWithGeneratedParticles() throws {
    let generated = try parse(
      correct("file = \"glass.data\"", becomes: "generate = { dimension = 2, particles = 9, density = 1, seed = 0 }"))
    #expect(generated.resolved.contains("[potential.sizes]\nexponent = -3.0  # default\n"))
    #expect(generated.potential.sizes?.drawn == .stratified)
    #expect(try !parse(correct).resolved.contains("sizes"))
  }
}
