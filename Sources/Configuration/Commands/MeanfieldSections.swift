package typealias MeanfieldConfiguration = RunConfiguration<MeanfieldSections>

/// The sections that `meanfield` reads.
package struct MeanfieldSections: Sections {
  package static let tables = ["meanfield", "output", "checkpoint"]

  package let meanfield: MeanfieldSection
  package let output: OverwriteSection
  package let checkpoint: CheckpointSection
  package var mayOverwrite: Bool { output.overwrite }

  package init?(_ document: Document) {
    let meanfield = MeanfieldSection(document.table("meanfield"), folder: document.folder)
    output = OverwriteSection(document.table("output"))
    checkpoint = CheckpointSection(document.table("checkpoint"))
    guard let meanfield else { return nil }
    self.meanfield = meanfield
  }
}
