/// `[system]`, `[potential]` and `[neighbours]`: the particles and their interaction.
package struct ParticleSections: Sendable {
  package let system: SystemSection
  package let potential: PotentialSection
  package let neighbours: NeighbourSection
}

/// The particle sections while they are read. Other sections depend on some of the values, which are available even if
/// a mistake elsewhere makes ``sections`` nil. So one reading finds all mistakes.
package struct ParticleReading {
  /// The sections; nil, with problems reported, if something is missing or wrong.
  package let sections: ParticleSections?
  package let isGenerated: Bool
  /// Dimension of space; nil if the text does not give it.
  package let dimension: Int?
  /// Whether the particles have continuous sizes (true) or species (false); nil if the potential has a mistake.
  package let hasSizes: Bool?
  private let table: Table

  /// Reports the key of one frame of a file, where others are chosen.
  package func forbidFrame(because reason: String, hint: String) {
    if !isGenerated { table.forbid("frame", because: reason, hint: hint) }
  }

  package init(_ document: Document) {
    table = document.table("system")
    isGenerated = table.gives("generate")
    dimension = (table.peek("generate", "dimension") ?? table.peek("dimension"))?.dimensionOfSpace
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
