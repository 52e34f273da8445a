package typealias EpmConfiguration = RunConfiguration<EpmSections>

/// The sections that `epm` reads.
package struct EpmSections: Sections {
  package static let tables = ["epm", "output", "checkpoint"]

  package let epm: EpmSection
  package let output: LatticeOutputSection
  package let checkpoint: CheckpointSection
  package var mayOverwrite: Bool { output.overwrite }

  package init?(_ document: Document) {
    let epm = EpmSection(document.table("epm"), folder: document.folder)
    output = LatticeOutputSection(document.table("output"))
    checkpoint = CheckpointSection(document.table("checkpoint"))
    guard let epm else { return nil }
    self.epm = epm
  }
}
