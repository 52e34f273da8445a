package typealias MeasureConfiguration = RunConfiguration<MeasureSections>

/// The sections that `measure` reads.
package struct MeasureSections: ParticleCommandSections {
  package static let tables = ["system", "potential", "frames", "output", "neighbours"]

  package let particles: ParticleSections
  /// The frames of a trajectory; nil to measure one configuration.
  package let frames: FramesSection?
  package let output: BondOutputSection
  package var mayOverwrite: Bool { output.overwrite }

  package init?(_ document: Document) {
    let particles = ParticleReading(document)
    let frames = document.table("frames")
    self.frames = FramesSection(frames)
    let output = document.table("output")
    self.output = BondOutputSection(output)
    if frames.isGiven {
      particles.forbidFrame(
        because: "has no effect beside [frames]", hint: "remove it; 'first', 'last' and 'every' choose the frames")
      if output.gives("bonds") {
        output.report(
          "'bonds' in [output] has no effect beside [frames]", hint: "remove it; bonds are those of one configuration",
          key: "bonds")
      }
      if particles.isGenerated {
        frames.report(
          "[frames] needs a trajectory, and [system] generates its particles",
          hint: "give system.file, the trajectory.h5 of shear or flow")
      }
    }
    guard let sections = particles.sections, !frames.isGiven || self.frames != nil else { return nil }
    self.particles = sections
  }
}
