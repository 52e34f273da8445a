/// The sections of a configuration that one command reads: exactly what it computes, and nothing that may be absent.
package protocol Sections: Sendable {
  /// The tables that the command reads, in the order in which a person would write them.
  static var tables: [String] { get }
  /// Nil, and problems in the document, if a value that has no default is missing or wrong.
  init?(_ document: Document)
  /// Whether a run folder that exists may be replaced.
  var mayOverwrite: Bool { get }
  /// When checkpoints are made; of a command that cannot be suspended it is never asked.
  var checkpoint: CheckpointSection { get }
  /// The folders of other runs that the command reads, and the key that names them.
  var inputFolders: (key: String, paths: [String]) { get }
}

extension Sections {
  package var checkpoint: CheckpointSection { .never }
  package var inputFolders: (key: String, paths: [String]) { ("", []) }
}

/// Sections of a command that works on particles.
package protocol ParticleCommandSections: Sections {
  var particles: ParticleSections { get }
}

extension ParticleCommandSections {
  package var system: SystemSection { particles.system }
  package var potential: PotentialSection { particles.potential }
  package var neighbours: NeighbourSection { particles.neighbours }
}
