package typealias YieldmapConfiguration = RunConfiguration<YieldmapSections>

/// The sections that `yieldmap` reads. `[loading]` gives only the direction of the local shear.
package struct YieldmapSections: DirectionCommandSections {
  package static let tables = [
    "system", "potential", "loading", "yieldmap", "output", "neighbours", "minimizer", "checkpoint",
  ]

  package let direction: DirectionSections
  package let yieldmap: YieldmapSection
  package let output: OverwriteSection
  package let checkpoint: CheckpointSection
  package var mayOverwrite: Bool { output.overwrite }

  package init?(_ document: Document) {
    let reading = DirectionSections.Reading(document)
    yieldmap = YieldmapSection(document.table("yieldmap"), isGenerated: reading.isGenerated)
    output = OverwriteSection(document.table("output"))
    checkpoint = CheckpointSection(document.table("checkpoint"))
    guard let direction = reading.sections(minimizes: yieldmap.minimize) else { return nil }
    self.direction = direction
  }
}
