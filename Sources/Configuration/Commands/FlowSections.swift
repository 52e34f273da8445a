package typealias FlowConfiguration = RunConfiguration<FlowSections>

/// The sections that `flow` reads.
package struct FlowSections: ParticleCommandSections {
  package static let tables = ["system", "potential", "flow", "output", "neighbours", "minimizer", "checkpoint"]

  package let particles: ParticleSections
  package let minimizer: MinimizerSection
  package let flow: FlowSection
  package let output: FlowOutputSection
  package let checkpoint: CheckpointSection
  package var mayOverwrite: Bool { output.overwrite }

  package init?(_ document: Document) {
    let particles = ParticleReading(document)
    minimizer = MinimizerSection(document.table("minimizer"))
    let flow = FlowSection(
      document.table("flow"), dimension: particles.dimension, isGenerated: particles.isGenerated)
    output = FlowOutputSection(document.table("output"))
    checkpoint = CheckpointSection(document.table("checkpoint"))
    guard let sections = particles.sections, let flow else { return nil }
    // Particles of a file flow as they are.
    if !particles.isGenerated, !flow.minimizes { document.markUnused("minimizer") }
    self.particles = sections
    self.flow = flow
  }
}

extension FlowSection {
  /// Whether states are brought to rest, or the equations of a step are solved, as `[minimizer]` says.
  fileprivate var minimizes: Bool {
    integrator.hasImplicitRates || measure.yieldSnapshots > 0
  }
}
