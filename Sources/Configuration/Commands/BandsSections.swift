package typealias BandsConfiguration = RunConfiguration<BandsSections>

/// The sections that `bands` reads.
package struct BandsSections: Sections {
  package static let tables = ["bands", "output"]

  package let bands: BandsSection
  package let output: OverwriteSection
  package var mayOverwrite: Bool { output.overwrite }
  package var inputFolders: (key: String, paths: [String]) { ("bands.runs", bands.runs) }

  package init?(_ document: Document) {
    let bands = BandsSection(document.table("bands"), folder: document.folder)
    output = OverwriteSection(document.table("output"))
    guard let bands else { return nil }
    self.bands = bands
  }
}
