package typealias ExpandConfiguration = RunConfiguration<ExpandSections>

/// The sections that `expand` reads. The expansion is for small strains, so `[loading]` gives only its direction.
package struct ExpandSections: DirectionCommandSections {
  package static let tables = ["system", "potential", "loading", "expand", "output", "neighbours", "minimizer"]

  package let direction: DirectionSections
  package let expand: ExpandSection
  package let output: BondOutputSection
  package var mayOverwrite: Bool { output.overwrite }

  package init?(_ document: Document) {
    let reading = DirectionSections.Reading(document)
    expand = ExpandSection(document.table("expand"), isGenerated: reading.isGenerated)
    output = BondOutputSection(document.table("output"))
    guard let direction = reading.sections(minimizes: expand.minimize) else { return nil }
    self.direction = direction
  }
}
