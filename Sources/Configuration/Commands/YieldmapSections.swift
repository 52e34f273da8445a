package typealias YieldmapConfiguration = RunConfiguration<YieldmapSections>

/// The sections that `yieldmap` reads. `[loading]` gives only the direction of the local shear.
package struct YieldmapSections: ParticleCommandSections {
  package static let tables = [
    "system", "potential", "loading", "yieldmap", "output", "neighbours", "minimizer", "checkpoint",
  ]

  package let particles: ParticleSections
  package let minimizer: MinimizerSection
  package let deformation: LoadingSection.Mode
  package let yieldmap: YieldmapSection
  package let output: OverwriteSection
  package let checkpoint: CheckpointSection
  package var mayOverwrite: Bool { output.overwrite }

  package init?(_ document: Document) {
    let particles = ParticleReading(document)
    minimizer = MinimizerSection(document.table("minimizer"))
    let deformation = LoadingSection.Mode(
      directionOf: document.table("loading"), dimension: particles.dimension)
    yieldmap = YieldmapSection(document.table("yieldmap"), isGenerated: particles.isGenerated)
    output = OverwriteSection(document.table("output"))
    checkpoint = CheckpointSection(document.table("checkpoint"))
    if !yieldmap.minimize { document.markUnused("minimizer") }
    guard let sections = particles.sections, let deformation else { return nil }
    self.particles = sections
    self.deformation = deformation
  }
}
