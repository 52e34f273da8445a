/// Sections of a command that shears a configuration at rest in one direction, which is all that `[loading]` gives.
package struct DirectionSections: Sendable {
  package let particles: ParticleSections
  package let minimizer: MinimizerSection
  package let deformation: LoadingSection.Mode

  private init(_ particles: ParticleSections, _ minimizer: MinimizerSection, _ deformation: LoadingSection.Mode) {
    self.particles = particles
    self.minimizer = minimizer
    self.deformation = deformation
  }

  /// The sections while they are read. The section of the command depends on them, and they on it.
  struct Reading {
    let isGenerated: Bool
    private let document: Document
    private let particles: ParticleSections?
    private let minimizer: MinimizerSection
    private let deformation: LoadingSection.Mode?

    init(_ document: Document) {
      let reading = ParticleReading(document)
      self.document = document
      isGenerated = reading.isGenerated
      particles = reading.sections
      minimizer = MinimizerSection(document.table("minimizer"))
      deformation = LoadingSection.Mode(directionOf: document.table("loading"), dimension: reading.dimension)
    }

    /// Returns the sections; nil, with problems reported, if something is missing or wrong.
    /// - Parameter minimizes: whether the configuration is minimised first; if not, `[minimizer]` has no effect.
    func sections(minimizes: Bool) -> DirectionSections? {
      if !minimizes { document.markUnused("minimizer") }
      guard let particles, let deformation else { return nil }
      return DirectionSections(particles, minimizer, deformation)
    }
  }
}

/// A command that shears a configuration at rest in one direction.
package protocol DirectionCommandSections: ParticleCommandSections {
  var direction: DirectionSections { get }
}

extension DirectionCommandSections {
  package var particles: ParticleSections { direction.particles }
  package var minimizer: MinimizerSection { direction.minimizer }
  package var deformation: LoadingSection.Mode { direction.deformation }
}
