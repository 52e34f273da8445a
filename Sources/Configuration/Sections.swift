/// The sections of a configuration that one command reads, all of which exist once the configuration has been read.
package protocol Sections: Sendable {
  /// Names of the tables that the command reads, in the order in which a person would write them.
  static var tables: [String] { get }
  /// Reads the sections. Reports problems and returns nil if a value without a default is missing or wrong.
  init?(_ document: Document)
  /// Whether an existing run folder may be replaced.
  var mayOverwrite: Bool { get }
  /// Schedule of the checkpoints. Commands that cannot be suspended do not use it.
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
