package typealias ShearConfiguration = RunConfiguration<ShearSections>

/// The sections that `shear` reads.
package struct ShearSections: ParticleCommandSections {
  package static let tables = [
    "system", "potential", "loading", "events", "d2min", "output", "neighbours", "minimizer", "checkpoint",
  ]

  package let particles: ParticleSections
  package let minimizer: MinimizerSection
  package let loading: LoadingSection
  package let events: EventSection
  package let d2min: D2minSection
  package let output: OutputSection
  package let checkpoint: CheckpointSection
  package var mayOverwrite: Bool { output.overwrite }

  package init?(_ document: Document) {
    let particles = ParticleReading(document)
    minimizer = MinimizerSection(document.table("minimizer"))
    let loading = document.table("loading")
    let section = LoadingSection(loading, dimension: particles.dimension)
    // Look these values up in the table: a section with a mistake does not exist.
    events = EventSection(
      document.table("events"), strainStep: loading.peek("strain_step")?.finiteNumber,
      isExact: loading.peek("unconverged")?.text != "accept")
    let d2min = document.table("d2min")
    output = OutputSection(document.table("output"))
    self.d2min = output.measuresD2min ? D2minSection(d2min) : .unused
    checkpoint = CheckpointSection(document.table("checkpoint"))
    if d2min.isGiven, !output.measuresD2min {
      d2min.acceptAllKeys()
      d2min.report(
        "[d2min] has no effect where neither profiles nor fields are written that need D²min",
        hint: "set output.profiles = true, add \"d2min\" to output.fields, or remove the table")
    }
    guard let sections = particles.sections, let section else { return nil }
    self.particles = sections
    self.loading = section
  }
}

extension OutputSection {
  /// Whether any output needs the squared nonaffine displacements.
  package var measuresD2min: Bool { profiles || hasFieldsOfD2min }

  package var hasFieldsOfD2min: Bool { !Set(fields).isDisjoint(with: ["d2min", "plastic-count", "displacement"]) }
}
