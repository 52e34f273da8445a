package typealias ExpandConfiguration = RunConfiguration<ExpandSections>

/// The sections that `expand` reads. The expansion is for small strains, so `[loading]` gives only its direction.
package struct ExpandSections: ParticleCommandSections {
  package static let tables = ["system", "potential", "loading", "expand", "output", "neighbours", "minimizer"]

  package let particles: ParticleSections
  package let minimizer: MinimizerSection
  package let deformation: LoadingSection.Mode
  package let expand: ExpandSection
  package let output: BondOutputSection
  package var mayOverwrite: Bool { output.overwrite }

  package init?(_ document: Document) {
    let particles = ParticleReading(document)
    minimizer = MinimizerSection(document.table("minimizer"))
    let deformation = LoadingSection.Mode(
      directionOf: document.table("loading"), dimension: particles.dimension)
    expand = ExpandSection(document.table("expand"), isGenerated: particles.isGenerated)
    output = BondOutputSection(document.table("output"))
    if !expand.minimize { document.markUnused("minimizer") }
    guard let sections = particles.sections, let deformation else { return nil }
    self.particles = sections
    self.deformation = deformation
  }
}
