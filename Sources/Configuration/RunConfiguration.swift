import Foundation
import MessagePassing

/// The configuration of a run of one command: the validated values of a TOML file and of the `--set` overrides of the
/// command line. The values of its sections are available as members.
@dynamicMemberLookup
package struct RunConfiguration<Content: Sections>: RunText {
  package let sections: Content
  package let inputText: String
  package var keys: ResolvedKeys
  package let places: KeyPlaces
  /// Names of the tables in the text that belong to other commands and have no effect.
  package let unused: [String]

  package subscript<Value>(dynamicMember member: KeyPath<Content, Value>) -> Value { sections[keyPath: member] }

  package var mayOverwrite: Bool { sections.mayOverwrite }
  package var checkpoint: CheckpointSection { sections.checkpoint }
  package var inputFolders: (key: String, paths: [String]) { sections.inputFolders }

  /// Parses the configuration in `text`.
  ///
  /// - Parameters:
  ///   - path: the path of the file of the text, for messages; the paths of input files are relative to its folder.
  ///   - overrides: texts `table.key=value`, applied in order.
  ///   - catalogue: the commands whose tables the text may also contain.
  /// - Throws: a ``Failure`` of kind `input` with all problems, one `file:line:column: message; hint` per line.
  package static func parse(
    text: String, path: String, overrides: [String] = [], among catalogue: SectionCatalogue
  ) throws -> RunConfiguration {
    let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? ""
    return try parse(text: text, path: path, folder: folder, among: catalogue) { Override.list(overrides, $0) }
  }

  /// Loads the configuration in the file at `path`, which only rank 0 reads. Collective.
  ///
  /// Paths of input files become absolute, so that the resolved configuration can be run from anywhere.
  package static func load(
    path: String, overrides: [String] = [], among catalogue: SectionCatalogue, over communicator: Communicator
  ) throws -> RunConfiguration {
    let (text, folder) = try ConfigurationText.load(from: path, over: communicator)
    return try communicator.coordinated {
      try parse(text: text, path: path, folder: folder, among: catalogue) { Override.list(overrides, $0) }
    }
  }

  static func parse(
    text: String, path: String, folder: String, among catalogue: SectionCatalogue, overrides: (Reading) -> [Override]
  ) throws -> RunConfiguration {
    try Reading.validated(path: path) { reading in
      guard let document = Document(text, folder: folder, overrides: overrides(reading), reading) else { return nil }
      return RunConfiguration(text, path, document, catalogue, reading)
    }
  }

  private init?(
    _ text: String, _ path: String, _ document: Document, _ catalogue: SectionCatalogue, _ reading: Reading
  ) {
    let sections = Content(document)
    document.checkUnreadTables(known: Content.tables, catalogue)
    reading.reportUnknownKeys(catalogue)
    guard let sections else { return nil }
    self.sections = sections
    inputText = text
    keys = reading.resolved
    places = document.places(path: path)
    unused = document.unused
  }
}

extension SectionCatalogue {
  /// Parses a configuration for the command of a given name, which must be in the catalogue.
  func parse(
    _ command: String, text: String, path: String, folder: String, overrides: (Reading) -> [Override]
  ) throws -> any RunText {
    func parse<Content: Sections>(_ type: Content.Type) throws -> any RunText {
      try RunConfiguration<Content>.parse(text: text, path: path, folder: folder, among: self, overrides: overrides)
    }
    return try parse(sections(of: command)!)
  }

  /// Returns the tables of a configuration of any command, each with the names of its keys; none
  /// if the file is not TOML. Collective.
  package static func tables(at path: String, over communicator: Communicator) throws -> [String: Set<String>] {
    let (text, _) = try ConfigurationText.load(from: path, over: communicator)
    let root = Document.tables(text, [], Reading()) ?? [:]
    return root.mapValues { entry in
      if case .table(let keys) = entry.value.content { Set(keys.keys) } else { [] }
    }
  }
}
