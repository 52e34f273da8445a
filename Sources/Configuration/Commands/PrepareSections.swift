package typealias PrepareConfiguration = RunConfiguration<PrepareSections>

/// The sections that `prepare` reads.
package struct PrepareSections: ParticleCommandSections {
  package static let tables = [
    "system", "potential", "prepare", "neighbours", "minimizer", "output", "checkpoint",
  ]

  package let particles: ParticleSections
  package let minimizer: MinimizerSection
  package let prepare: PrepareSection
  package let output: OverwriteSection
  package let checkpoint: CheckpointSection
  package var mayOverwrite: Bool { output.overwrite }

  package init?(_ document: Document) {
    let particles = ParticleReading(document)
    minimizer = MinimizerSection(document.table("minimizer"))
    let prepare = PrepareSection(document.table("prepare"), hasSizes: particles.hasSizes)
    output = OverwriteSection(document.table("output"))
    checkpoint = CheckpointSection(document.table("checkpoint"))
    guard let sections = particles.sections, let prepare else { return nil }
    self.particles = sections
    self.prepare = prepare
  }
}
