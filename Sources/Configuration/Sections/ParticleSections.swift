/// `[system]`, `[potential]` and `[neighbours]`: particles, and how they interact.
package struct ParticleSections: Sendable {
  package let system: SystemSection
  package let potential: PotentialSection
  package let neighbours: NeighbourSection
}

/// The same while it is read. Other sections depend on some of it, even where a mistake keeps the rest from existing:
/// all mistakes are to be found at once.
package struct ParticleReading {
  /// Nil, and problems, if something is missing or wrong.
  package let sections: ParticleSections?
  package let isGenerated: Bool
  /// Of space, as far as the text says.
  package let dimension: Int?
  /// Whether the particles have continuous sizes, or species; nil if the potential is in doubt.
  package let hasSizes: Bool?

  package init(_ document: Document) {
    let table = document.table("system")
    isGenerated = table.gives("generate")
    dimension = (table.glance("generate", "dimension") ?? table.glance("dimension"))?.dimensionOfSpace
    let system = SystemSection(table, folder: document.folder)
    let potential = PotentialSection(document.table("potential"), isGenerated: isGenerated)
    let neighbours = NeighbourSection(document.table("neighbours"))
    hasSizes = potential.map(\.kind.hasSizes)
    if let system, let potential {
      sections = ParticleSections(system: system, potential: potential, neighbours: neighbours)
    } else {
      sections = nil
    }
  }
}
