package typealias MeasureConfiguration = RunConfiguration<MeasureSections>

/// The sections that `measure` reads.
package struct MeasureSections: ParticleCommandSections {
  package static let tables = ["system", "potential", "output", "neighbours"]

  package let particles: ParticleSections
  package let output: BondOutputSection
  package var mayOverwrite: Bool { output.overwrite }

  package init?(_ document: Document) {
    let particles = ParticleReading(document)
    output = BondOutputSection(document.table("output"))
    guard let sections = particles.sections else { return nil }
    self.particles = sections
  }
}
