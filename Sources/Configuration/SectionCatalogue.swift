/// The commands that read a configuration, by name. It tells a table or key of another command from a mistake.
package struct SectionCatalogue: Sendable {
  private let commands: [(name: String, sections: any Sections.Type)]

  package init(_ commands: [(name: String, sections: any Sections.Type)]) { self.commands = commands }

  package var names: [String] { commands.map { $0.name } }

  /// Names of the tables of all commands.
  package var tables: Set<String> { Set(commands.flatMap { $0.sections.tables }) }

  package func sections(of command: String) -> (any Sections.Type)? { commands.first { $0.name == command }?.sections }

  /// Returns the names of the commands that read a table.
  package func readers(of table: String) -> [String] {
    commands.filter { $0.sections.tables.contains(table) }.map { $0.name }
  }

  /// Returns the names of the commands that read a key, by `table.key`.
  func readersOfKeys() -> [String: [String]] {
    var readers: [String: [String]] = [:]
    for (name, sections) in commands {
      for (table, keys) in KeyGuide.keysRead(by: sections) {
        for key in keys { readers["\(table).\(key)", default: []].append(name) }
      }
    }
    return readers
  }
}
