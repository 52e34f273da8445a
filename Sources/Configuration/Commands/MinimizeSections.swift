package typealias MinimizeConfiguration = RunConfiguration<MinimizeSections>

/// The sections that `minimize` reads.
package struct MinimizeSections: ParticleCommandSections {
  package static let tables = ["system", "potential", "minimizer", "neighbours", "output", "checkpoint"]

  package let particles: ParticleSections
  package let minimizer: MinimizerSection
  package let output: OverwriteSection
  package let checkpoint: CheckpointSection
  package var mayOverwrite: Bool { output.overwrite }

  package init?(_ document: Document) {
    let particles = ParticleReading(document)
    minimizer = MinimizerSection(document.table("minimizer"))
    output = OverwriteSection(document.table("output"))
    checkpoint = CheckpointSection(document.table("checkpoint"))
    guard let sections = particles.sections else { return nil }
    self.particles = sections
  }
}
